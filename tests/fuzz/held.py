"""What must hold for any body at all: a FormatError, or an answer that can be stored; and little memory."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import asdict

from drifts.findings import Assessment, Judged
from drifts.ingest.errors import FormatError
from drifts.ingest.formats.base import Mode, ParseOptions
from drifts.ingest.formats.limits import MAX_NOT_ASSESSED
from drifts.ingest.json_text import check_storable
from drifts.ingest.pipeline import assess
from tests.drifts.ingest.plans import judged

LIMIT = 1 << 22
"""Bytes a body may have here."""

MEMORY = 48 << 20
"""Bytes that reading a body of a few kilobytes may take at once."""


def hold(body: bytes, format_name: str, *, mode: Mode = Mode.DRIFT, complete: bool | None = None) -> bool:
    """Read a body, and check what comes of it.

    Args:
        body: Anything.
        format_name: The format that is said to be in it; '' to recognise it.
        mode: What the sender says.
        complete: What the sender says.

    Returns:
        Whether it was read.
    """
    tracemalloc.start()
    try:
        options = ParseOptions(mode=mode, complete=complete)
        said = assess(body, limit=LIMIT, format_name=format_name, options=options)
        found = judged(said)
    except FormatError:
        return False
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        if peak > MEMORY:
            raise MemoryError(f"{peak} bytes for a body of {len(body)}")
    _check(said, found, complete)
    return True


def _check(said: Assessment, found: Judged, complete: bool | None) -> None:
    """An answer is whole, can be stored, and says no more than it may."""
    check_storable(json.loads(json.dumps(asdict(found), default=str)), "The answer")
    assert said.complete is (not said.incomplete_reason)
    assert complete is not False or not said.complete
    assert len(said.not_assessed) <= MAX_NOT_ASSESSED
    assert all(gap.reason for gap in said.not_assessed)
    identities = [one.identity for one in said.findings]
    assert len(identities) == len(set(identities))
    assert all(identities)
    shown = {one.identity for one in found.observations}
    assert shown | found.noise.keys() <= set(identities)
    for one in found.observations:
        assert one.provider_type
        assert one.resource_id
        assert one.region
        assert one.severity_reason
