"""What importers of other tools got wrong: each of these was once somebody's bug."""

import dataclasses
import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.db.models import signals

from audit.actors import Actor
from drifts.actions.ingest import Ingested, Submission, ingest_scan
from drifts.models import Drift, Scan, Stack
from driftsentry.realtime.events import Entry, render
from tests.drifts.ingest.plans import changed
from tests.drifts.scans import (
    SSH,
    TLS,
    WEB,
    alerts,
    clean,
    drifted,
    facts,
    ingest,
    instance,
    open_group,
    spelt_otherwise,
)

AT_ONCE = 8


def at_once(world: Any, bodies: list[bytes]) -> list[Ingested]:
    """Send all of them at the same time, each on a connection of its own."""

    def send(body: bytes) -> Ingested:
        try:
            return ingest(world, body)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(send, bodies))


def test_an_upgrade_of_the_tool_creates_nothing_anew(world: Any) -> None:
    ingest(world, drifted(instance(), open_group(), terraform_version="1.5.7", format_version="1.1"))
    before = {drift.pk for drift in Drift.objects.all()}
    scan = ingest(world, drifted(instance(), open_group(), terraform_version="1.13.0", format_version="1.2")).scan
    assert (scan.drifts_new, scan.drifts_recurring, scan.tool_version) == (0, 2, "1.13.0")
    assert {drift.pk for drift in Drift.objects.all()} == before


def test_another_provider_address_creates_nothing_anew(world: Any) -> None:
    ingest(world, drifted(instance()))
    scan = ingest(world, drifted(instance(provider_name="registry.opentofu.org/hashicorp/aws"))).scan
    assert (scan.drifts_new, scan.drifts_recurring) == (0, 1)


def test_words_of_our_own_are_no_part_of_what_makes_a_drift_the_same(world: Any) -> None:
    ingest(world, drifted(open_group()))
    Drift.objects.update(severity="low", severity_reason="Judged by an older rule.")
    scan = ingest(world, spelt_otherwise(drifted(open_group()))).scan
    assert (scan.drifts_new, scan.drifts_recurring) == (0, 1)


def test_importing_the_same_file_again_does_not_close_what_it_has_just_opened(world: Any) -> None:
    body = drifted(instance(), open_group())
    for again in (body, body, spelt_otherwise(body), body):
        ingest(world, again)
    assert {drift.status for drift in Drift.objects.all()} == {"detected"}
    assert (Drift.objects.count(), len(facts(world, "drift."))) == (2, 2)


def test_the_same_body_sent_many_times_at_once_is_one_scan(world: Any) -> None:
    found = at_once(world, [drifted(instance(), open_group())] * AT_ONCE)
    assert sorted(one.created for one in found) == [False] * (AT_ONCE - 1) + [True]
    assert len({one.scan.pk for one in found}) == 1
    assert (Scan.objects.count(), Drift.objects.count(), Stack.objects.count(), len(alerts())) == (1, 2, 1, 1)
    assert len(facts(world, "drift.created")) == 2


def test_many_bodies_of_one_stack_at_once_create_nothing_twice(world: Any) -> None:
    bodies = [drifted(instance(), open_group(), clean=(f"aws_vpc.v{number}",)) for number in range(AT_ONCE)]
    found = at_once(world, bodies)
    assert {one.created for one in found} == {True}
    assert (Scan.objects.count(), Drift.objects.count(), Stack.objects.count(), len(alerts())) == (AT_ONCE, 2, 1, 1)
    assert sum(scan.drifts_new for scan in Scan.objects.all()) == 2
    assert {drift.occurrences for drift in Drift.objects.all()} == {AT_ONCE}
    assert {scan.status for scan in Scan.objects.all()} == {"succeeded"}


def test_names_that_read_alike_when_joined_are_different_resources(world: Any) -> None:
    alike = ['aws_instance.web["a|b"]', 'aws_instance.web["a"]', 'aws_instance.web["a:b"]', "aws_instance.web"]
    ingest(world, drifted(*(instance(address) for address in alike)))
    assert len({bytes(drift.fingerprint) for drift in Drift.objects.all()}) == len(alike)


