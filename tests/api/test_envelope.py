"""Whatever goes wrong, the answer is the contract's envelope and holds nothing inner."""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from rest_framework.test import APIClient

from driftsentry.api.envelope import dumps, success
from driftsentry.local.processes import free_port
from tests.api.probes import SECRET
from tests.conftest import World

ME = "/api/v1/users/me"
LOGIN = "/api/v1/auth/login"


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The error of an answer, which must be the envelope to the letter."""
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/json"
    body = json.loads(answer.content)
    assert set(body) == {"success", "error"}
    assert body["success"] is False
    error: dict[str, Any] = body["error"]
    assert set(error) == {"code", "message", "details", "traceId", "timestamp"}
    assert error["code"] == code
    assert error["message"]
    assert isinstance(error["details"], dict)
    assert error["traceId"] == answer["x-correlation-id"]
    assert error["timestamp"].endswith("Z")
    assert datetime.fromisoformat(error["timestamp"]).tzinfo is not None
    for inner in ("Traceback", "psycopg", "SELECT", SECRET, "hunter2", "RuntimeError"):
        assert inner not in answer.content.decode()
    return error


def post(client: APIClient, path: str, body: bytes | str, kind: str = "application/json", **headers: str) -> Any:
    return client.post(path, body, content_type=kind, headers=headers)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "nonsense",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": 1}{',
        "\x00",
        '{"a": "\ud83d',
        b"\xff\xfe{\x00}\x00",
        "[" * 100_000,
    ],
)
def test_malformed_json_is_400(world: World, body: bytes | str) -> None:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    assert "JSON" in refused(post(APIClient(), LOGIN, raw), 400, "VALIDATION_ERROR")["message"]


@pytest.mark.parametrize("body", [r'{"email": "a\u0000b", "password": "x"}', r'{"a\u0000": 1}', r'[["\u0000"]]'])
def test_a_nul_character_is_400(world: World, body: str) -> None:
    assert "NUL" in refused(post(APIClient(), LOGIN, body), 400, "VALIDATION_ERROR")["message"]


def test_json_that_nests_too_deep_is_400(world: World) -> None:
    refused(post(APIClient(), LOGIN, '{"a":' * 70 + "1" + "}" * 70), 400, "VALIDATION_ERROR")


def test_a_byte_order_mark_is_no_error(world: World) -> None:
    error = refused(post(APIClient(), LOGIN, b"\xef\xbb\xbf{}"), 400, "VALIDATION_ERROR")
    assert {one["field"] for one in error["details"]["errors"]} == {"email", "password"}


def test_an_empty_body_names_the_missing_fields(world: World) -> None:
    error = refused(post(APIClient(), LOGIN, b""), 400, "VALIDATION_ERROR")
    assert error["details"]["errors"]


def test_no_credential_is_401(world: World) -> None:
    refused(APIClient().get(ME), 401, "AUTH_ERROR")


def test_another_role_is_403(world: World) -> None:
    refused(world.client(world.viewer).get("/api/v1/audit-logs"), 403, "FORBIDDEN")


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v1", "/api/", "/nothing", "/api/v1/users/me//", "/%00", "/é"]
)
def test_an_unknown_route_is_404_under_the_api_and_elsewhere(world: World, path: str) -> None:
    refused(APIClient().get(path), 404, "NOT_FOUND")
    refused(world.client(world.owner).post(path), 404, "NOT_FOUND")


def test_another_method_is_405(world: World) -> None:
    refused(world.client(world.owner).put(ME), 405, "METHOD_NOT_ALLOWED")


def test_another_answer_than_json_is_406(world: World) -> None:
    client = world.client(world.owner)
    refused(client.get(ME, headers={"accept": "text/csv"}), 406, "NOT_ACCEPTABLE")
    for accepted in ("*/*", "application/json", "text/html,application/json;q=0.9", "application/*"):
        assert client.get(ME, headers={"accept": accepted}).status_code == 200


def test_a_json_body_past_the_limit_is_413(world: World) -> None:
    body = json.dumps({"email": "x" * 1024 * 1024, "password": "x"})
    refused(post(APIClient(), LOGIN, body), 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_another_media_type_is_415(world: World, kind: str) -> None:
    refused(post(APIClient(), LOGIN, b"email=a", kind), 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
def test_json_may_name_its_character_set(world: World, kind: str) -> None:
    refused(post(APIClient(), LOGIN, b"{}", kind), 400, "VALIDATION_ERROR")


@pytest.mark.urls("tests.api.probes")
@pytest.mark.parametrize("path", ["/fail", "/plainly-fail"])
def test_a_fault_of_ours_is_500_and_tells_only_its_trace_id(world: World, path: str) -> None:
    client = world.client(world.owner)
    client.raise_request_exception = False
    answer = client.get(path, headers={"x-correlation-id": "find-me"})
    error = refused(answer, 500, "SERVER_ERROR")
    assert error["traceId"] == "find-me"
    assert error["details"] == {}


@pytest.mark.urls("tests.api.probes")
@pytest.mark.parametrize("path", ["/lose", "/plainly-lose"])
def test_a_lost_database_connection_is_503(world: World, path: str) -> None:
    client = world.client(world.owner)
    client.raise_request_exception = False
    refused(client.get(path), 503, "UNAVAILABLE")


@pytest.fixture
def database_away(transactional_db: None) -> Iterator[None]:
    """A connection to a port where no database listens."""
    usual = connections["default"]
    broken = connections.create_connection("default")
    options = {name: value for name, value in usual.settings_dict["OPTIONS"].items() if name != "pool"}
    broken.settings_dict = usual.settings_dict | {"PORT": free_port(), "OPTIONS": options}
    connections["default"] = broken
    yield
    connections["default"] = usual


def test_a_database_that_is_away_is_503(database_away: None) -> None:
    client = APIClient(raise_request_exception=False)
    answer = client.post(LOGIN, {"email": "a@b.example", "password": "a password"}, format="json")
    refused(answer, 503, "UNAVAILABLE")
    assert client.get("/health/live").status_code == 200


@pytest.mark.urls("tests.api.probes")
def test_a_form_past_the_limit_is_413_outside_the_api_too(world: World) -> None:
    body = b"a=" + b"x" * (2 * 1024 * 1024)
    client = APIClient(raise_request_exception=False)
    refused(post(client, "/plainly-read", body, "application/x-www-form-urlencoded"), 413, "PAYLOAD_TOO_LARGE")


def test_a_host_that_is_not_ours_is_400(world: World) -> None:
    refused(APIClient().get("/nothing", headers={"host": "evil.example"}), 400, "VALIDATION_ERROR")


def test_an_admin_form_without_its_token_is_403_in_the_envelope(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    answer = client.post("/admin/login/", "username=a&password=b", content_type="application/x-www-form-urlencoded")
    refused(answer, 403, "FORBIDDEN")


@pytest.mark.urls("tests.api.probes")
def test_nested_fields_are_dotted(world: World) -> None:
    body = {"customerName": "x" * 21, "orderLines": [{"unitPrice": 1.0}, {"unitPrice": "dear"}, {"unitCost": 1}]}
    error = refused(world.client(world.owner).post("/echo", body, format="json"), 400, "VALIDATION_ERROR")
    assert {one["field"] for one in error["details"]["errors"]} == {
        "customerName",
        "orderLines.1.unitPrice",
        "orderLines.2.unitCost",
    }


@pytest.mark.urls("tests.api.probes")
def test_only_our_own_names_are_re_cased(world: World) -> None:
    user_data = {"snake_case": 1, "camelCase": {"Inner_Key": [{"deep_er": None}]}, "kebab-case": "x", "": 0}
    body = {"customerName": "x", "expectedState": user_data, "orderLines": [{"unitPrice": 3}]}
    answer = world.client(world.owner).post("/echo", body, format="json")
    assert answer.json() == {"success": True, "data": body}


@pytest.mark.parametrize("path", ["/api/v1/users/me", "/api/v1/auth/login", "/api/v1/drifts", "/health"])
def test_both_forms_of_a_path_answer_without_a_redirect(world: World, path: str) -> None:
    client = world.client(world.owner)
    method = "POST" if "login" in path else "GET"
    plain = client.generic(method, path, "{}", "application/json")
    slashed = client.generic(method, path + "/", "{}", "application/json")
    assert plain.status_code == slashed.status_code
    assert plain.status_code in {200, 400}


def test_values_are_spelled_as_the_contract_says() -> None:
    moment = datetime.fromisoformat("2026-01-02T05:04:05.678900+00:00")
    data = {"at": moment, "cost": Decimal("12.50"), "id": UUID(int=7), "none": None}
    assert json.loads(dumps(success(data))) == {
        "success": True,
        "data": {
            "at": "2026-01-02T05:04:05.678900Z",
            "cost": 12.5,
            "id": "00000000-0000-0000-0000-000000000007",
            "none": None,
        },
    }
