"""Channels over the API: made, shown without their secrets, changed, tested and removed, by admins of the account."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from alerts.models import Attempt, Channel, Delivery
from audit.actors import Actor
from tests.admin.conftest import entries
from tests.alerts.deliveries.told import attempts, mailing_list, sent, told, webhook
from tests.alerts.receiver import LOCAL, Asked, Receiver, Reply, receiving
from tests.conftest import World

URL = "https://hooks.example.com/services/T000/B000/abcdefghijklmnopqrstuvwx"
KEY = "whsec_" + "c2VjcmV0" * 4
SECRETS = {"url": URL, "signingSecrets": [{"secret": KEY}]}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(settings, "NOTIFICATION_PRIVATE_HOSTS", LOCAL)
    with receiving() as one:
        yield one


@pytest.fixture
def client(world: World) -> APIClient:
    return world.client(world.owner)


def make(client: APIClient, **values: Any) -> Any:
    body = {"name": "Ops", "kind": "webhook", "secrets": SECRETS}
    return client.post("/api/v1/channels", {**body, **values}, format="json")


def made(client: APIClient, **values: Any) -> Any:
    answer = make(client, **values)
    assert answer.status_code == 201, answer.content
    return answer.json()["data"]


def patch(client: APIClient, ident: str, **values: Any) -> Any:
    return client.patch(f"/api/v1/channels/{ident}", values, format="json")


def fields_of(answer: Any) -> set[str]:
    """The fields that a refusal names."""
    assert answer.status_code == 400, answer.content
    return {one["field"] for one in answer.json()["error"]["details"]["errors"]}


def verified(asked: Asked, key: str) -> bool:
    """Whether a key fits the request's signature."""
    try:
        Webhook(key).verify(asked.body, dict(asked.headers))
    except WebhookVerificationError:
        return False
    return True


def test_a_channel_is_made_and_its_secrets_are_never_shown(world: World, client: APIClient) -> None:
    answer = make(client, severities=["critical"], stacks=["prod/*"], digestAbove=3)
    shown = answer.json()["data"]
    assert answer.status_code == 201
    assert (shown["name"], shown["severities"], shown["stacks"]) == ("Ops", ["critical"], ["prod/*"])
    assert (shown["digestAbove"], shown["isEnabled"], shown["pendingCount"]) == (3, True, 0)
    assert shown["secretHints"] == {"signingSecrets": "…" + KEY[-4:], "url": "…uvwx"}
    assert shown["destination"] == "hooks.example.com"
    assert shown["signingSecret"] is None
    for other in (answer, client.get(f"/api/v1/channels/{shown['id']}"), client.get("/api/v1/channels")):
        text = other.content.decode()
        assert URL not in text
        assert KEY not in text
        assert '"secrets"' not in text
    assert json.loads(Channel.objects.get().secrets) == SECRETS
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM alerts_channel")
        assert "hooks.example.com" not in cursor.fetchone()[0]
    fact = entries(world.account.pk, "channel.created")[0]
    assert fact.data == {"id": shown["id"], "name": "Ops", "medium": "webhook"}


