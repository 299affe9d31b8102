"""Minutes of odd bodies for every parser: `make fuzz`, or `make fuzz ARGS="--minutes 30 --format driftctl"`."""

from __future__ import annotations

import argparse
import sys
import time

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from drifts.ingest.formats.base import Mode
from drifts.ingest.formats.registry import FORMATS
from tests.fuzz.bodies import bodies
from tests.fuzz.held import hold

MINUTES = 5.0
MAX_MINUTES = 24 * 60.0
ROUND = 500
"""Bodies between two looks at the clock."""


def fuzz(name: str, seconds: float) -> tuple[int, int]:
    """Ask one parser to read odd bodies.

    Args:
        name: The format.
        seconds: How long.

    Returns:
        How many bodies it was asked to read, and how many of them it read.
    """
    asked = [0, 0]

    @settings(
        max_examples=ROUND,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(bodies(name), st.sampled_from(("", name)), st.sampled_from(Mode), st.sampled_from((None, True, False)))
    def one_round(body: bytes, said: str, mode: Mode, complete: bool | None) -> None:
        asked[0] += 1
        asked[1] += hold(body, said, mode=mode, complete=complete)

    until = time.monotonic() + seconds
    while time.monotonic() < until:
        one_round()
    return asked[0], asked[1]


def main() -> None:
    """Share the minutes among the formats, and tell how many bodies each was asked to read."""
    parser = argparse.ArgumentParser(prog="make fuzz ARGS=…", description=__doc__)
    names = [one.name for one in FORMATS]
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"for all formats together; {MINUTES:g}")
    parser.add_argument("--format", choices=names, action="append", help="only this one; may be repeated")
    chosen = parser.parse_args()
    wanted = chosen.format or names
    seconds = min(chosen.minutes, MAX_MINUTES) * 60 / len(wanted)
    for name in wanted:
        asked, read = fuzz(name, seconds)
        sys.stdout.write(f"{name}: {asked} bodies, {read} read, {asked - read} refused, nothing else.\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
