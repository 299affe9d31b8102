"""Ids that sort by the time they were made, so that they serve as cursors and keep indexes together."""

import secrets
import threading
import time
from uuid import UUID

_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """Make a version 7 UUID (RFC 9562, section 5.7), greater than every one that this process has made.

    48 bits of milliseconds, 12 bits that count within one, then 62 random bits. While the clock stands, or has gone
    back, the count goes on and carries into the milliseconds (section 6.2, method 1), so the order of the ids is the
    order in which they were made.
    """
    milliseconds, count = divmod(_tick(), 4096)
    value = (milliseconds & (2**48 - 1)) << 80 | 0x7 << 76 | count << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))


def _tick() -> int:
    """Milliseconds and count as one number; one that begins a millisecond begins its count at random, in its half."""
    global _last  # noqa: PLW0603 - the process's last one
    now = time.time_ns() // 1_000_000 << 12 | secrets.randbits(11)
    with _lock:
        _last = max(now, _last + 1)
        return _last
