"""Counters that show from a process's start, so that `increase()` sees their first step."""

from audit.counters import ENTRIES
from audit.facts import REGISTRY


def show_from_start() -> None:
    """Give every counter whose labels are known beforehand its rows, at nought."""
    for kind, _ in REGISTRY:
        ENTRIES.labels(kind=kind)
