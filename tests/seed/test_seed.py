"""`manage.py seed`: exactly what the README promises, once, through the real actions."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings
from rest_framework.test import APIClient

from accounts.models import Account, User
from alerts.models import Alert
from audit.models import AuditHead, AuditLog
from audit.verification import verify
from costs.models import CostMetric
from drifts.actions.report import report_drift
from drifts.models import Drift, Scan
from drifts.transitions import Status
from driftsentry.seed import demo_plan, drifts
from driftsentry.seed.people import PEOPLE


def seed(**options: Any) -> str:
    out = StringIO()
    call_command("seed", **options, stdout=out)
    return out.getvalue()


def contents() -> dict[str, list[Any]]:
    """Every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t ORDER BY 1")  # noqa: S608
            found[table] = cursor.fetchall()
    return found


@pytest.fixture
def seeded(transactional_db: None) -> Account:
    seed()
    return Account.objects.get()


def test_three_people_can_log_in(seeded: Account) -> None:
    assert sorted(User.objects.values_list("email", "role")) == [
        ("admin@driftsentry.local", "admin"),
        ("engineer@driftsentry.local", "engineer"),
        ("viewer@driftsentry.local", "viewer"),
    ]
    for email, password in (
        ("admin@driftsentry.local", "admin123"),
        ("engineer@driftsentry.local", "engineer123"),
        ("viewer@driftsentry.local", "viewer123"),
    ):
        body = {"email": email, "password": password}
        answer = APIClient().post("/api/v1/auth/login", body, format="json")
        assert (answer.status_code, answer.json()["data"]["user"]["email"]) == (200, email)


def test_five_drifts_show_every_severity_and_state(seeded: Account) -> None:
    found = Drift.objects.all()
    assert found.count() == 5
    assert {drift.severity for drift in found} == {"critical", "high", "medium", "low"}
    assert {drift.status for drift in found} == {status.value for status in Status}
    assert {drift.account for drift in found} == {seeded}


def test_three_alerts_and_three_cost_metrics_belong_to_them(seeded: Account) -> None:
    known = set(Drift.objects.values_list("pk", flat=True))
    assert Alert.objects.count() == 3
    assert {alert.drift_id for alert in Alert.objects.all()} <= known
    assert CostMetric.objects.count() == 3
    assert {metric.drift_id for metric in CostMetric.objects.all()} <= known


def test_the_journal_tells_of_each_and_verifies(seeded: Account) -> None:
    entries = AuditLog.objects.filter(kind__startswith="drift.")
    assert entries.count() >= 4
    assert {entry.drift_id for entry in entries} == set(Drift.objects.values_list("pk", flat=True))
    decided = entries.filter(kind__in=["drift.triaged", "drift.approved", "drift.rejected", "drift.resolved"])
    engineer = User.objects.get(role="engineer")
    assert {entry.actor_id for entry in decided} == {engineer.pk}
    assert verify(seeded.pk).valid


def test_it_prints_who_can_log_in(transactional_db: None) -> None:
    printed = seed()
    for email, password, _, role in PEOPLE:
        assert all(word in printed for word in (email, password, role.value))


@pytest.mark.parametrize("demo", [False, True])
def test_a_second_run_changes_nothing_at_all(transactional_db: None, demo: bool) -> None:
    seed(demo=demo)
    before = contents()
    assert seed(demo=demo)
    assert contents() == before


@pytest.mark.parametrize("step", range(5))
def test_an_interrupted_run_is_finished_by_the_next(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    left = iter(range(step))

    def interrupted(*args: Any, **kwargs: Any) -> Drift:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return report_drift(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(drifts, "report_drift", interrupted)
        with pytest.raises(KeyboardInterrupt):
            seed()
    assert Drift.objects.count() == step
    seed()
    assert (Drift.objects.count(), Alert.objects.count(), CostMetric.objects.count()) == (5, 3, 3)
    assert {drift.status for drift in Drift.objects.all()} == {status.value for status in Status}


def test_the_demo_adds_a_month_of_a_service_through_the_real_pipeline(transactional_db: None) -> None:
    seed(demo=True)
    scans = Scan.objects.all()
    assert scans.count() == len(demo_plan.DAYS)
    assert {(scan.status, scan.format) for scan in scans} == {("succeeded", "terraform-plan")}
    assert all(35 <= scan.resources_checked <= 60 for scan in scans)
    story = Drift.objects.filter(stack__name="payments-prod")
    assert story.count() >= 8
    assert story.filter(resolved_how="reconciled").exists()
    days = {metric.date for metric in CostMetric.objects.all()}
    assert len(days) >= 4
    assert (max(days) - min(days)).days >= 25
    assert User.objects.count() == 3
    assert verify(AuditHead.objects.get().account_id).valid


def test_outside_development_it_needs_force(transactional_db: None, settings: Settings) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="--force"):
        seed()
    assert not User.objects.exists()
    assert not Account.objects.exists()
    seed(force=True)
    assert (User.objects.count(), Drift.objects.count()) == (3, 5)
