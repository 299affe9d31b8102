"""What keeps deliveries going: lost jobs, disabled channels, former keys, old rows."""

import json
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from alerts.actions import delivery_upkeep
from alerts.actions.channels import change_channel, rotate_secret
from alerts.actions.claiming import claim_delivery
from alerts.models import Attempt, Channel, Delivery
from alerts.tasks import remove_old_deliveries, sweep_deliveries
from tests.accounts.mailbox import forget_jobs, jobs, work
from tests.alerts.deliveries.told import SYSTEM, mailing_list, sent, told, webhook
from tests.alerts.receiver import Receiver, Reply
from tests.conftest import World

SECOND = timedelta(seconds=1)


def test_a_delivery_whose_job_was_lost_gets_another_and_one_alone(world: World, receiver: Receiver) -> None:
    delivery = told(webhook(world.account.pk, receiver.url))
    assert delivery_upkeep.sweep_deliveries() == 0  # its job waits
    forget_jobs()
    assert delivery_upkeep.sweep_deliveries() == 1
    assert delivery_upkeep.sweep_deliveries() == 0
    assert len(jobs("alerts.tasks.deliver")) == 1
    work()
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_a_delivery_whose_worker_ended_is_sent_once_its_lease_is_over(world: World, receiver: Receiver) -> None:
    delivery = told(webhook(world.account.pk, receiver.url))
    assert claim_delivery(world.account.pk, delivery.pk) is not None
    ProcrastinateJob.objects.all()  # the job was with the worker
    forget_jobs()
    assert delivery_upkeep.sweep_deliveries() == 0
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(leased_until=now - SECOND, next_try_at=now - SECOND)
    sweep_deliveries(0)
    work()
    delivery.refresh_from_db()
    assert delivery.status == "delivered"


def test_what_rests_or_waits_for_a_disabled_channel_is_left_alone(world: World, receiver: Receiver) -> None:
    resting, disabled = webhook(world.account.pk, receiver.url), webhook(world.account.pk, receiver.url)
    told(resting)
    told(disabled)
    Channel.objects.filter(pk=resting.pk).update(resting_until=timezone.now() + timedelta(minutes=1))
    Channel.objects.filter(pk=disabled.pk).update(is_enabled=False)
    forget_jobs()
    assert delivery_upkeep.sweep_deliveries() == 0


def test_an_enabled_channel_gets_what_has_waited_for_it(world: World, receiver: Receiver) -> None:
    channel = webhook(world.account.pk, receiver.url)
    receiver.replies[:] = [Reply(500), Reply(200)]
    tried, fresh = sent(told(channel)), told(channel)
    later = told(channel, next_try_at=timezone.now() + timedelta(hours=7))
    change_channel(world.account.pk, channel.pk, values={"is_enabled": False}, by=SYSTEM)
    assert sent(fresh).status == "pending"
    Delivery.objects.filter(pk=tried.pk).update(due_at=timezone.now() - timedelta(days=3))
    forget_jobs()
    change_channel(world.account.pk, channel.pk, values={"is_enabled": True}, by=SYSTEM)
    channel.refresh_from_db()
    assert (channel.failing_since, channel.resting_until, channel.disabled_reason) == (None, None, "")
    work()
    assert {one.pk: one.status for one in Delivery.objects.all()} == {
        tried.pk: "delivered",
        fresh.pk: "delivered",
        later.pk: "pending",
    }


def test_what_has_waited_a_week_for_a_disabled_channel_is_cancelled(world: World) -> None:
    channel = mailing_list(world.account.pk, "ops@acme.example")
    old, young = told(channel), told(channel)
    Channel.objects.filter(pk=channel.pk).update(is_enabled=False)
    Delivery.objects.filter(pk=old.pk).update(due_at=timezone.now() - delivery_upkeep.HELD)
    assert delivery_upkeep.cancel_held_too_long() == 1
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.status, young.status) == ("cancelled", "pending")
    assert "disabled" in old.last_answer


def test_a_former_key_is_forgotten_once_it_signs_no_more(world: World, receiver: Receiver) -> None:
    channel = webhook(world.account.pk, receiver.url)
    made = rotate_secret(world.account.pk, channel.pk, overlap=timedelta(hours=1), by=SYSTEM)
    assert delivery_upkeep.forget_former_secrets() == 0
    channel.refresh_from_db()
    before = json.loads(channel.secrets)["signingSecrets"]
    assert len(before) == 2
    ended = (timezone.now() - SECOND).isoformat()
    channel.secrets = json.dumps({"url": receiver.url, "signingSecrets": [before[0], {**before[1], "until": ended}]})
    channel.previous_secret_until = timezone.now() - SECOND
    channel.save()
    assert delivery_upkeep.forget_former_secrets() == 1
    channel.refresh_from_db()
    assert json.loads(channel.secrets)["signingSecrets"] == [{"secret": made.signing_secret}]
    assert channel.previous_secret_until is None


def test_where_nothing_is_old_nothing_goes(world: World, receiver: Receiver) -> None:
    sent(told(webhook(world.account.pk, receiver.url)))
    remove_old_deliveries(0)
    assert Delivery.objects.count() == 1


def test_old_deliveries_go_with_their_attempts_and_young_and_pending_ones_stay(
    world: World, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DELIVERIES_KEPT_DAYS", 30)
    monkeypatch.setattr(delivery_upkeep, "REMOVED_AT_ONCE", 2)
    channel = webhook(world.account.pk, receiver.url)
    old = [sent(told(channel)).pk for _ in range(5)]
    young, pending = sent(told(channel)), told(channel)
    Delivery.objects.filter(pk__in=old).update(finished_at=timezone.now() - timedelta(days=31))
    remove_old_deliveries(0)
    assert set(Delivery.objects.values_list("pk", flat=True)) == {young.pk, pending.pk}
    assert list(Attempt.objects.values_list("delivery_id", flat=True)) == [young.pk]
