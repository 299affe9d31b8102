"""Messages to channels and users, put into the queue as the system does, and a webhook that takes them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from accounts.models import User
from alerts.actions.channels import create_channel
from alerts.actions.delivering import deliver, enqueue
from alerts.models import Attempt, Channel, Delivery, Medium
from alerts.occasions import Type
from alerts.sending.message import Message
from audit import journal
from audit.actors import Actor
from driftsentry.api.ids import new_id

SYSTEM = Actor.system("test")
KEY = "whsec_" + "c2VjcmV0" * 4


def webhook(account_id: UUID, url: str, **more: Any) -> Channel:
    """A webhook channel."""
    values = {
        "name": f"hook {uuid4()}",
        "kind": "webhook",
        "secrets": {"url": url, "signingSecrets": [{"secret": KEY}]},
    }
    return create_channel(account_id, values=values | more, by=SYSTEM).channel


def mailing_list(account_id: UUID, *recipients: str) -> Channel:
    """An e-mail channel."""
    values = {"name": f"list {uuid4()}", "kind": "email", "config": {"recipients": [*recipients]}}
    return create_channel(account_id, values=values, by=SYSTEM).channel


def message(ident: UUID, title: str = "A port is open") -> Message:
    """Something to tell."""
    return Message(
        id=str(ident),
        type=Type.DRIFT_DETECTED,
        severity="high",
        title=title,
        text="Port 22 is open to the world.",
        link="https://driftsentry.example/drifts/1",
        at="2026-01-02T03:04:05Z",
        account="acme",
        episode="drift:1",
    )


def unsent(to: Channel | User, key: str = "", **more: Any) -> Delivery:
    """A delivery that nobody has kept yet."""
    ident = new_id()
    where: dict[str, Any] = {"channel": to, "medium": to.kind} if isinstance(to, Channel) else {"recipient": to}
    told = {"type": Type.DRIFT_DETECTED, "severity": "high", "message": message(ident).stored()}
    return Delivery(**{"id": ident, "key": key or f"drift:{ident}", "medium": Medium.EMAIL, **told, **where, **more})


def put(account_id: UUID, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Put deliveries into the queue."""
    with journal.writing(account_id, by=SYSTEM) as w:
        return enqueue(w, deliveries)


def told(to: Channel | User, **more: Any) -> Delivery:
    """A delivery in the queue."""
    return put(to.account_id, [unsent(to, **more)])[0]


def sent(delivery: Delivery) -> Delivery:
    """The delivery, after a worker had its job."""
    deliver(delivery.account_id, delivery.pk)
    delivery.refresh_from_db()
    return delivery


def due(delivery: Delivery, at: datetime) -> Delivery:
    """The delivery, with its next try moved to a time."""
    Delivery.objects.filter(pk=delivery.pk).update(next_try_at=at)
    delivery.refresh_from_db()
    return delivery


def attempts(delivery: Delivery) -> list[str]:
    """What came of each try."""
    return list(Attempt.objects.filter(delivery=delivery).order_by("number").values_list("outcome", flat=True))
