"""`python -m driftsentry.local.run COMMAND ARGUMENTS`: run a command with throwaway services, then remove them."""

import signal
import subprocess
import sys
import tempfile

from driftsentry.local.errors import LocalServiceError
from driftsentry.local.running import throwaway
from driftsentry.local.supervisor import StopRequested, turn_signals_into_requests


def main(command: list[str]) -> int:
    """Run a command with `DATABASE_URL` and `REDIS_URL` set, on an empty database unless the environment names one.

    Args:
        command: The program and its arguments.

    Returns:
        The command's exit status.
    """
    if not command:
        sys.stderr.write("usage: python -m driftsentry.local.run COMMAND [ARGUMENT…]\n")
        return 2
    try:
        with throwaway(redis_required=False) as running, tempfile.TemporaryDirectory(prefix="driftsentry-") as data:
            environment = running.environment()
            environment.setdefault("DRIFTSENTRY_DATA_DIR", data)
            return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - what the caller asked
    except LocalServiceError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except StopRequested as request:
        return 128 + signal.Signals[str(request)]


if __name__ == "__main__":
    turn_signals_into_requests()
    sys.exit(main(sys.argv[1:]))
