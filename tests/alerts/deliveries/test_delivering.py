"""A message on its way: sent once where all goes well, again where that may help, given up where it does not."""

import json
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core import mail
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from alerts.actions import delivering
from alerts.actions.channels import create_channel
from alerts.actions.claiming import LEASE, claim_delivery
from alerts.actions.delivering import carry_out
from alerts.models import Alert, Attempt, Channel, Delivery
from alerts.occasions import Type
from alerts.sending.base import Meaning
from audit import journal
from driftsentry.api import outgoing
from tests.accounts.mailbox import forget_jobs, jobs, work
from tests.accounts.smtp_server import Answers, smtp_server
from tests.admin.conftest import entries
from tests.alerts.deliveries.told import SYSTEM, attempts, due, mailing_list, put, sent, told, unsent, webhook
from tests.alerts.receiver import Receiver, Reply
from tests.conftest import World
from tests.drifts.reported import report

DAY = timedelta(days=1)


def aged(delivery: Delivery, age: timedelta) -> Delivery:
    """The delivery as if it had been due so long ago, and is due again."""
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(due_at=now - age, next_try_at=now, leased_until=None)
    Channel.objects.update(resting_until=None)
    return delivery


def test_a_message_arrives_and_its_channel_is_well(world: World, receiver: Receiver) -> None:
    channel = webhook(world.account.pk, receiver.url)
    delivery = sent(told(channel))
    assert (delivery.status, delivery.last_status, delivery.next_try_at) == ("delivered", 200, None)
    assert [one.headers["webhook-id"] for one in receiver.asked] == [str(delivery.pk)]
    assert receiver.asked[0].json()["journal"]["seq"] >= 1
    assert attempts(delivery) == ["delivered"]
    channel.refresh_from_db()
    assert channel.last_delivered_at is not None
    assert channel.failing_since is None


def test_a_worker_does_the_jobs_of_a_transaction_and_a_rollback_leaves_none(world: World, receiver: Receiver) -> None:
    channel = webhook(world.account.pk, receiver.url)
    with pytest.raises(ZeroDivisionError), journal.writing(world.account.pk, by=SYSTEM) as w:
        w.now += timedelta(days=len(delivering.enqueue(w, [unsent(channel)])) / 0)
    assert (Delivery.objects.count(), jobs("deliver")) == (0, [])
    put(world.account.pk, [unsent(channel, f"drift:{number}") for number in range(20)])
    assert len(jobs("alerts.tasks.deliver")) == 20
    work()
    assert set(Delivery.objects.values_list("status", flat=True)) == {"delivered"}
    assert len({one.headers["webhook-id"] for one in receiver.asked}) == len(receiver.asked) == 20


def test_who_was_told_of_something_is_not_told_again(world: World, receiver: Receiver) -> None:
    channel, other = webhook(world.account.pk, receiver.url), webhook(world.account.pk, receiver.url)
    assert len(put(world.account.pk, [unsent(channel, "drift:1"), unsent(other, "drift:1")])) == 2
    again = [unsent(channel, "drift:1"), unsent(channel, "drift:2"), unsent(world.owner, "drift:1")]
    assert {one.key for one in put(world.account.pk, again)} == {"drift:1", "drift:2"}
    assert Delivery.objects.count() == len(jobs("alerts.tasks.deliver")) == 4


def test_a_thousand_messages_take_few_statements(world: World) -> None:
    from django.test.utils import CaptureQueriesContext

    channel = mailing_list(world.account.pk, "ops@acme.example")
    with CaptureQueriesContext(connection) as queries:
        assert len(put(world.account.pk, [unsent(channel) for _ in range(1000)])) == 1000
    assert len(queries) < 15
    assert len(jobs("alerts.tasks.deliver")) == 1000


def test_a_message_waits_until_it_is_due(world: World, receiver: Receiver) -> None:
    morning = timezone.now() + timedelta(hours=7)
    delivery = sent(told(webhook(world.account.pk, receiver.url), next_try_at=morning))
    assert (delivery.status, delivery.due_at, delivery.tries) == ("pending", morning, 0)
    assert receiver.asked == []
    work()  # its job waits, too
    assert receiver.asked == []


