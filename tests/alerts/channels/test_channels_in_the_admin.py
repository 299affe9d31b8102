"""Channels and deliveries in the admin: made and changed through the actions, tested, and never with a secret."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from alerts.models import Channel, Delivery
from tests.admin.conftest import browser, entries
from tests.alerts.deliveries.told import KEY, mailing_list, sent, told, webhook
from tests.alerts.receiver import LOCAL, Receiver, Reply, receiving
from tests.conftest import World

FORM = {
    "name": "Ops",
    "kind": "webhook",
    "config": "{}",
    "severities": "[]",
    "types": "[]",
    "stacks": '["prod/*"]',
    "environments": "[]",
    "quiet_hours": "null",
    "digest_above": "5",
    "is_enabled": "on",
}


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(settings, "NOTIFICATION_PRIVATE_HOSTS", LOCAL)
    with receiving() as one:
        yield one


def test_a_channel_is_added_and_its_key_shown_in_that_answer_alone(world: World) -> None:
    client = browser(world.owner)
    secrets = '{"url": "https://hooks.example.com/abcdefghijklmnopqrstuvwx"}'
    page = client.post("/admin/alerts/channel/add/", {**FORM, "secrets": secrets}).content.decode()
    channel = Channel.objects.get()
    assert (channel.account_id, channel.stacks) == (world.account.pk, ["prod/*"])
    assert "whsec_" in page
    for url in ("/admin/alerts/channel/", f"/admin/alerts/channel/{channel.pk}/change/"):
        shown = client.get(url).content.decode()
        assert "whsec_" not in shown
        assert "abcdefghijklmnop" not in shown
    assert entries(world.account.pk, "channel.created")[0].actor_id == world.owner.pk


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"secrets": "no json"}, "A JSON object"),
        ({"secrets": '{"url": "http://plain.example/"}'}, "Only https:// addresses"),
        ({"config": "[1]"}, "A JSON object"),
        ({"stacks": '"x"'}, "list"),
        ({"digest_above": "0"}, "greater than or equal to 1"),
    ],
)
def test_what_cannot_work_is_said_and_not_kept(world: World, change: dict[str, str], words: str) -> None:
    page = browser(world.owner).post("/admin/alerts/channel/add/", {**FORM, **change}, follow=True)
    assert page.status_code == 200
    assert not Channel.objects.exists()
    assert words in page.content.decode() or "errornote" in page.content.decode()


def test_a_channel_is_changed_and_keeps_its_kind_and_secrets(world: World) -> None:
    channel = webhook(world.account.pk, "https://hooks.example.com/abcdefghijklmnopqrstuvwx")
    url = f"/admin/alerts/channel/{channel.pk}/change/"
    form = {name: value for name, value in FORM.items() if name != "is_enabled"}
    answer = browser(world.owner).post(url, {**form, "kind": "slack", "name": "Night", "secrets": ""})
    assert answer.status_code == 302
    before = channel.secrets
    channel.refresh_from_db()
    assert (channel.name, channel.kind, channel.is_enabled, channel.secrets) == ("Night", "webhook", False, before)


def test_a_test_message_tells_what_came_of_it(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(200), Reply(503)]
    channel = webhook(world.account.pk, receiver.url, name="Ops")
    asked = {"action": "send_test", "_selected_action": [str(channel.pk)]}
    client = browser(world.owner)
    assert "Ops: Delivered." in client.post("/admin/alerts/channel/", asked, follow=True).content.decode()
    page = client.post("/admin/alerts/channel/", asked, follow=True).content.decode()
    assert "503" in page
    assert KEY not in page


def test_what_was_given_up_is_sent_once_more(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(413)]
    channel = webhook(world.account.pk, receiver.url)
    first, second = sent(told(channel)), sent(told(channel))
    client = browser(world.owner)
    client.post("/admin/alerts/delivery/", {"action": "redeliver", "_selected_action": [str(first.pk)]})
    first.refresh_from_db()
    assert first.status == "pending"
    client.post("/admin/alerts/channel/", {"action": "redeliver_dead", "_selected_action": [str(channel.pk)]})
    second.refresh_from_db()
    assert second.status == "pending"
    page = client.get(f"/admin/alerts/delivery/{second.pk}/change/").content.decode()
    assert "Port 22 is open to the world." in page
    assert "413" in page


def test_a_message_to_a_user_alone_is_nobody_elses(world: World) -> None:
    mine, theirs = told(world.owner), told(world.engineer)
    listed = told(mailing_list(world.account.pk, "ops@acme.example"))
    client = browser(world.owner)
    page = client.get("/admin/alerts/delivery/").content.decode()
    shown = {one.pk for one in Delivery.objects.all() if f"/admin/alerts/delivery/{one.pk}/change/" in page}
    assert shown == {mine.pk, listed.pk}
    assert client.get(f"/admin/alerts/delivery/{theirs.pk}/change/").status_code == 302
