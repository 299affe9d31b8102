"""Which user runs PostgreSQL, and where that user can reach.

PostgreSQL refuses to run as root. As root we start it as another user; but a clone may sit in a folder that only root
may enter (`mktemp -d` makes those, `/root` is one), where no other user reaches the database's files or even its
program. Then both go to a place of root's that others may pass through, and the data folder keeps a link to it. This
needs nothing but the right to change users, which every root has; ambient capabilities, user namespaces and bind
mounts, the alternatives, are each missing in some container, and the first would let the database read every file of
the machine.
"""

import os
import pwd
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from driftsentry.local.errors import LocalServiceError

UNPRIVILEGED_USERS = ("postgres", "nobody", "daemon")
TRAVERSABLE_PLACES = (Path("/var/lib/driftsentry"), Path("/var/tmp/driftsentry"), Path("/opt/driftsentry"))  # noqa: S108


class PopenArguments(TypedDict, total=False):
    """What makes `subprocess` become another user; nothing of it where we stay who we are."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class RunAs:
    """Another user to run a program as.

    Attributes:
        name: The user's name.
        uid: Its number.
        gid: Its group's number.
    """

    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> PopenArguments:
        """Arguments for `subprocess.Popen` and `run`."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_enter(self, path: Path) -> bool:
        """Whether this user may enter a folder, or run a program, through all folders above it."""
        return self._test("-x", path)

    def can_write(self, path: Path) -> bool:
        """Whether this user may write to a folder."""
        return self._test("-w", path)

    def _test(self, flag: str, path: Path) -> bool:
        command = ["/bin/sh", "-c", f'test {flag} "$1"', "sh", str(path)]
        result = subprocess.run(  # noqa: S603 - the path is an argument, never part of the script
            command, cwd="/", check=False, capture_output=True, **self.popen_arguments()
        )
        return result.returncode == 0


def database_user() -> RunAs | None:
    """The user PostgreSQL must run as: None for ourselves, another one when we are root.

    Raises:
        LocalServiceError: We are root and the machine has no unprivileged user.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return RunAs(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LocalServiceError(
        "PostgreSQL does not run as root, and there is no user to run it as "
        f"(looked for {', '.join(UNPRIVILEGED_USERS)}). Add one, run as an ordinary user, or set DATABASE_URL."
    )


def traversable_place(user: RunAs) -> Path:
    """A folder of root's that a user may pass through, for what it cannot reach in the data folder.

    Args:
        user: Who must reach it.

    Raises:
        LocalServiceError: There is none.
    """
    for place in TRAVERSABLE_PLACES:
        try:
            place.mkdir(mode=0o755, exist_ok=True)
        except OSError:
            continue
        if _ours_alone(place) and user.can_enter(place):
            return place
    place = Path(tempfile.mkdtemp(prefix="driftsentry-", dir="/tmp"))
    place.chmod(0o755)
    if user.can_enter(place):
        return place
    raise LocalServiceError(
        f"No folder on this machine can be reached by the user {user.name}, who must run PostgreSQL. "
        "Set DRIFTSENTRY_DATA_DIR to one, run as an ordinary user, or set DATABASE_URL."
    )


def _ours_alone(place: Path) -> bool:
    status = place.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == 0 and not status.st_mode & 0o022
