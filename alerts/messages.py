"""Messages made of occasions: what a person is told, and where to look.

`Message.link` is the page that shows it: the admin's, which admins alone can open. Who is no admin, and any program,
finds the same over the API: `data.url`, and the detail `API`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from alerts.digests import Digest, first_of
from alerts.occasions import Occasion, Type
from alerts.sending.message import Item, Message
from audit.facts import iso, storable

MOST_TITLE = 300
MOST_TEXT = 4000
MOST_VALUE = 300
MOST_DETAILS = 8
CUT = "…"


def message_of(occasion: Occasion, ident: UUID, *, account: str, at: datetime) -> Message:
    """Tell one occasion.

    Args:
        occasion: What there is to tell.
        ident: The delivery's id.
        account: The tenant's name.
        at: When it happened.
    """
    api = _api_of(occasion)
    named = [("Stack", occasion.stack), ("Environment", occasion.environment), *occasion.details, ("API", api)]
    return Message(
        id=str(ident),
        type=occasion.type.value,
        severity=occasion.severity,
        title=_line(occasion.title, MOST_TITLE),
        text=_cut(occasion.text, MOST_TEXT),
        link=page_of(occasion),
        at=iso(at),
        account=_line(account, MOST_VALUE),
        episode=occasion.episode or occasion.key,
        resolves=occasion.resolves,
        details=tuple((name, _line(value, MOST_VALUE)) for name, value in named if value)[:MOST_DETAILS],
        data=_data(occasion, api),
    )


def digest_message(digest: Digest, ident: UUID, *, account: str, at: datetime) -> Message:
    """Tell many as one.

    Args:
        digest: What there is to tell.
        ident: The delivery's id.
        account: The tenant's name.
        at: When it happened.
    """
    return Message(
        id=str(ident),
        type=Type.DIGEST.value,
        severity=digest.severity,
        title=_line(digest.title, MOST_TITLE),
        text=_cut(digest.text, MOST_TEXT),
        link=_absolute(reverse("admin:drifts_drift_changelist")) + _asked(q=digest.only_stack),
        at=iso(at),
        account=_line(account, MOST_VALUE),
        episode=f"digest:{ident}",
        items=digest.items,
        more=digest.total - len(digest.items),
        data={"url": _absolute(reverse("drifts")) + _asked(stack=digest.only_stack), "digest": digest.data()},
    )


def items_of(occasions: Sequence[Occasion]) -> tuple[Item, ...]:
    """The lines of a digest.

    Args:
        occasions: What there is to tell; the first of them are named.
    """
    return tuple(
        Item(title=_line(one.title, MOST_TITLE), severity=one.severity, link=page_of(one))
        for one in first_of(occasions)
    )


def page_of(occasion: Occasion) -> str:
    """The page that shows what an occasion is about.

    Args:
        occasion: The occasion.
    """
    shown = (
        ("admin:drifts_drift_change", occasion.drift_id),
        ("admin:drifts_scan_change", occasion.scan_id),
        ("admin:alerts_alert_change", occasion.alert_id),
    )
    found = next((reverse(page, args=[ident]) for page, ident in shown if ident), None)
    return _absolute(found or reverse("admin:index"))


def _api_of(occasion: Occasion) -> str:
    if occasion.drift_id:
        return _absolute(reverse("drift", args=[occasion.drift_id]))
    return _absolute(reverse("scan", args=[occasion.scan_id])) if occasion.scan_id else ""


def _data(occasion: Occasion, api: str) -> dict[str, Any]:
    ids = {
        "driftId": occasion.drift_id,
        "scanId": occasion.scan_id,
        "alertId": occasion.alert_id,
        "entryId": occasion.entry_id,
    }
    words = {
        "stack": _line(occasion.stack, MOST_VALUE),
        "environment": _line(occasion.environment, MOST_VALUE),
        "url": api,
    }
    return {**{name: str(ident) if ident else None for name, ident in ids.items()}, **words}


def _asked(**named: str) -> str:
    """What a list is narrowed to, as its address has it; nothing where that is not named."""
    return f"?{urlencode(named, quote_via=quote)}" if all(named.values()) else ""


def _absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def _line(text: str, most: int) -> str:
    return _cut(" ".join(str(text).split()), most)


def _cut(text: str, most: int) -> str:
    whole = storable(str(text)).encode("utf-8", "replace").decode()
    return whole if len(whole) <= most else f"{whole[: most - 1]}{CUT}"
