"""The correlation id: taken when sane, made otherwise, sent back on every answer, and equal to the trace id."""

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from audit.models import AuditLog
from tests.conftest import World

HEADER = "x-correlation-id"


@pytest.mark.parametrize("given", ["a", "trace-1.2_3", "A" * 128, "0", "..", "-"])
def test_a_sane_token_is_taken_and_sent_back(world: World, given: str) -> None:
    answer = APIClient().get("/api/v1/users/me", headers={HEADER: given})
    assert answer[HEADER] == given
    assert answer.json()["error"]["traceId"] == given


@pytest.mark.parametrize(
    "given", ["", "a" * 129, "a b", "a/b", "a\tb", "<script>", "a\r\nSet-Cookie: x", "é", '"', "a\n"]
)
def test_another_token_is_replaced(world: World, given: str) -> None:
    answer = APIClient().get("/api/v1/users/me", headers={HEADER: given})
    made = answer[HEADER]
    assert UUID(made).version == 4
    assert answer.json()["error"]["traceId"] == made


@pytest.mark.parametrize(
    "path", ["/api/v1/users/me", "/nothing", "/health", "/api/docs", "/api/schema", "/admin/login/"]
)
def test_every_answer_carries_one_and_no_two_the_same(world: World, path: str) -> None:
    first, second = APIClient().get(path)[HEADER], APIClient().get(path)[HEADER]
    assert first
    assert first != second


def test_the_journal_keeps_it(world: World) -> None:
    client = world.client(world.viewer)
    client.patch("/api/v1/users/me", {"name": "Caroline"}, format="json", headers={HEADER: "find-me"})
    assert AuditLog.objects.get(kind="user.changed").correlation_id == "find-me"
