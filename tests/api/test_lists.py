"""Lists: pages, cursors, comma filters, and an error rather than silence for what is not known."""

import base64
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from driftsentry.api.ids import new_id
from tests.conftest import World

pytestmark = pytest.mark.urls("tests.api.probes")


@pytest.fixture
def client(world: World) -> APIClient:
    User.objects.bulk_create(
        User(id=new_id(), account=world.account, email=f"u{number}@acme.example", name=f"U{number}", role="viewer")
        for number in range(22)  # and three more; the outsider is behind the wall
    )
    return world.client(world.owner)


def data(client: APIClient, **query: str | int) -> dict[str, Any]:
    answer = client.get("/people", query)
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()["data"]
    return found


def field_of(client: APIClient, **query: str | int) -> str:
    answer = client.get("/people", query)
    assert answer.status_code == 400, answer.content
    return str(answer.json()["error"]["details"]["errors"][0]["field"])


def test_the_first_page_says_where_it_stands(client: APIClient) -> None:
    found = data(client)
    assert len(found["items"]) == 20
    assert found["pagination"] == {"total": 25, "page": 1, "pageSize": 20, "totalPages": 2, "hasMore": True}


def test_the_last_page_and_the_one_after_it(client: APIClient) -> None:
    last = data(client, page=2)
    assert (len(last["items"]), last["pagination"]["hasMore"]) == (5, False)
    after = data(client, page=10_000_000)
    assert (after["items"], after["pagination"]["hasMore"], after["pagination"]["total"]) == ([], False, 25)


def test_a_page_that_is_just_full_has_no_more(client: APIClient) -> None:
    pagination = data(client, limit=25)["pagination"]
    assert (pagination["totalPages"], pagination["hasMore"]) == (1, False)


def test_a_list_of_nothing_has_no_pages(client: APIClient) -> None:
    found = data(client, name="nobody")
    assert found == {
        "items": [],
        "pagination": {"total": 0, "page": 1, "pageSize": 20, "totalPages": 0, "hasMore": False},
    }


def test_pages_together_hold_every_row_once(client: APIClient) -> None:
    pages = [data(client, page=number, limit=7)["items"] for number in range(1, 5)]
    ids = [row["id"] for page in pages for row in page]
    assert len(ids) == len(set(ids)) == 25


@pytest.mark.parametrize("name", ["page", "limit"])
@pytest.mark.parametrize(
    "value", ["0", "-1", "x", "1.5", "1e3", " 1", "٣", "101000000", "9" * 40, "0x1", "\x00", "1,2"]
)
def test_a_page_or_limit_out_of_bounds_is_refused_by_name(client: APIClient, name: str, value: str) -> None:
    answer = client.get("/people", {name: value})
    assert answer.status_code == 400
    if "\x00" not in value:
        assert answer.json()["error"]["details"]["errors"][0]["field"] == name


def test_the_limit_goes_to_100(client: APIClient) -> None:
    assert len(data(client, limit=100)["items"]) == 25
    assert field_of(client, limit=101) == "limit"
    assert len(data(client, limit=1)["items"]) == 1


def test_an_empty_parameter_is_as_none(client: APIClient) -> None:
    assert data(client, page="", limit="", name="", theRole="") == data(client)


def test_cursors_together_hold_every_row_once_even_while_rows_are_added(world: World, client: APIClient) -> None:
    ids: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        found = data(client, cursor=cursor, limit=4)
        assert set(found["pagination"]) == {"nextCursor", "pageSize", "hasMore"}
        assert found["pagination"]["hasMore"] == (found["pagination"]["nextCursor"] is not None)
        ids += [row["id"] for row in found["items"]]
        cursor = found["pagination"]["nextCursor"]
    assert ids == sorted(ids)
    assert set(ids) == {str(pk) for pk in User.objects.filter(account=world.account).values_list("pk", flat=True)}
    assert len(ids) == 25


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("garbage", "é", "=", "%", "a" * 5000, "null", "-1", "' OR 1=1 --"),
        *map(
            encoded, ["{}", "[]", "null", "1.5", '"x"', '"\\u0000"', "-1", '"' + "9" * 100 + '"', "1" * 400, "{" * 9999]
        ),
    ],
)
def test_a_cursor_that_this_list_did_not_give_is_refused(client: APIClient, cursor: str) -> None:
    assert field_of(client, cursor=cursor) == "cursor"


def test_a_filter_takes_a_comma_list(client: APIClient) -> None:
    assert data(client, theRole="admin,engineer")["pagination"]["total"] == 2
    assert data(client, theRole=" admin , engineer,,")["pagination"]["total"] == 2
    assert data(client, name="U1,U2,nobody")["pagination"]["total"] == 2


def test_all_means_no_filter(client: APIClient) -> None:
    assert data(client, theRole="all")["pagination"]["total"] == 25
    assert data(client, theRole="all,admin")["pagination"]["total"] == 25


def test_a_value_that_is_no_choice_is_refused_by_the_parameters_own_name(client: APIClient) -> None:
    assert field_of(client, theRole="emperor") == "theRole"
    assert field_of(client, theRole="admin,emperor") == "theRole"


def test_too_many_values_are_refused(client: APIClient) -> None:
    assert field_of(client, name=",".join(f"n{number}" for number in range(51))) == "name"


def test_an_unknown_parameter_is_refused_by_name(client: APIClient) -> None:
    assert field_of(client, theRol="admin") == "theRol"
    assert field_of(client, the_role="admin") == "the_role"


@pytest.mark.parametrize("name", ["name", "theRole", "page", "cursor"])
def test_a_nul_in_the_query_is_400(client: APIClient, name: str) -> None:
    assert client.get(f"/people?{name}=a%00b").status_code == 400
    assert client.get(f"/people?{name}%00=a").status_code == 400


def test_other_awkward_queries_are_no_fault(client: APIClient) -> None:
    for query in ("name=%ff%fe", "name=%ED%A0%80", "name=" + "x" * 5000, "&&&", "name", "name=a&name=b", "name=%"):
        assert client.get(f"/people?{query}").status_code in {200, 400}, query
