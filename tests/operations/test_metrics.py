"""The numbers that Prometheus scrapes."""

from typing import Any

import pytest
from django.test import Client

from audit import journal
from audit.facts import REGISTRY
from drifts.facts import DriftCommented


def sample(page: str, name: str) -> float:
    """One number of the page."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"{name} ")]
    return float(line.rsplit(" ", 1)[1])


def page(client: Client) -> str:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return answer.text


@pytest.mark.django_db
def test_they_are_open_to_the_scraper_and_hold_djangos_ours_and_the_process(client: Client) -> None:
    found = page(client)
    for name in (
        "django_http_responses_total_by_status_total",
        "driftsentry_journal_entries_total",
        "process_start_time_seconds",
    ):
        assert name in found


@pytest.mark.django_db
def test_every_kind_of_entry_shows_before_it_happens(client: Client) -> None:
    found = page(client)
    for kind, _ in REGISTRY:
        assert f'driftsentry_journal_entries_total{{kind="{kind}"}}' in found


def test_entries_are_counted_once_they_are_committed(world: Any, client: Client) -> None:
    name = 'driftsentry_journal_entries_total{kind="drift.commented"}'
    before = sample(page(client), name)
    with journal.writing(world.account.pk, by=world.actor(world.engineer)) as w:
        w.record(DriftCommented(text="looking"))
        assert sample(page(client), name) == before
    assert sample(page(client), name) == before + 1


@pytest.mark.django_db
def test_they_are_only_read(client: Client) -> None:
    assert client.post("/metrics").status_code == 405