def test_a_second_job_finds_it_taken_or_over(world: World, receiver: Receiver) -> None:
    delivery = told(webhook(world.account.pk, receiver.url))
    claim = claim_delivery(world.account.pk, delivery.pk)
    assert claim is not None
    assert claim_delivery(world.account.pk, delivery.pk) is None
    assert carry_out(claim, seconds=5).meaning is Meaning.DELIVERED
    sent(delivery)
    assert len(receiver.asked) == 1


def test_what_may_work_later_is_tried_again_later_under_the_same_id(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(503), Reply(200)]
    channel = webhook(world.account.pk, receiver.url)
    delivery = sent(told(channel))
    assert delivery.status == "pending"
    assert delivery.next_try_at is not None
    assert timedelta(seconds=20) < delivery.next_try_at - timezone.now() <= timedelta(seconds=30)
    assert "503" in delivery.last_answer
    assert len(jobs("alerts.tasks.deliver")) == 2  # the second one waits for that time
    channel.refresh_from_db()
    assert channel.failing_since is not None
    assert sent(aged(delivery, timedelta(minutes=1))).status == "delivered"
    assert {one.headers["webhook-id"] for one in receiver.asked} == {str(delivery.pk)}
    assert attempts(delivery) == ["again", "delivered"]
    assert Channel.objects.filter(failing_since=None, resting_until=None).get() == channel


def test_an_end_does_not_arrive_before_what_it_ends(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(503), Reply(200)]
    drift = report(world.engineer)
    channel = webhook(world.account.pk, receiver.url)
    began, over = told(channel, drift=drift), told(channel, drift=drift, type=Type.DRIFT_RESOLVED)
    assert sent(began).status == "pending"
    Channel.objects.update(resting_until=None)
    over = sent(over)
    assert (over.status, over.tries, len(receiver.asked)) == ("pending", 0, 1)
    assert over.next_try_at is not None
    assert sent(aged(began, timedelta(minutes=1))).status == "delivered"
    assert sent(aged(over, timedelta(minutes=2))).status == "delivered"


def test_an_end_whose_beginning_is_on_its_way_follows_within_seconds_and_by_itself(
    world: World, receiver: Receiver
) -> None:
    drift = report(world.engineer)
    channel = webhook(world.account.pk, receiver.url)
    began, over = told(channel, drift=drift), told(channel, drift=drift, type=Type.DRIFT_RESOLVED)
    claim = claim_delivery(world.account.pk, began.pk)
    assert claim is not None
    forget_jobs()
    over = sent(over)
    assert (over.status, over.tries) == ("pending", 0)
    assert over.next_try_at is not None
    assert over.next_try_at - timezone.now() <= timedelta(seconds=5)
    assert [job["args"]["delivery_id"] for job in jobs("alerts.tasks.deliver")] == [str(over.pk)]
    carry_out(claim, seconds=5)
    assert sent(due(over, timezone.now())).status == "delivered"


def test_a_receiver_that_asks_for_time_gets_it_and_so_do_the_other_messages(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(429, headers={"retry-after": "120"})]
    channel = webhook(world.account.pk, receiver.url)
    first, second = told(channel), told(channel)
    sent(first)
    channel.refresh_from_db()
    assert channel.resting_until is not None
    assert channel.resting_until - timezone.now() > timedelta(seconds=110)
    assert first.next_try_at is not None
    assert first.next_try_at - timezone.now() > timedelta(seconds=110)
    sent(second)
    assert second.tries == 0
    assert second.next_try_at is not None
    assert second.next_try_at >= channel.resting_until
    assert len(receiver.asked) == 1


def test_a_channel_that_fails_is_tried_by_one_message_at_a_time(world: World, receiver: Receiver) -> None:
    channel = webhook(world.account.pk, receiver.url)
    Channel.objects.filter(pk=channel.pk).update(failing_since=timezone.now())
    first, second = told(channel), told(channel)
    claim = claim_delivery(world.account.pk, first.pk)
    assert claim is not None
    assert claim_delivery(world.account.pk, second.pk) is None
    carry_out(claim, seconds=5)
    assert sent(due(second, timezone.now())).status == "delivered"


