"""Alerts for the tests of their API and their admin."""

from typing import Any

from accounts.models import User
from alerts.actions import Notice, raise_alerts
from alerts.models import Alert
from audit import journal
from tests.drifts.reported import actor


def raise_alert(user: User, title: str = "Look at this", **more: Any) -> Alert:
    """Raise one alert in the account of a user."""
    values: dict[str, Any] = {
        "type": Alert.Types.SCAN_FAILED,
        "severity": "high",
        "title": title,
        "message": "The scan failed.",
        **more,
    }
    with journal.writing(user.account_id, by=actor(user)) as w:
        (alert,) = raise_alerts(w, [Notice(**values)])
    return alert
