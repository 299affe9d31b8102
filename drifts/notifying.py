"""What a transaction gives reason to tell, told at its end and all at once; imported when Django has started.

Users are told what alerts tell. Channels hear of the alerts too, but of drifts that begin, one by one and whatever
their severity (`drifts.actions.episodes`), and of the end of those that they were told of.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from alerts.actions.announcing import Aside, announce
from alerts.actions.recipients import Letter
from alerts.facts import AlertCreated, OwnAlertCreated
from alerts.models import Alert, Told
from alerts.occasions import Occasion, Type
from audit.facts import Fact
from audit.journal import Writer
from audit.reactions import Facts, reacts_once_to
from drifts.actions.episodes import Place, ended, episode_of
from drifts.actions.recoveries import failing_episode, stale_episode
from drifts.approval_facts import DriftBreakGlassUsed
from drifts.facts import DriftCreated, DriftResolved, ScanCompleted, StackStale
from drifts.models import Drift, Scan, Stack
from drifts.remediation_facts import RemediationFailed
from drifts.reminder_facts import DriftReminded

NOWHERE = Place(stack="", environment="")


@reacts_once_to(AlertCreated, OwnAlertCreated, DriftCreated, DriftResolved, DriftReminded, ScanCompleted)
def tell_everybody(w: Writer, facts: Facts) -> None:
    """Announce what a transaction gives reason to tell.

    Args:
        w: The open journal.
        facts: Its facts of these classes.
    """
    asides = [one for one in w.asides if isinstance(one, Aside)]
    of_alerts = _of_alerts(w, facts)
    over = [fact for _, fact in facts if isinstance(fact, DriftResolved) and fact.id]
    letters = [
        *(Letter(occasion=one) for one in of_alerts),
        *_own(w, facts),
        *(letter for aside in asides for letter in aside.letters),
    ]
    if asides or of_alerts or over or letters:
        announce(w, _heard(w, facts, asides, of_alerts, over), letters)


def _heard(
    w: Writer, facts: Facts, asides: Sequence[Aside], of_alerts: Sequence[Occasion], over: Sequence[DriftResolved]
) -> Iterator[Occasion]:
    """What channels hear of; worked out only where there are any."""
    entries = {
        fact.id: ident for ident, fact in w.facts if isinstance(fact, DriftCreated | DriftReminded | ScanCompleted)
    }
    for aside in asides:
        for one in aside.occasions():
            entry = entries.get(one.drift_id or one.scan_id)
            yield replace(one, entry_id=entry) if entry and one.entry_id is None else one
    covered = {alert for aside in asides for alert in aside.instead_of}
    yield from (one for one in of_alerts if one.alert_id not in covered)
    if over:
        yield from _ends(w, over, {fact.id: ident for ident, fact in facts if isinstance(fact, DriftResolved)})


def _ends(w: Writer, over: Sequence[DriftResolved], entries: Mapping[UUID | None, UUID]) -> Iterator[Occasion]:
    """The ends of drifts of which some channel was told."""
    hows = {fact.id: fact.resolved_how for fact in over if fact.id}
    told = Told.objects.for_account(w.account_id).filter(drift_id__in=list(hows)).values("drift_id")
    names = ("pk", "severity", "resource_id", "stack__name", "stack__environment")
    for pk, severity, resource, stack, environment in Drift.objects.filter(pk__in=told).values_list(*names):
        place = Place(stack=stack, environment=environment)
        yield ended(pk, severity, resource, hows[pk], place, entries.get(pk))


def _of_alerts(w: Writer, facts: Facts) -> list[Occasion]:
    """What the alerts for everybody tell."""
    created = [(ident, fact) for ident, fact in facts if isinstance(fact, AlertCreated)]
    if not created:
        return []
    places = _places(w, [fact for _, fact in created])
    reasons: dict[UUID | None, str] = {
        fact.drift_id: fact.reason for _, fact in w.facts if isinstance(fact, RemediationFailed)
    }
    reviews = {fact.id for _, fact in w.facts if isinstance(fact, DriftBreakGlassUsed)}
    return [
        _of_alert(
            fact,
            ident,
            places.get(fact.drift_id or fact.scan_id) or _place_at_large(w),
            # What a pipeline says of itself may hold anything: it is shown with the drift, and not sent around.
            text=reasons.get(fact.drift_id, fact.message) if fact.type == Type.REMEDIATION_FAILED else fact.message,
            kind=Type.REVIEW_NEEDED if fact.drift_id in reviews else Type(fact.type),
        )
        for ident, fact in created
    ]


def _of_alert(fact: AlertCreated, entry_id: UUID, place: Place, *, text: str, kind: Type) -> Occasion:
    failing = place.failing if kind is Type.SCAN_FAILED else ""
    return Occasion(
        key=f"alert:{fact.id}",
        type=kind,
        severity=fact.severity,
        title=fact.title,
        text=text,
        stack=place.stack,
        environment=place.environment,
        episode=episode_of(fact.drift_id) if fact.drift_id else failing or f"alert:{fact.id}",
        drift_id=fact.drift_id,
        scan_id=fact.scan_id,
        alert_id=fact.id,
        entry_id=entry_id,
    )


def _own(w: Writer, facts: Facts) -> Iterator[Letter]:
    """What is told to one user each."""
    entries = {fact.id: ident for ident, fact in facts if isinstance(fact, OwnAlertCreated)}
    if not entries:
        return
    for alert in Alert.objects.filter(account_id=w.account_id, pk__in=[one for one in entries if one]).order_by("id"):
        occasion = Occasion(
            key=f"alert:{alert.pk}",
            type=Type(alert.type),
            severity=alert.severity,
            title=alert.title,
            text=alert.message,
            episode=episode_of(alert.drift_id) if alert.drift_id else f"alert:{alert.pk}",
            drift_id=alert.drift_id,
            scan_id=alert.scan_id,
            alert_id=alert.pk,
            entry_id=entries[alert.pk],
        )
        if alert.recipient_id is not None:
            yield Letter(occasion=occasion, only=frozenset({alert.recipient_id}))


def _places(w: Writer, alerts: Sequence[AlertCreated]) -> dict[UUID | None, Place]:
    """Where what alerts are about is, by the drift's or scan's id."""
    found: dict[UUID | None, Place] = {}
    drifts = {one.drift_id for one in alerts if one.drift_id}
    scans = {one.scan_id for one in alerts if one.scan_id and not one.drift_id}
    where = ("pk", "stack__name", "stack__environment")
    if drifts:
        for pk, stack, environment in Drift.objects.filter(account_id=w.account_id, pk__in=drifts).values_list(*where):
            found[pk] = Place(stack=stack, environment=environment)
    if scans:
        rows = Scan.objects.filter(account_id=w.account_id, pk__in=scans).values_list(*where, "stack_id", "detector")
        for pk, stack, environment, stack_id, detector in rows:
            failing = failing_episode(stack_id, detector)
            found[pk] = Place(stack=stack, environment=environment, failing=failing)
    return found


def _place_at_large(w: Writer) -> Place:
    """The stack that a transaction is about, where its facts name one alone."""
    names = {name for _, fact in w.facts if (name := _stack_in(fact))}
    if len(names) != 1:
        return NOWHERE
    found = Stack.objects.filter(account_id=w.account_id, name=next(iter(names))).first()
    return replace(Place.of(found), failing=stale_episode(found.pk)) if found else NOWHERE


def _stack_in(fact: Fact) -> str:
    return fact.name if isinstance(fact, StackStale) else str(getattr(fact, "stack", ""))