def test_a_webhook_without_a_key_gets_one_that_is_shown_once(client: APIClient, receiver: Receiver) -> None:
    headers = {"idempotency-key": "once"}
    body = {"name": "Ops", "kind": "webhook", "secrets": {"url": receiver.url}}
    first = client.post("/api/v1/channels", body, format="json", headers=headers)
    assert first["Cache-Control"] == "no-store"
    key = first.json()["data"]["signingSecret"]
    assert key.startswith("whsec_")
    again = client.post("/api/v1/channels", body, format="json", headers=headers).json()["data"]
    assert (again["id"], again["signingSecret"]) == (first.json()["data"]["id"], None)
    assert "signingSecret" not in client.get(f"/api/v1/channels/{again['id']}").json()["data"]
    client.post(f"/api/v1/channels/{again['id']}/test")
    assert verified(receiver.asked[0], key)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"name": " "}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"secrets": {}}, "secrets.url"),
        ({"secrets": {"url": "http://hooks.example.com/"}}, "secrets.url"),
        ({"secrets": {"url": "https://127.0.0.1/"}}, "secrets.url"),
        ({"secrets": {"url": "https://169.254.169.254/latest/"}}, "secrets.url"),
        ({"secrets": {"url": "https://[::1]/"}}, "secrets.url"),
        ({"secrets": {**SECRETS, "signingSecrets": [{"secret": "whsec_short"}]}}, "secrets.signingSecrets.0.secret"),
        ({"secrets": {**SECRETS, "other": "x"}}, "secrets.other"),
        ({"secrets": [1]}, "secrets"),
        ({"secrets": None}, "secrets"),
        ({"secrets": {"url": "x" * 20_000}}, "secrets"),
        ({"config": {"other": 1}}, "config.other"),
        ({"config": "x"}, "config"),
        ({"kind": "email", "secrets": {}, "config": {"recipients": ["no address"]}}, "config.recipients.0"),
        ({"severities": ["dire"]}, "severities.0"),
        ({"types": ["digest"]}, "types.0"),
        ({"stacks": [""]}, "stacks.0"),
        ({"stacks": [5]}, "stacks.0"),
        ({"environments": ["x"] * 51}, "environments"),
        ({"quietHours": {"start": "25:00", "end": "07:00"}}, "quietHours"),
        ({"quietHours": {"start": "22:00", "end": "07:00", "timezone": "Mars/Olympus"}}, "quietHours"),
        ({"digestAbove": 0}, "digestAbove"),
        ({"secretHints2": 1}, "secretHints2"),
    ],
)
def test_what_cannot_work_is_refused_by_name_and_repeats_no_secret(
    client: APIClient, values: dict[str, Any], field: str
) -> None:
    answer = make(client, **values)
    assert field in fields_of(answer)
    assert "whsec_short" not in answer.content.decode()
    assert not Channel.objects.exists()


def test_two_channels_of_one_name_are_refused_whatever_the_case(world: World, client: APIClient) -> None:
    first = made(client)
    assert make(client, name="OPS").status_code == 409
    other = made(client, name="Other")
    assert patch(client, other["id"], name="ops").status_code == 409
    assert patch(client, first["id"], name="OPS").status_code == 200
    assert make(world.client(world.outsider)).status_code == 201


