"""`Idempotency-Key`: a repeat gets the first answer; another request with the same key is refused."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from rest_framework.test import APIClient

from audit.models import AuditLog
from drifts.models import Stack
from driftsentry.api import idempotency
from driftsentry.api.idempotency import forget_old_requests
from driftsentry.api.models import IdempotentRequest
from tests.api import probes
from tests.conftest import World

pytestmark = pytest.mark.urls("tests.api.probes")
BODY = {"customerName": "Ann"}


@pytest.fixture(autouse=True)
def nothing_made() -> Iterator[None]:
    probes.made.clear()
    yield
    probes.made.clear()


def order(client: APIClient, key: str | None = "key-1", body: Any = BODY, path: str = "/orders") -> Any:
    headers = {} if key is None else {"idempotency-key": key}
    return client.post(path, body, format="json", headers=headers)


def test_the_same_request_gets_the_same_answer_and_is_done_once(world: World) -> None:
    client = world.client(world.viewer)
    first, again = order(client), order(client)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert first["Location"] == again["Location"] == "/orders/1"
    assert first["Content-Type"] == again["Content-Type"]
    assert len(probes.made) == 1


def test_a_slash_or_another_session_make_it_no_other_request(world: World) -> None:
    first = order(world.client(world.viewer))
    assert order(world.client(world.viewer), path="/orders/").content == first.content
    assert len(probes.made) == 1


def test_without_a_key_every_request_counts(world: World) -> None:
    client = world.client(world.viewer)
    order(client, None)
    order(client, None)
    assert len(probes.made) == 2
    assert not IdempotentRequest.objects.exists()


def test_the_same_key_with_another_body_or_query_is_409(world: World) -> None:
    client = world.client(world.viewer)
    order(client)
    for other in (order(client, body={"customerName": "Bea"}), order(client, path="/orders?x=1")):
        assert other.status_code == 409
        assert other.json()["error"]["code"] == "CONFLICT"
    assert len(probes.made) == 1


def test_another_users_key_is_another_key(world: World) -> None:
    first, second = order(world.client(world.viewer)), order(world.client(world.outsider))
    assert (first.json()["data"]["number"], second.json()["data"]["number"]) == (1, 2)


def test_a_refusal_is_not_kept(world: World) -> None:
    client = world.client(world.viewer)
    assert order(client, body={"customerName": "refused"}).status_code == 409
    assert order(client, body={}).status_code == 400
    assert not IdempotentRequest.objects.exists()
    assert order(client).status_code == 201


def test_without_a_credential_no_key_is_taken(world: World) -> None:
    assert order(APIClient()).status_code == 401
    assert not IdempotentRequest.objects.exists()


def test_an_answer_is_kept_for_a_day(world: World) -> None:
    client = world.client(world.viewer)
    order(client)
    kept = IdempotentRequest.objects.filter(key="key-1")
    kept.update(created_at=timezone.now() - timedelta(hours=23))
    assert order(client).json()["data"]["number"] == 1
    assert forget_old_requests() == 0
    kept.update(created_at=timezone.now() - timedelta(hours=25))
    assert order(client).json()["data"]["number"] == 2


def test_old_answers_are_forgotten(world: World) -> None:
    order(world.client(world.viewer))
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert forget_old_requests() == 1
    assert not IdempotentRequest.objects.exists()


def test_a_request_that_is_still_being_answered_is_409(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client, again = world.client(world.viewer), world.client(world.viewer)
    seen = []

    class Slow(list[Any]):
        def append(self, one: Any) -> None:
            super().append(one)
            with ThreadPoolExecutor(1) as pool:
                seen.append(pool.submit(from_another_thread, again).result(timeout=30))

    monkeypatch.setattr(probes, "made", Slow())
    assert order(client).status_code == 201
    assert seen == [409]
    assert order(again).json()["data"]["number"] == 1


def from_another_thread(client: APIClient) -> int:
    try:
        return int(order(client).status_code)
    finally:
        connection.close()


def test_what_is_done_and_its_kept_answer_are_one_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that dies between the two, as here, leaves neither: the repeat does it, once."""
    client, before = world.client(world.engineer), AuditLog.objects.count()

    def die(*args: Any) -> None:
        assert Stack.objects.filter(name="once").exists()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(idempotency, "_keep", die)
        with pytest.raises(KeyboardInterrupt):
            make_stack(client)
    assert not Stack.objects.exists()
    assert AuditLog.objects.count() == before
    first, repeated = make_stack(client), make_stack(client)
    assert first.content == repeated.content
    assert AuditLog.objects.filter(kind="stack.created").count() == 1


def make_stack(client: APIClient) -> Any:
    with override_settings(ROOT_URLCONF="driftsentry.urls"):
        return client.post("/api/v1/stacks", {"name": "once"}, format="json", headers={"idempotency-key": "key-1"})


def test_ten_at_once_are_done_once(world: World) -> None:
    token = world.access_token(world.viewer)

    def ask(_: int) -> int:
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
        try:
            return int(order(client).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as threads:
        statuses = list(threads.map(ask, range(10)))
    assert len(probes.made) == 1
    assert set(statuses) <= {201, 409}
    assert 201 in statuses


@pytest.mark.parametrize("key", ["", "   ", "x" * 256, "a\tb", "a\x7fb"])
def test_a_key_that_is_none_is_400(world: World, key: str) -> None:
    assert order(world.client(world.viewer), key).status_code == 400
    assert not probes.made


@pytest.mark.parametrize("key", ["x" * 255, "8e03978e-40d5-43e8-bc93-6894a57f9324", "a b", '"quoted"'])
def test_any_printable_key_is_taken(world: World, key: str) -> None:
    assert order(world.client(world.viewer), key).status_code == 201
