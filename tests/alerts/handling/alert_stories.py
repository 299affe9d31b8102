"""Alerts about drifts that scans find, what is asked of them, and the law that their facts tell their handling."""

from typing import Any

from alerts.models import Alert
from audit.models import AuditLog
from drifts.models import Drift
from tests.alerts.raised import raise_alert
from tests.drifts.assessed_scans import differing, scan_that_says
from tests.drifts.scans import only_drift

URL = "/api/v1/alerts"
KINDS = ("alert.acknowledged", "alert.assigned", "alert.unassigned", "alert.snoozed", "alert.unsnoozed")


def raise_about(world: Any, drift: Drift | None = None, title: str = "Look at this") -> Alert:
    """An alert about a drift: the one that a scan shows, where none is given."""
    if drift is None:
        scan_that_says(world, differing(instance_type="t3.large", tags={"owner": "nobody"}))
        drift = only_drift()
    return raise_alert(world.engineer, title, type=Alert.Types.DRIFT_DETECTED, drift_id=drift.pk)


def ask(world: Any, alert: Alert, what: str, who: Any = None, **body: Any) -> Any:
    """Do something with an alert over the API, as the engineer if not as somebody else."""
    return world.client(who or world.engineer).post(f"{URL}/{alert.pk}/{what}", body, format="json")


def shown(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def handled(world: Any, *kinds: str) -> list[AuditLog]:
    """What the journal tells of how alerts were handled."""
    return list(AuditLog.objects.filter(account=world.account, kind__in=kinds or KINDS).order_by("seq"))


def unread(world: Any) -> int:
    return int(shown(world.client(world.viewer).get(f"{URL}/unread-count"))["count"])


def titles(world: Any, **asked: str) -> list[str]:
    return [one["title"] for one in shown(world.client(world.engineer).get(URL, asked))["items"]]


def replayed(world: Any) -> dict[str, dict[str, Any]]:
    """How alerts are handled, from the journal's facts alone."""
    told: dict[str, dict[str, Any]] = {}
    for entry in AuditLog.objects.filter(account=world.account, kind__startswith="alert.").order_by("seq"):
        one = told.setdefault(entry.data["id"], {"read": False, "has": None, "whose": None, "snoozed": False})
        match entry.kind:
            case "alert.read":
                one["read"] = True
            case "alert.acknowledged":
                one["has"] = entry.data["acknowledgedBy"]
            case "alert.assigned" | "alert.unassigned":
                assert entry.data["previousAssigneeId"] == one["whose"]
                one["whose"] = entry.data.get("assigneeId")
            case "alert.snoozed":
                one["snoozed"] = True
            case "alert.unsnoozed":
                one["snoozed"], one["read"] = False, entry.data["isRead"]
    return told


def assert_journaled(world: Any) -> None:
    """Tables equal journal."""
    on_record = {
        str(one.pk): {
            "read": one.is_read,
            "has": str(one.acknowledged_by_id) if one.acknowledged_at else None,
            "whose": str(one.assignee_id) if one.assignee_id else None,
            "snoozed": one.snoozed_at is not None,
        }
        for one in Alert.objects.for_account(world.account.pk)
    }
    own = {str(one) for one in Alert.objects.exclude(recipient=None).values_list("pk", flat=True)}
    assert {ident: one for ident, one in replayed(world).items() if ident not in own} == on_record