def test_the_stack_and_the_address_do_not_run_into_each_other(world: Any) -> None:
    ingest(world, drifted(instance("module.a.aws_instance.web")), stack="prod")
    ingest(world, drifted(instance("aws_instance.web")), stack="prodmodule.a.")
    assert len({bytes(drift.fingerprint) for drift in Drift.objects.all()}) == 2


def test_a_deposed_object_is_not_the_current_one(world: Any) -> None:
    ingest(world, drifted(instance(), instance(deposed="a1b2c3d4")))
    assert Drift.objects.count() == 2


def test_a_resource_named_twice_in_one_plan_is_one_drift(world: Any) -> None:
    scan = ingest(world, drifted(instance(), instance(size="m5.large"))).scan
    assert (scan.drifts_new, Drift.objects.count()) == (1, 1)


def test_the_order_in_which_a_tool_lists_things_is_nothing_new(world: Any) -> None:
    ingest(world, drifted(instance(), open_group()))
    before = {"id": "sg-1", "ingress": [TLS]}
    turned = changed("aws_security_group.door", before=before, after={"ingress": [SSH, TLS], "id": "sg-1"})
    scan = ingest(world, drifted(turned, instance())).scan
    assert (scan.drifts_new, scan.drifts_recurring, scan.drifts_changed) == (0, 2, 0)


BODIES = {
    "drifted": drifted(instance(), open_group()),
    "worse": drifted(instance(size="m5.4xlarge"), open_group()),
    "clean": clean(WEB, "aws_security_group.door"),
    "partial": drifted(instance(), complete=False),
}


@pytest.mark.parametrize("order", list(itertools.permutations(BODIES)), ids="-".join)
def test_whatever_the_order_of_scans_at_most_one_drift_of_a_resource_is_open(
    world: Any, order: tuple[str, ...]
) -> None:
    for name in order:
        scan = ingest(world, BODIES[name]).scan
        assert scan.status == "succeeded"
        opened = [bytes(drift.fingerprint) for drift in Drift.objects.all().open()]
        assert len(opened) == len(set(opened))
        shown = json.loads(BODIES[name])["resource_drift"]
        assert set(Drift.objects.all().open().values_list("address", flat=True)) >= {one["address"] for one in shown}
    told = {fact.data["id"] for fact in facts(world, "drift.created")}
    assert told == {str(drift.pk) for drift in Drift.objects.all()}


def test_an_import_answers_with_names_and_not_with_a_row_of_values() -> None:
    assert not issubclass(Ingested, tuple)
    assert [field.name for field in dataclasses.fields(Ingested)] == ["scan", "created"]


def test_where_a_drift_stands_is_one_column_and_not_a_handful_of_booleans() -> None:
    switches = {field.name for field in Drift._meta.get_fields() if isinstance(field, models.BooleanField)}
    assert switches <= {"is_flapping"}, "what a drift is like may be a switch; where it stands is its status"
    assert {choice for choice, _ in Drift.Statuses.choices} == {one.value for one in Drift.Statuses}


CHANGING = ("pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed")


@pytest.mark.parametrize("name", CHANGING)
def test_nothing_that_is_told_hangs_on_a_models_signal(name: str) -> None:
    signal: Any = getattr(signals, name)
    ours = [model for app in apps.get_app_configs() if not app.name.startswith("django") for model in app.get_models()]
    assert {model.__name__: signal.has_listeners(model) for model in ours} == {model.__name__: False for model in ours}


def test_an_import_without_a_request_is_in_the_journal_like_any_other(world: Any) -> None:
    body = drifted(instance(), open_group())
    ingest_scan(world.account.pk, body, Submission(stack="nightly"), by=Actor.system("scheduler"))
    told = facts(world)
    assert [one.kind for one in told if one.kind.startswith("drift.")] == ["drift.created", "drift.created"]
    assert {one.kind for one in told} >= {"scan.started", "scan.completed", "alert.created"}


def test_what_an_import_tells_outlives_a_process_that_ends_right_after(
    world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "on_commit", lambda *_, **__: None)
    ingest(world, drifted(instance(), open_group()))
    told = [Entry(one.seq, one.at, one.kind, one.data) for one in facts(world)]
    sent = [event.text(0) for one in told if (event := render(one)) is not None]
    assert len([text for text in sent if '"event":"drift:created"' in text]) == Drift.objects.count() == 2
    assert len(alerts()) == 1