def test_an_account_has_a_bounded_number_of_channels(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.actions import channels

    monkeypatch.setattr(channels, "MOST_CHANNELS", 1)
    made(client)
    assert make(client, name="Other").status_code == 409


def test_a_change_keeps_the_secrets_that_it_does_not_name_and_journals_what_changed(
    world: World, client: APIClient
) -> None:
    ident = made(client)["id"]
    quiet = {"start": "22:00", "end": "07:00", "timezone": "Europe/Berlin"}
    answer = patch(client, ident, name="Night", quietHours=quiet, types=["scan_failed"])
    assert answer.status_code == 200
    assert answer.json()["data"]["quietHours"]["timezone"] == "Europe/Berlin"
    assert json.loads(Channel.objects.get().secrets) == SECRETS
    fact = entries(world.account.pk, "channel.changed")[0]
    assert fact.data["changes"]["name"] == ["Ops", "Night"]
    assert fact.data["changes"]["types"] == [[], ["scan_failed"]]
    assert patch(client, ident, name="Night").status_code == 200
    assert len(entries(world.account.pk, "channel.changed")) == 1  # nothing has changed
    new = "https://hooks.example.org/abcdefghijklmnopqrstuvwxyz0123"
    assert patch(client, ident, secrets={"url": new, "headers": {"x-one": "t0k3n-t0k3n"}}).status_code == 200
    assert patch(client, ident, secrets={"headers": None}).status_code == 200
    assert json.loads(Channel.objects.get().secrets) == {**SECRETS, "url": new}
    changes = [one.data["changes"] for one in entries(world.account.pk, "channel.changed")[1:]]
    assert changes == [{"secrets": [[], ["headers", "url"]]}, {"secrets": [["headers"], []]}]
    assert patch(client, ident, kind="slack").status_code == 400
    assert "secrets.url" in fields_of(patch(client, ident, secrets={"url": None}))


def test_the_journal_knows_how_many_people_a_list_has_and_not_whom(world: World, client: APIClient) -> None:
    ident = made(client, kind="email", secrets={}, config={"recipients": ["ann@acme.example"]})["id"]
    patch(client, ident, config={"recipients": ["ann@acme.example", "ben@acme.example"]})
    fact = entries(world.account.pk, "channel.changed")[0]
    assert fact.data["changes"] == {"config.recipients": ["1 addresses", "2 addresses"]}
    assert client.get(f"/api/v1/channels/{ident}").json()["data"]["destination"] == "ann@acme.example and 1 more"


def test_unreadable_secrets_may_be_given_anew_and_stop_nothing_else(client: APIClient) -> None:
    ident = made(client)["id"]
    with connection.cursor() as cursor:
        cursor.execute("UPDATE alerts_channel SET secrets = 'gAAAAAnonsense'")
    assert client.get("/api/v1/channels").status_code == 200
    assert patch(client, ident, name="Other", isEnabled=False).status_code == 200
    assert client.post(f"/api/v1/channels/{ident}/test").json()["data"]["status"] == "dead"
    assert client.post(f"/api/v1/channels/{ident}/rotate-secret", {}, format="json").status_code >= 500
    assert patch(client, ident, secrets=SECRETS).status_code == 200
    assert json.loads(Channel.objects.get().secrets) == SECRETS


def test_secrets_are_written_anew_with_the_newest_key(client: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made(client)
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", ("newest" * 6, *settings.ENCRYPTION_KEYS))
    call_command("rotate_secrets", stdout=StringIO())
    monkeypatch.setattr(settings, "ENCRYPTION_KEYS", settings.ENCRYPTION_KEYS[:1])
    assert json.loads(Channel.objects.get().secrets) == SECRETS


def test_a_test_message_is_sent_now_and_its_answer_told(world: World, client: APIClient, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(200), Reply(503)]
    ident = made(client, secrets={"url": receiver.url}, isEnabled=False)["id"]
    told_of = client.post(f"/api/v1/channels/{ident}/test").json()["data"]
    assert (told_of["status"], told_of["type"], told_of["lastStatus"]) == ("delivered", "test", 200)
    assert [one["outcome"] for one in told_of["attempts"]] == ["delivered"]
    failed = client.post(f"/api/v1/channels/{ident}/test").json()["data"]
    assert (failed["status"], failed["lastStatus"], failed["nextTryAt"]) == ("dead", 503, None)
    assert Channel.objects.get().failing_since is None  # a test is nobody's trouble
    assert [one.data["deliveryId"] for one in entries(world.account.pk, "channel.tested")] == [
        told_of["id"],
        failed["id"],
    ]
    listed = client.get(f"/api/v1/channels/{ident}/deliveries").json()["data"]["items"]
    assert [one["id"] for one in listed] == [failed["id"], told_of["id"]]


def test_a_key_is_rotated_and_both_sign_until_the_former_one_ends(
    world: World, client: APIClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident = made(client, secrets={"url": receiver.url, "signingSecrets": [{"secret": KEY}]})["id"]
    answer = client.post(f"/api/v1/channels/{ident}/rotate-secret", {"overlapHours": 2}, format="json")
    shown = answer.json()["data"]
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert shown["previousSecretUntil"] is not None
    client.post(f"/api/v1/channels/{ident}/test")
    assert verified(receiver.asked[0], KEY)
    assert verified(receiver.asked[0], shown["signingSecret"])
    later = timezone.now() + timedelta(hours=3)
    monkeypatch.setattr("alerts.actions.sending_out.timezone.now", lambda: later)
    client.post(f"/api/v1/channels/{ident}/test")
    monkeypatch.undo()
    assert len(receiver.asked[1].headers["webhook-signature"].split()) == 1
    assert len(entries(world.account.pk, "channel.secret_rotated")) == 1
    at_once = client.post(f"/api/v1/channels/{ident}/rotate-secret", {"overlapHours": 0}, format="json")
    assert at_once.status_code == 200
    assert (
        client.post(f"/api/v1/channels/{ident}/rotate-secret", {"overlapHours": 169}, format="json").status_code == 400
    )


def test_only_webhooks_sign(client: APIClient) -> None:
    ident = made(client, kind="email", secrets={}, config={"recipients": ["ann@acme.example"]})["id"]
    assert client.post(f"/api/v1/channels/{ident}/rotate-secret", {}, format="json").status_code == 409


def test_a_removed_channel_goes_with_its_deliveries(world: World, client: APIClient) -> None:
    channel, other = mailing_list(world.account.pk, "a@acme.example"), mailing_list(world.account.pk, "b@acme.example")
    sent(told(channel))
    told(channel)
    kept = sent(told(other))
    assert client.delete(f"/api/v1/channels/{channel.pk}").status_code == 204
    assert client.get(f"/api/v1/channels/{channel.pk}").status_code == 404
    assert list(Delivery.objects.values_list("pk", flat=True)) == [kept.pk]
    assert list(Attempt.objects.values_list("delivery_id", flat=True)) == [kept.pk]
    assert entries(world.account.pk, "channel.deleted")[0].data["deliveries"] == 2


def test_a_channel_shows_how_many_wait_and_were_given_up(world: World, client: APIClient, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(413)]
    channel = webhook(world.account.pk, receiver.url)
    sent(told(channel))
    told(channel)
    told(channel)
    shown = client.get(f"/api/v1/channels/{channel.pk}").json()["data"]
    assert (shown["pendingCount"], shown["deadCount"]) == (2, 1)


def test_a_delivery_tells_what_it_says_and_each_try(world: World, client: APIClient, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(413)]
    delivery = sent(told(webhook(world.account.pk, receiver.url)))
    shown = client.get(f"/api/v1/deliveries/{delivery.pk}").json()["data"]
    assert (shown["status"], shown["title"], shown["message"]["text"]) == (
        *("dead", "A port is open"),
        "Port 22 is open to the world.",
    )
    assert shown["attempts"][0]["statusCode"] == 413
    Delivery.objects.filter(pk=delivery.pk).update(message=["poison"])
    assert client.get(f"/api/v1/deliveries/{delivery.pk}").json()["data"]["message"] is None


def test_deliveries_are_listed_by_status_and_type_page_by_page_and_by_cursor(world: World, client: APIClient) -> None:
    channel = mailing_list(world.account.pk, "a@acme.example")
    done, waiting = sent(told(channel)), told(channel)
    path = f"/api/v1/channels/{channel.pk}/deliveries"

    def ids(query: str) -> list[str]:
        return [one["id"] for one in client.get(f"{path}{query}").json()["data"]["items"]]

    assert ids("") == [str(waiting.pk), str(done.pk)]
    assert ids("?status=delivered") == [str(done.pk)]
    assert ids("?type=test,digest") == []
    first = client.get(f"{path}?cursor=&limit=1").json()["data"]
    assert ids(f"?limit=1&cursor={first['pagination']['nextCursor']}") == [str(done.pk)]
    assert client.get(f"{path}?status=lost").status_code == 400
    assert client.get(f"{path}?nonsense=1").status_code == 400


def test_what_was_given_up_is_sent_once_more_under_the_same_id(
    world: World, client: APIClient, receiver: Receiver
) -> None:
    receiver.replies[:] = [Reply(413), Reply(200)]
    delivery = sent(told(webhook(world.account.pk, receiver.url)))
    answer = client.post(f"/api/v1/deliveries/{delivery.pk}/redeliver")
    assert answer.json()["data"]["status"] == "pending"
    assert client.post(f"/api/v1/deliveries/{delivery.pk}/redeliver").status_code == 200  # it stays as it is
    assert sent(delivery).status == "delivered"
    assert [one.headers["webhook-id"] for one in receiver.asked] == [str(delivery.pk)] * 2
    assert attempts(delivery) == ["refused", "delivered"]
    facts = entries(world.account.pk, "delivery.redelivered")
    assert [(one.data["before"], one.actor_id) for one in facts] == [("dead", world.owner.pk)]


def test_nothing_is_sent_once_more_to_a_disabled_channel(world: World, client: APIClient) -> None:
    channel = mailing_list(world.account.pk, "a@acme.example")
    delivery = sent(told(channel))
    patch(client, str(channel.pk), isEnabled=False)
    assert client.post(f"/api/v1/deliveries/{delivery.pk}/redeliver").status_code == 409
    assert client.post(f"/api/v1/channels/{channel.pk}/redeliver-dead").status_code == 409


def test_all_that_a_channel_had_not_taken_is_sent_once_more(
    world: World, client: APIClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alerts.actions import redelivering

    monkeypatch.setattr(redelivering, "MOST", 2)
    receiver.replies[:] = [*[Reply(413)] * 3, Reply(200)]
    channel = webhook(world.account.pk, receiver.url)
    dead = [sent(told(channel)) for _ in range(3)]
    done = client.post(f"/api/v1/channels/{channel.pk}/redeliver-dead").json()["data"]
    assert done == {"redelivered": 2, "left": 1}
    assert [sent(one).status for one in dead] == ["delivered", "delivered", "dead"]
    assert entries(world.account.pk, "channel.dead_redelivered")[0].data["deliveries"] == 2


def test_a_message_to_a_user_alone_is_nobody_elses(world: World, client: APIClient) -> None:
    mine, theirs = told(world.owner), told(world.engineer)
    assert client.get(f"/api/v1/deliveries/{mine.pk}").status_code == 200
    assert client.get(f"/api/v1/deliveries/{theirs.pk}").status_code == 404
    assert client.post(f"/api/v1/deliveries/{theirs.pk}/redeliver").status_code == 404


def test_what_a_user_was_sent_goes_when_they_are_erased(world: World) -> None:
    from accounts.actions import erase_user

    sent(told(world.engineer))
    told(world.engineer)
    listed = told(mailing_list(world.account.pk, "a@acme.example"))
    erase_user(world.account.pk, world.engineer.pk, by=Actor.system("test"))
    assert list(Delivery.objects.values_list("pk", flat=True)) == [listed.pk]


@pytest.mark.parametrize("who", ["engineer", "viewer", "outsider"])
def test_channels_are_for_admins_of_the_account(world: World, who: str) -> None:
    channel = mailing_list(world.account.pk, "a@acme.example")
    delivery = told(channel)
    client = world.client(getattr(world, who))
    refused = 404 if who == "outsider" else 403
    paths = (f"channels/{channel.pk}", f"channels/{channel.pk}/deliveries", f"deliveries/{delivery.pk}")
    assert {client.get(f"/api/v1/{path}").status_code for path in paths} == {refused}
    posts = (
        f"channels/{channel.pk}/test",
        f"channels/{channel.pk}/redeliver-dead",
        f"deliveries/{delivery.pk}/redeliver",
    )
    assert {client.post(f"/api/v1/{path}").status_code for path in posts} == {refused}
    assert patch(client, str(channel.pk), name="Mine").status_code == refused
    assert client.delete(f"/api/v1/channels/{channel.pk}").status_code == refused
    assert client.post(f"/api/v1/channels/{channel.pk}/rotate-secret", {}, format="json").status_code == refused
    if who == "outsider":
        assert client.get("/api/v1/channels").json()["data"]["items"] == []
    else:
        assert client.get("/api/v1/channels").status_code == make(client).status_code == 403


@pytest.mark.parametrize("ident", [NOBODY, "no-id"])
def test_an_unknown_or_malformed_id_is_nothing(client: APIClient, ident: str) -> None:
    assert client.get(f"/api/v1/channels/{ident}").status_code == 404
    assert client.post(f"/api/v1/channels/{ident}/test").status_code == 404
    assert client.get(f"/api/v1/channels/{ident}/deliveries").status_code == 404
    assert client.get(f"/api/v1/deliveries/{ident}").status_code == 404
    assert client.post(f"/api/v1/deliveries/{ident}/redeliver").status_code == 404
