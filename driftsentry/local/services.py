"""`run/services.json`: which services run on a data folder, for every command in a second terminal."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from driftsentry import conf

BASE_DIR = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True, slots=True)
class Services:
    """The addresses of what runs on a data folder.

    Attributes:
        database_url: PostgreSQL's address, with its password.
        redis_url: Redis's address, with its password; None where no Redis was found.
        pids: Process ids of everything `up` started, by name.
        port: The port of the web server, or None before it serves.
    """

    database_url: str
    redis_url: str | None
    pids: Mapping[str, int] = field(default_factory=dict)
    port: int | None = None


def data_dir() -> Path:
    """The data folder of this checkout, or the one named by `DRIFTSENTRY_DATA_DIR`."""
    return conf.data_dir(BASE_DIR)


def services_file(folder: Path) -> Path:
    """Where a data folder names its running services."""
    return folder / "run" / "services.json"


def read_services(folder: Path) -> Services | None:
    """Read which services run on a data folder.

    Args:
        folder: The data folder.

    Returns:
        The services, or None where none are named or the file cannot be read.
    """
    try:
        found = json.loads(services_file(folder).read_text())
        return Services(
            database_url=str(found["database_url"]),
            redis_url=found["redis_url"],
            pids={str(name): int(pid) for name, pid in found["pids"].items()},
            port=found["port"],
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_services(folder: Path, services: Services) -> None:
    """Name the running services, for their owner's eyes only, in one step.

    Args:
        folder: The data folder.
        services: What runs.
    """
    path = services_file(folder)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(services), file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def remove_services(folder: Path) -> None:
    """Say that no services run on a data folder any more."""
    services_file(folder).unlink(missing_ok=True)
