"""What channels hear of drifts: each once from its opening to its end, however grave it is, and when it turns critical.

Alerts are for people, and about what is grave; channels choose for themselves.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from alerts.actions import Notice
from alerts.occasions import Occasion, Type
from drifts.findings import Severity
from drifts.models import Drift, Stack
from driftsentry.api.ids import new_id

HOW: Mapping[str, str] = {
    Drift.Resolutions.AUTO_REMEDIATE.value: "It was put back by the stack's pipeline.",
    Drift.Resolutions.MANUAL_FIX.value: "Somebody put it back by hand.",
    Drift.Resolutions.ACKNOWLEDGED.value: "Somebody acknowledged it: the change stands.",
    Drift.Resolutions.RECONCILED.value: "A scan that looked at all of the stack no longer shows it.",
    Drift.Resolutions.SUPERSEDED.value: "It differs otherwise now, and another drift takes its place.",
}
"""How a drift ended, in words."""


class Shown(Protocol):
    """A drift, by what is told of it."""

    @property
    def pk(self) -> UUID:
        """Its id."""

    @property
    def resource_id(self) -> str:
        """The resource."""

    @property
    def severity(self) -> str:
        """One of `Severity`."""

    @property
    def severity_reason(self) -> str:
        """Why, in words."""

    @property
    def previous_id(self) -> UUID | None:
        """The drift of the same resource before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where drifts are.

    Attributes:
        stack: The stack's name.
        environment: Its environment.
        scan_id: The scan that shows them, if one does.
        failing: What a scan that fails there, or is missing, belongs to.
    """

    stack: str
    environment: str
    scan_id: UUID | None = None
    failing: str = ""

    @classmethod
    def of(cls, stack: Stack, scan_id: UUID | None = None) -> "Place":
        """Where the drifts of a stack are.

        Args:
            stack: The stack.
            scan_id: The scan that shows them.
        """
        return cls(stack=stack.name, environment=stack.environment, scan_id=scan_id)


def episode_of(drift_id: UUID) -> str:
    """What all that is told of a drift belongs to.

    Args:
        drift_id: The drift.
    """
    return f"drift:{drift_id}"


def opening(drift: Shown, place: Place, words: str = "") -> Occasion:
    """What to tell of a drift of which no alert tells.

    Args:
        drift: The drift.
        place: Where it is.
        words: What to say beside its severity's reason.
    """
    is_back = drift.previous_id is not None
    title = f"{drift.severity.capitalize()} drift{' is back' if is_back else ''}: {drift.resource_id} in {place.stack}"
    back = " It was resolved before and is back." if is_back and not words else ""
    return Occasion(
        key=f"{episode_of(drift.pk)}:opened",
        type=Type.DRIFT_RECURRED if is_back else Type.DRIFT_DETECTED,
        severity=drift.severity,
        title=title,
        text=f"{drift.severity_reason}{back}{words}",
        stack=place.stack,
        environment=place.environment,
        episode=episode_of(drift.pk),
        once=True,
        drift_id=drift.pk,
        scan_id=place.scan_id,
    )


def told_as(notices: Iterable[Notice], place: Place) -> Iterator[Occasion]:
    """What alerts would tell of drifts one by one, for whoever has not been told of these.

    Args:
        notices: About one drift each.
        place: Where these are.
    """
    for one in notices:
        if one.drift_id is not None:
            step = "critical" if one.severity == Severity.CRITICAL else "opened"
            yield _noticed(one, one.drift_id, place, f"{episode_of(one.drift_id)}:{step}", once=True)


def told_again(notices: Iterable[Notice], place: Place) -> Iterator[Occasion]:
    """What alerts would tell of drifts one by one, whoever was told of these before.

    Args:
        notices: About one drift each.
        place: Where these are.
    """
    for one in notices:
        if one.drift_id is not None:
            yield _noticed(one, one.drift_id, place, f"{episode_of(one.drift_id)}:{new_id()}", once=False)


def ended(
    drift_id: UUID, severity: str, resource_id: str, how: str, place: Place, entry_id: UUID | None = None
) -> Occasion:
    """What to tell of a drift that is over.

    Args:
        drift_id: The drift.
        severity: Its severity.
        resource_id: The resource.
        how: One of `Drift.Resolutions`.
        place: Where it is.
        entry_id: The journal's entry of it.
    """
    return Occasion(
        key=f"{episode_of(drift_id)}:resolved",
        type=Type.DRIFT_RESOLVED,
        severity=severity,
        title=f"Resolved: {resource_id} in {place.stack}",
        text=HOW.get(how, ""),
        stack=place.stack,
        environment=place.environment,
        episode=episode_of(drift_id),
        resolves=True,
        closes_only=how == Drift.Resolutions.SUPERSEDED,
        drift_id=drift_id,
        scan_id=place.scan_id,
        entry_id=entry_id,
        details=(("Resolved", how),),
    )


def covered_returns(made: Sequence[Drift]) -> set[UUID]:
    """Find those among new drifts that keep coming back, of which people were told that they do.

    Args:
        made: New drifts.

    Returns:
        Their ids.
    """
    flapping = {drift.previous_id: drift for drift in made if drift.is_flapping and drift.previous_id}
    if not flapping:
        return set()
    before = Drift.objects.filter(pk__in=list(flapping), is_flapping=True).values_list("pk", "severity")
    return {
        flapping[pk].pk for pk, severity in before if Severity(severity).rank <= Severity(flapping[pk].severity).rank
    }


def _noticed(one: Notice, drift_id: UUID, place: Place, key: str, *, once: bool) -> Occasion:
    return Occasion(
        key=key,
        type=Type(one.type.value),
        severity=one.severity,
        title=one.title,
        text=one.message,
        stack=place.stack,
        environment=place.environment,
        episode=episode_of(drift_id),
        once=once,
        drift_id=drift_id,
        scan_id=place.scan_id,
    )
