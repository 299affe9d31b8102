"""Any fixture again, in any order, from many clients at once: nothing changes after the first."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from alerts.models import Alert
from audit.models import AuditLog
from drifts.models import Drift, Scan
from tests.drifts.ingest.cases import READ, Case
from tests.drifts.scans import ingest

AT_ONCE = 8
CHOSEN = (
    "terraform-plan/set_with_one_more.json",
    "terraform-plan/deposed_object.json",
    "terraform-plan/several_plans.jsonl",
    "terraform-plan/masks_that_disagree.json",
    "driftctl/all_kinds.json",
    "cloudformation/removed_property.json",
    "cloudformation/two_stacks.json",
)


def chosen() -> list[Case]:
    """The fixtures above, and the first that shows a drift of each other format."""
    by_format = {case.folder: case for case in reversed(READ) if case.drifts and case.mode == "drift"}
    named = {case.name: case for case in READ}
    covered = {name.partition("/")[0] for name in CHOSEN}
    others = [case for folder, case in sorted(by_format.items()) if folder not in covered]
    return [*(named[name] for name in CHOSEN), *others]


def everything() -> dict[str, list[Any]]:
    """All that ingest writes."""
    drifts = Drift.objects.order_by("id").values("id", "status", "fingerprint", "difference_digest", "severity")
    return {
        "drifts": [(*row.values(),) for row in drifts],
        "seen": list(Drift.objects.order_by("id").values_list("occurrences", "last_seen_at")),
        "scans": list(Scan.objects.order_by("id").values_list("id", "status", "drifts_new", "updated_at")),
        "alerts": list(Alert.objects.order_by("id").values_list("id", "title", "read_at")),
        "journal": list(AuditLog.objects.order_by("seq").values_list("seq", "kind")),
    }


def in_other_bytes(case: Case) -> bytes:
    """The same content, and a blank more."""
    return case.body + b"\n"


def from_many(world: Any, cases: list[Case], *, body: Any) -> None:
    """Send all fixtures from many clients at once, each in an order of its own, each fixture to its own stack."""

    def send(client: int) -> None:
        try:
            turned = cases[client % len(cases) :] + cases[: client % len(cases)]
            for case in turned if client % 2 else reversed(turned):
                ingest(world, body(case), stack=case.name)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(send, range(AT_ONCE)))


def test_nothing_changes_after_the_first(world: Any) -> None:
    cases = chosen()
    for case in cases:
        ingest(world, case.body, stack=case.name)
    first = everything()
    assert len(first["drifts"]) == sum(len(case.drifts) for case in cases)
    from_many(world, cases, body=lambda case: case.body)
    assert everything() == first
    from_many(world, cases, body=in_other_bytes)
    again = everything()
    assert again["drifts"] == first["drifts"]
    assert again["alerts"] == first["alerts"]
    told = [kind for _, kind in again["journal"][len(first["journal"]) :]]
    assert [kind for kind in told if not kind.startswith("scan.")] == []
    assert len(again["scans"]) == 2 * len(first["scans"])


@pytest.mark.parametrize("case", [case for case in READ if case.drifts], ids=lambda case: case.name)
def test_reading_a_fixture_again_says_the_same(case: Case) -> None:
    one, other = case.found(), case.found()
    assert one == other
    assert json.dumps([o.difference for o in one.observations]) == json.dumps(
        [o.difference for o in other.observations]
    )