def test_what_is_refused_is_given_up_at_once(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(413)]
    delivery = sent(told(webhook(world.account.pk, receiver.url)))
    assert (delivery.status, delivery.last_status) == ("dead", 413)
    assert attempts(delivery) == ["refused"]
    fact = entries(world.account.pk, "delivery.given_up")[0]
    assert (fact.data["id"], fact.data["tries"]) == (str(delivery.pk), 1)
    assert "413" in fact.data["reason"]


def test_what_failed_for_a_day_is_given_up_and_its_channel_disables_itself(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(500)]
    channel = webhook(world.account.pk, receiver.url, name="Ops")
    delivery, waiting = told(channel), told(channel)
    sent(delivery)
    Channel.objects.filter(pk=channel.pk).update(failing_since=timezone.now() - DAY)
    assert sent(aged(delivery, DAY)).status == "dead"
    channel.refresh_from_db()
    assert (channel.is_enabled, channel.disabled_at is not None) == (False, True)
    assert channel.disabled_reason.startswith("Nothing could be delivered there for a day.")
    assert entries(world.account.pk, "channel.disabled")[0].data["name"] == "Ops"
    told_of = Alert.objects.filter(type="channel_disabled")
    assert [one.recipient_id for one in told_of] == [world.owner.pk]
    assert sent(aged(waiting, timedelta())).status == "pending"  # it waits until somebody enables the channel
    assert len(receiver.asked) == 2


def test_two_failures_days_apart_are_no_day_of_failing(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(413), Reply(503)]
    channel = webhook(world.account.pk, receiver.url)
    assert sent(told(channel)).status == "dead"
    Channel.objects.filter(pk=channel.pk).update(failing_since=timezone.now() - 2 * DAY)
    Attempt.objects.update(at=timezone.now() - 2 * DAY)
    assert sent(told(channel)).status == "pending"
    channel.refresh_from_db()
    assert channel.is_enabled
    assert channel.failing_since is not None
    assert channel.failing_since > timezone.now() - DAY


def test_one_success_within_the_day_keeps_a_channel(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(500), Reply(200), Reply(500)]
    channel = webhook(world.account.pk, receiver.url)
    sent(told(channel))
    Channel.objects.filter(pk=channel.pk).update(failing_since=timezone.now() - DAY, resting_until=None)
    sent(told(channel))
    assert sent(aged(told(channel), DAY)).status == "dead"
    channel.refresh_from_db()
    assert channel.is_enabled


def test_a_receiver_that_is_gone_disables_its_channel_at_once(world: World, receiver: Receiver) -> None:
    receiver.replies[:] = [Reply(410)]
    channel = webhook(world.account.pk, receiver.url)
    delivery = sent(told(channel))
    channel.refresh_from_db()
    assert (delivery.status, channel.is_enabled) == ("dead", False)
    assert "410" in channel.disabled_reason
    assert Alert.objects.filter(recipient=world.owner, type="channel_disabled").exists()


def test_a_worker_that_ends_before_it_notes_the_answer_is_followed_by_another(world: World, receiver: Receiver) -> None:
    delivery = told(webhook(world.account.pk, receiver.url))
    assert claim_delivery(world.account.pk, delivery.pk) is not None
    Delivery.objects.filter(pk=delivery.pk).update(
        leased_until=timezone.now() - timedelta(seconds=1), next_try_at=timezone.now() - timedelta(seconds=1)
    )
    assert sent(delivery).status == "delivered"
    assert attempts(delivery) == ["lost", "delivered"]
    assert [one.headers["webhook-id"] for one in receiver.asked] == [str(delivery.pk)]


