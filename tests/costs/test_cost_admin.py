"""The ledger in the admin: to read, one's own account only."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from audit import journal
from costs.actions import record_cost_change
from costs.models import CostMetric, PriceList
from driftsentry.api.ids import new_id
from tests.admin.conftest import browser as signed_in

LIST = "/admin/costs/costmetric/"


def enter(world: Any, user: Any, cost: str) -> CostMetric:
    with journal.writing(user.account_id, by=world.actor(user)) as w:
        row = record_cost_change(
            w, drift_id=new_id(), before=None, after=Decimal(cost), at=datetime(2026, 3, 1, tzinfo=UTC)
        )
    assert row is not None
    return row


def test_the_owner_reads_their_accounts_rows_only(world: Any) -> None:
    mine, theirs = enter(world, world.engineer, "60.74"), enter(world, world.outsider, "7.00")
    client = signed_in(world.owner)
    page = client.get(LIST)
    assert page.status_code == 200
    assert str(mine.drift_id) in page.content.decode()
    assert str(theirs.drift_id) not in page.content.decode()
    assert client.get(f"{LIST}{mine.pk}/change/").status_code == 200
    assert client.get(f"{LIST}{theirs.pk}/change/").status_code == 302


@pytest.mark.parametrize("found", [True, False])
def test_it_is_searched_by_drift(world: Any, found: bool) -> None:
    row = enter(world, world.engineer, "60.74")
    page = signed_in(world.owner).get(LIST, {"q": str(row.drift_id if found else new_id())})
    assert (f"{LIST}{row.pk}/change/" in page.content.decode()) is found


def test_a_search_for_something_else_finds_nothing(world: Any) -> None:
    row = enter(world, world.engineer, "60.74")
    page = signed_in(world.owner).get(LIST, {"q": "not an id"})
    assert page.status_code == 200
    assert str(row.drift_id) not in page.content.decode()


def test_it_is_narrowed_by_date(world: Any) -> None:
    row = enter(world, world.engineer, "60.74")
    client = signed_in(world.owner)
    assert str(row.drift_id) in client.get(LIST, {"at__year": "2026", "at__month": "3"}).content.decode()
    assert str(row.drift_id) not in client.get(LIST, {"at__year": "2025"}).content.decode()


def test_nobody_adds_changes_or_deletes(world: Any) -> None:
    row = enter(world, world.engineer, "60.74")
    client = signed_in(world.owner)
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{row.pk}/change/", {"impact_delta": "1"}).status_code == 403
    assert client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert CostMetric.objects.get().impact_delta == Decimal("60.74")


@pytest.mark.parametrize("who", ["engineer", "viewer"])
def test_others_are_sent_to_log_in(world: Any, who: str) -> None:
    page = signed_in(getattr(world, who)).get(LIST)
    assert page.status_code == 302
    assert "/admin/login/" in page["Location"]


def test_a_superuser_reads_the_price_lists_and_nobody_writes_them(world: Any) -> None:
    row = PriceList.objects.create(
        service="AmazonEC2",
        region="us-east-1",
        date=date(2026, 6, 1),
        source="a list",
        figures={"ec2": {"hour": {"t3.large": "0.09"}}},
    )
    page = f"/admin/costs/pricelist/{row.pk}/change/"
    assert signed_in(world.owner).get(page).status_code == 403
    User.objects.filter(pk=world.owner.pk).update(is_superuser=True)
    client = signed_in(world.owner)
    assert page in client.get("/admin/costs/pricelist/").content.decode()
    assert "t3.large" in client.get(page).content.decode()
    assert client.post(page, {"source": "mine"}).status_code == 403
    assert client.post(f"/admin/costs/pricelist/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert PriceList.objects.get().source == "a list"
