"""What the tests of decisions by several people share: a policy, more people, and what they say."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from accounts import actions
from accounts.models import User
from alerts.models import Alert
from audit import journal
from drifts.actions.approval_policies import set_approval_policy
from drifts.actions.decide import approve_drift, reject_drift
from drifts.attribution import TrailEvent, Via, attribution_of
from drifts.facts import DriftAttributed
from drifts.models import Drift
from driftsentry.api.access import Role
from tests.conftest import SYSTEM, World
from tests.drifts.reported import REASON, actor

URL = "/api/v1/drifts"
EMERGENCY = "The door is open to the world and everybody else is asleep."
SAYS = {"approve": approve_drift, "reject": reject_drift}


def demand(world: World, needed: int = 2, severity: str = "high", **more: Any) -> None:
    """Let the account want so many people to decide on drifts of a severity."""
    set_approval_policy(world.account.pk, severity, values={"needed": needed, **more}, by=world.actor(world.owner))


def engineer(world: World, name: str) -> User:
    """One more who may decide."""
    email = f"{name}@acme.example"
    return actions.create_user(
        world.account, email=email, name=name.title(), role=Role.ENGINEER, password=None, by=SYSTEM
    )


def say(user: User, drift: Drift, decision: str = "approve", **more: Any) -> Drift:
    """Say it, past the API."""
    values: dict[str, Any] = {"reason": REASON, **more}
    return SAYS[decision](user.account_id, drift.pk, **values, by=actor(user))


def post(world: World, user: User, drift: Drift, action: str = "approve", **body: Any) -> Any:
    """Say it over the API."""
    told = {"reason": REASON, **body} if action in SAYS else body
    return world.client(user).post(f"{URL}/{drift.pk}/{action}", told, format="json")


def data(answer: Any, status: int = 200) -> Any:
    """What an answer holds."""
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def words(answer: Any, status: int = 409) -> str:
    """Why an answer refuses."""
    assert answer.status_code == status, answer.content
    return str(answer.json()["error"]["message"])


def shown(world: World, user: User, drift: Drift) -> Any:
    """A drift's detail, as somebody sees it."""
    return data(world.client(user).get(f"{URL}/{drift.pk}"))


def made_by(drift: Drift, principal: str) -> TrailEvent:
    """Let it be known who made the change."""
    event = TrailEvent(
        id="one",
        name="ModifyInstanceAttribute",
        source="ec2.amazonaws.com",
        at=timezone.now(),
        principal=principal,
        principal_type="AssumedRole",
        source_address="203.0.113.9",
        via=Via.CONSOLE,
    )
    Drift.objects.filter(pk=drift.pk).update(attribution=attribution_of(event))
    return event


def trail_tells(drift: Drift, principal: str) -> None:
    """The same, as the journal has it."""
    event = made_by(drift, principal)
    of_drift: dict[str, Any] = {
        "id": drift.pk,
        "status": drift.status,
        "stack": drift.stack.name,
        "severity": drift.severity,
    }
    of_event: dict[str, Any] = {
        "event_name": event.name,
        "event_source": event.source,
        "event_id": event.id,
        "via": event.via.value,
    }
    with journal.writing(drift.account_id, by=SYSTEM) as w:
        w.record(DriftAttributed(**of_drift, **of_event, at=event.at))


def told(**where: Any) -> list[str]:
    """The titles of the alerts, oldest first."""
    return list(Alert.objects.filter(**where).order_by("id").values_list("title", flat=True))
