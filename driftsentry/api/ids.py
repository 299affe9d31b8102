"""Ids that sort by the time they were made, so that they serve as cursors and keep indexes together."""

import secrets
import time
from uuid import UUID


def new_id() -> UUID:
    """Make a version 7 UUID (RFC 9562, section 5.7): 48 bits of milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))
