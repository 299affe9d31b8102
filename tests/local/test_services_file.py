"""`run/services.json`: what runs, for a command in a second terminal."""

from pathlib import Path

import pytest

from driftsentry import conf
from driftsentry.local.services import Services, data_dir, read_services, remove_services, services_file, write_services

RUNNING = Services(
    database_url="postgres://driftsentry:one@127.0.0.1:5555/driftsentry",
    redis_url="redis://:two@127.0.0.1:6666/0",
    pids={"postgres": 11, "redis": 12},
    port=8000,
)


def test_what_is_written_is_read_again(folder: Path) -> None:
    write_services(folder, RUNNING)
    assert read_services(folder) == RUNNING


def test_only_its_owner_may_read_the_passwords_in_it(folder: Path) -> None:
    write_services(folder, RUNNING)
    assert services_file(folder).stat().st_mode & 0o777 == 0o600
    assert services_file(folder).parent.stat().st_mode & 0o777 == 0o700


def test_writing_again_replaces_it_and_leaves_nothing_else(folder: Path) -> None:
    write_services(folder, RUNNING)
    later = Services(database_url="postgres://u:p@127.0.0.1:1/d", redis_url=None)
    write_services(folder, later)
    assert read_services(folder) == later
    assert [path.name for path in (folder / "run").iterdir()] == ["services.json"]


def test_a_write_that_was_cut_off_does_not_block_the_next(folder: Path) -> None:
    write_services(folder, RUNNING)
    services_file(folder).with_suffix(".partial").write_text("{")
    write_services(folder, RUNNING)
    assert read_services(folder) == RUNNING


def test_removing_it_twice_is_no_error(folder: Path) -> None:
    write_services(folder, RUNNING)
    remove_services(folder)
    remove_services(folder)
    assert read_services(folder) is None


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "null", "{}", '{"database_url": "x", "redis_url": null, "pids": [], "port": 1}']
)
def test_a_file_that_says_nothing_sensible_names_no_services(folder: Path, content: str) -> None:
    services_file(folder).parent.mkdir(parents=True)
    services_file(folder).write_text(content)
    assert read_services(folder) is None
    assert conf.local_service(folder, "database_url") in {"", "x"}


def test_the_settings_find_the_same_addresses_in_it(folder: Path) -> None:
    write_services(folder, RUNNING)
    assert conf.local_service(folder, "database_url") == RUNNING.database_url
    assert conf.local_service(folder, "redis_url") == RUNNING.redis_url
    remove_services(folder)
    assert conf.local_service(folder, "database_url") == ""


def test_no_redis_reads_as_an_empty_address(folder: Path) -> None:
    write_services(folder, Services(database_url="postgres://u:p@127.0.0.1:1/d", redis_url=None))
    assert conf.local_service(folder, "redis_url") == ""


def test_the_data_folder_is_the_one_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DRIFTSENTRY_DATA_DIR", str(tmp_path / "here"))
    assert data_dir() == tmp_path / "here"
