"""Jobs go into the queue by the transaction that is their cause, in a worker as elsewhere."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params

from driftsentry.api.jobs import Errand, defer_all, job

ROOT = Path(__file__).parents[2]
APPS = ("accounts", "alerts", "audit", "costs", "drifts", "driftsentry")


@pytest.mark.django_db(transaction=True)
def test_a_job_that_a_worker_asks_for_goes_with_its_transaction() -> None:
    jobs = ProcrastinateJob.objects.filter(args={"account_id": "a", "scan_id": "b"})
    with app.replace_connector(DjangoConnector().get_worker_connector()):
        with transaction.atomic():
            job("drifts.tasks.run_scan").defer(account_id="a", scan_id="b")
            assert jobs.count() == 1
            transaction.set_rollback(True)
        assert jobs.count() == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "ask",
    [
        lambda: job("drifts.tasks.run_scan").defer(account_id="a", scan_id="b"),
        lambda: defer_all("drifts.tasks.run_scan", [Errand(args={}, queueing_lock="a")]),
    ],
    ids=["one", "many"],
)
def test_a_database_that_goes_away_is_told_as_such(ask: Callable[[], object]) -> None:
    with pytest.raises(OperationalError, match="terminating connection"), transaction.atomic():
        lose_the_session_before(ask)


def lose_the_session_before(ask: Callable[[], object]) -> None:
    with psycopg.connect(**connector_params()) as other, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        other.execute("SELECT pg_terminate_backend(%s, 5000)", cursor.fetchone())
    ask()


def test_nothing_else_puts_jobs_in_the_queue() -> None:
    for path in (file for name in APPS for file in (ROOT / name).rglob("*.py")):
        text = path.read_text()
        assert "app.configure_task" not in text, path
        assert ".defer_async(" not in text, path