def test_an_answer_that_comes_after_the_lease_still_counts(world: World, receiver: Receiver) -> None:
    delivery = told(webhook(world.account.pk, receiver.url))
    late = claim_delivery(world.account.pk, delivery.pk)
    assert late is not None
    Delivery.objects.filter(pk=delivery.pk).update(leased_until=timezone.now() + LEASE)  # another has it
    receiver.replies[:] = [Reply(500), Reply(200)]
    carry_out(late, seconds=5)
    delivery.refresh_from_db()
    assert (delivery.status, delivery.leased_until is not None) == ("pending", True)  # the other one decides
    carry_out(late, seconds=5)
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"message": {"nonsense": True}}, "cannot be read"),
        ({"message": ["no", "object"]}, "cannot be read"),
        ({"message": "text"}, "cannot be read"),
        ({"message": {}}, "cannot be read"),
    ],
)
def test_a_poisoned_message_is_given_up_and_the_next_one_sent(
    world: World, receiver: Receiver, change: dict[str, object], words: str
) -> None:
    channel = webhook(world.account.pk, receiver.url)
    poisoned, sound = put(world.account.pk, [unsent(channel, "1", **change), unsent(channel, "2")])
    work()
    poisoned.refresh_from_db()
    sound.refresh_from_db()
    assert (poisoned.status, sound.status) == ("dead", "delivered")
    assert words in poisoned.last_answer


@pytest.mark.parametrize("stored", ["gAAAAAunreadable", "", "[1]", "no json"])
def test_unreadable_secrets_are_a_reason_to_give_up(world: World, receiver: Receiver, stored: str) -> None:
    channel = webhook(world.account.pk, receiver.url)
    if stored.startswith("gAAAA"):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE alerts_channel SET secrets = %s WHERE id = %s", [stored, channel.pk])
    else:
        Channel.objects.filter(pk=channel.pk).update(secrets=stored)
    delivery = sent(told(channel))
    assert delivery.status == "dead"
    assert "secret" in delivery.last_answer
    assert receiver.asked == []


