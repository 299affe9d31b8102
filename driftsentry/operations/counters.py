"""Counters that show from a process's start, so that `increase()` sees their first step."""

import accounts.facts
import alerts.channel_facts
import alerts.facts
import drifts.facts
from audit.counters import ENTRIES
from audit.facts import REGISTRY

FACTS = (accounts.facts, alerts.channel_facts, alerts.facts, drifts.facts)
"""Imported so that their kinds are registered, in a worker too."""


def show_from_start() -> None:
    """Give every counter whose labels are known beforehand its rows, at nought."""
    for kind, _ in REGISTRY:
        ENTRIES.labels(kind=kind)
