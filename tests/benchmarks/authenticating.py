"""What it costs to find out who is asking, among many sessions."""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from uuid import uuid4

from django.utils import timezone

from accounts import actions
from accounts.authentication import session_of_access_token
from accounts.models import Session, User
from audit.actors import Actor
from tests.benchmarks.measured import Figure, execute, median_of

SESSIONS = 100_000
TIMES = 200


def authenticating(user: User) -> Iterator[Figure]:
    """Measure the look-up of an access token's live session, which every request makes.

    Args:
        user: Whose sessions.
    """
    now = timezone.now()
    made = (
        Session(
            id=uuid4(),
            account_id=user.account_id,
            user=user,
            refresh_digest=os.urandom(32),
            refreshed_at=now,
            expires_at=now + timedelta(days=7),
        )
        for _ in range(SESSIONS)
    )
    Session.objects.bulk_create(made, batch_size=5000)
    token = actions.open_session(user, by=Actor.system("benchmarks")).tokens.access
    execute("ANALYZE accounts_session")
    ident = session_of_access_token(token)[0].pk
    bare = f"SELECT revoked_at FROM accounts_session WHERE id = '{ident}'"  # noqa: S608 - an id of ours
    yield Figure(
        what="who is asking, of 100,000 sessions",
        seconds=median_of(partial(session_of_access_token, token), times=TIMES),
        units=1,
        baseline="bare SELECT by key",
        baseline_seconds=median_of(partial(execute, bare), times=TIMES),
    )
