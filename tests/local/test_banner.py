"""What a person reads once everything runs."""

from dataclasses import replace
from pathlib import Path

from driftsentry.local.banner import Facts, banner
from driftsentry.local.services import BASE_DIR

DEMO = Facts(
    address="http://127.0.0.1:8001",
    database="embedded PostgreSQL in /data/postgres",
    redis="redis-server, started here",
    folder=BASE_DIR / ".driftsentry",
    demo=True,
)


def test_it_names_every_address_a_person_may_open() -> None:
    text = banner(DEMO)
    for path in ("/admin/", "/api/docs/", "/api/v1/", "/health"):
        assert f" http://127.0.0.1:8001{path}\n" in text
    assert " ws://127.0.0.1:8001/ws\n" in text


def test_it_says_what_runs_where() -> None:
    text = banner(DEMO)
    assert "Database   embedded PostgreSQL in /data/postgres" in text
    assert "Live via   redis-server, started here" in text
    assert f"Logs       {DEMO.folder / 'logs'}" in text


def test_with_the_demo_it_shows_three_log_ins_and_uses_one() -> None:
    text = banner(DEMO)
    for email, password in (("admin", "admin123"), ("engineer", "engineer123"), ("viewer", "viewer123")):
        assert any(f"{email}@driftsentry.local" in line and password in line for line in text.splitlines())
    assert '"email": "engineer@driftsentry.local", "password": "engineer123"' in text
    assert "createsuperuser" not in text


def test_without_the_demo_it_shows_no_password_and_how_to_make_the_first_administrator() -> None:
    text = banner(replace(DEMO, demo=False))
    assert "admin123" not in text
    assert ".venv/bin/python manage.py createsuperuser" in text


def test_a_second_terminal_is_told_of_an_unusual_data_folder() -> None:
    assert "DRIFTSENTRY_DATA_DIR" not in banner(DEMO)
    assert "export DRIFTSENTRY_DATA_DIR='/data/of mine'\n" in banner(replace(DEMO, folder=Path("/data/of mine")))
