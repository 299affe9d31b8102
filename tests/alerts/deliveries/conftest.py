"""A receiver on this machine, which channels may speak to."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.accounts.mailbox import forget_jobs
from tests.alerts.receiver import LOCAL, Receiver, receiving


@pytest.fixture(autouse=True)
def no_jobs_left(transactional_db: None) -> Iterator[None]:
    """Jobs are in tables that Django does not manage."""
    forget_jobs()
    yield
    forget_jobs()


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Takes what webhooks send."""
    monkeypatch.setattr(settings, "NOTIFICATION_PRIVATE_HOSTS", LOCAL)
    with receiving() as one:
        yield one
