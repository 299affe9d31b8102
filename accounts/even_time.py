"""Answers that must not be told apart by how long they take."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

STEP_SECONDS = 0.1


@contextmanager
def even_time() -> Iterator[None]:
    """Make what is done inside last a whole number of steps.

    A refused log-in of a known e-mail is written to the journal before the answer, so that no attempt is ever lost; one
    of an unknown e-mail has no journal to be written to. Both end at the next step, well after either is done.
    """
    started = time.monotonic()
    try:
        yield
    finally:
        time.sleep(STEP_SECONDS - (time.monotonic() - started) % STEP_SECONDS)
