"""A feed against what it finds when it looks at its journal's end."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from driftsentry.realtime.feed import Feed
from driftsentry.realtime.tail import Head

EPOCH = str(uuid4())


@pytest.fixture
async def feed() -> AsyncIterator[Feed]:
    """A feed that has read up to entry 12."""
    found = Feed(
        uuid4(),
        Head(12, EPOCH),
        spawn=lambda work, _: asyncio.create_task(work),
        sessions_changed=lambda: None,
        failed=lambda _: None,
    )
    yield found
    found.end()


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        pytest.param(Head(12, EPOCH), 12, 12, id="nothing new"),
        pytest.param(Head(10, EPOCH), 10, 12, id="it read on while it looked"),
        pytest.param(Head(10, EPOCH), 12, 10, id="the journal has become shorter"),
        pytest.param(Head(40, "another"), 12, 40, id="another epoch"),
    ],
)
async def test_it_begins_again_only_where_the_journal_is_another(
    feed: Feed, head: Head, before: int, after: int
) -> None:
    feed.look(head, cursor=before)
    assert (feed.cursor, feed.epoch) == (after, head.epoch)