def test_an_unknown_medium_is_given_up(world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    from alerts.actions import sending_out

    channel = webhook(world.account.pk, receiver.url)
    monkeypatch.setattr(sending_out, "SENDERS", {})
    assert sent(told(channel)).last_answer == "This server knows no channels of the kind webhook."


def test_a_private_address_is_never_spoken_to(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = webhook(world.account.pk, receiver.url)
    monkeypatch.setattr(settings, "NOTIFICATION_PRIVATE_HOSTS", ())
    delivery = sent(told(channel))
    assert (delivery.status, receiver.asked) == ("dead", [])


def test_an_address_that_is_none_is_given_up(world: World, receiver: Receiver) -> None:
    channel = webhook(world.account.pk, receiver.url)
    # It was kept before such addresses were refused.
    channel.secrets = json.dumps({"url": "https://xn--a/hook", "signingSecrets": [{"secret": KEY}]})
    channel.save(update_fields=["secrets"])
    delivery = sent(told(channel))
    assert (delivery.status, delivery.last_answer) == ("dead", "This is no address.")


def test_a_name_that_leads_nowhere_is_tried_again(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nowhere(*args: object, **kwargs: object) -> None:
        raise outgoing.Unresolved("Its host's name cannot be resolved.")

    channel = webhook(world.account.pk, receiver.url)
    monkeypatch.setattr(outgoing, "post", nowhere)
    delivery = sent(told(channel))
    assert (delivery.status, delivery.last_answer) == ("pending", "Its host's name cannot be resolved.")


def test_a_receiver_that_repeats_what_it_was_sent_puts_no_secret_into_an_answer(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from alerts.actions import sending_out
    from alerts.sending.base import Reading
    from alerts.sending.webhook import Webhook

    class Repeating(Webhook):
        def read(self, answer: outgoing.Answer) -> Reading:
            return Reading(Meaning.AGAIN, answer.body.decode())

    token = "T0k3n-abcdefghijklmnop"
    secrets = {"url": f"{receiver.url}/{token}", "headers": {"authorization": "Bearer s3cr3t-s3cr3t-s3cr3t"}}
    channel = webhook(world.account.pk, receiver.url, secrets={**secrets, "signingSecrets": [{"secret": KEY}]})
    monkeypatch.setattr(sending_out, "SENDERS", {"webhook": Repeating()})
    receiver.choose = lambda asked: Reply(500, json.dumps([asked.path, dict(asked.headers), KEY]).encode())
    delivery = sent(told(channel))
    assert delivery.status == "pending"
    for stored in (delivery.last_answer, delivery.attempts.get().answer):
        assert "(sensitive)" in stored
        for secret in (token, "s3cr3t-s3cr3t-s3cr3t", KEY, KEY.removeprefix("whsec_")):
            assert secret not in stored


KEY = "whsec_" + "c2VjcmV0" * 4


def test_a_mail_goes_to_a_list_and_to_a_user_at_their_present_address(world: World) -> None:
    listed = sent(told(mailing_list(world.account.pk, "ops@acme.example", "sec@acme.example")))
    personal = told(world.engineer)
    world.engineer.email = "new@acme.example"
    world.engineer.save(update_fields=["email"])
    assert (sent(personal).status, listed.status) == ("delivered", "delivered")
    assert [one.to for one in mail.outbox] == [["ops@acme.example", "sec@acme.example"], ["new@acme.example"]]


def test_who_was_refused_while_others_got_the_mail_is_named_on_the_delivery_and_in_no_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    delivery = told(mailing_list(world.account.pk, "lead@acme.example", "ops@acme.example"))
    backend = "django.core.mail.backends.smtp.EmailBackend"
    with smtp_server(Answers(others={"lead@acme.example": "550 no such user"})) as server:
        where = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": server.port, "EMAIL_HOST_USER": "", "EMAIL_USE_TLS": False}
        with override_settings(EMAIL_BACKEND=backend, MAIL_CAN_BE_SENT=True, **where):
            delivery = sent(delivery)
    words = "The mail server took it. Refused by the mail server: lead@acme.example (550)."
    assert (delivery.status, delivery.last_answer) == ("delivered", words)
    assert delivery.attempts.get().answer == words
    assert len(server.mails) == 1
    assert "delivery_tried" in caplog.text
    assert "lead@acme.example" not in caplog.text


@pytest.mark.parametrize("change", [{"is_active": False}, {"email_notifications": False}])
def test_a_user_who_takes_no_mails_any_more_gets_none(world: World, change: dict[str, bool]) -> None:
    personal = told(world.engineer)
    type(world.engineer).objects.filter(pk=world.engineer.pk).update(**change)
    assert sent(personal).status == "cancelled"
    assert mail.outbox == []


@pytest.fixture
def slack(world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Receiver:
    """Slack's API, and a channel of the account whose bot may write to people."""
    from alerts.actions import sending_out
    from alerts.sending.slack import Slack

    monkeypatch.setattr(sending_out, "SENDERS", {"slack": Slack(receiver.url)})
    secrets = {"token": "xoxb-0123456789-abcdef"}
    values = {"name": "Ops", "kind": "slack", "config": {"channel": "#ops"}, "secrets": secrets}
    create_channel(world.account.pk, values=values, by=SYSTEM)
    type(world.engineer).objects.filter(pk=world.engineer.pk).update(slack_integration=True)
    return receiver


def test_a_user_is_told_at_slack_by_the_bot_of_a_channel(world: World, slack: Receiver) -> None:
    slack.replies[:] = [Reply.of({"ok": True, "user": {"id": "U0123456789"}}), Reply.of({"ok": True})]
    assert sent(told(world.engineer, medium="slack")).status == "delivered"
    lookup, message = slack.asked
    assert (lookup.path, lookup.body) == ("/hook/users.lookupByEmail", b"email=bob%40acme.example")
    assert (message.path, message.json()["channel"]) == ("/hook/chat.postMessage", "U0123456789")


def test_whom_slack_does_not_know_is_not_told_there(world: World, slack: Receiver) -> None:
    slack.replies[:] = [Reply.of({"ok": False, "error": "users_not_found"})]
    delivery = sent(told(world.engineer, medium="slack"))
    assert (delivery.status, len(slack.asked)) == ("dead", 1)
    assert sent(told(world.owner, medium="slack")).status == "cancelled"  # has not asked for it
    Channel.objects.update(is_enabled=False)
    assert "not there" in sent(told(world.engineer, medium="slack")).last_answer


def test_a_server_without_mail_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "MAIL_CAN_BE_SENT", False)
    delivery = sent(told(world.engineer))
    assert delivery.status == "dead"
    assert "EMAIL_URL" in delivery.last_answer


def test_a_job_about_nothing_does_nothing(world: World) -> None:
    delivering.deliver(world.account.pk, uuid4())
    delivering.deliver(world.other_account.pk, told(world.engineer).pk)
    assert mail.outbox == []
