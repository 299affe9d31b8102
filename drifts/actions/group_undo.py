"""Undoing a decision for a group: by one call, for every member that still stands as it left it.

No state leads back: a decided drift only ever becomes resolved. So a member is resolved as superseded, as it is when
its decision lapses, and the same difference is opened anew as detected, with the former drift as `previous`; a member
that was triaged, too, so that there is one way. One that the decision itself resolved is only opened anew. One that
waits for others since has the voice that was given with the decision taken back, and stays. What has become of a member
otherwise is nobody's to undo here: it is left alone, and the answer says so. What only assigned or snoozed them is
undone by `drifts.actions.handling`.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Q

from alerts.actions.announcing import leave
from alerts.occasions import Occasion
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.assigning import inherit_assignments
from drifts.actions.decide import NOTE_LENGTH
from drifts.actions.deciding import LEADS_TO, lock_drifts
from drifts.actions.ending import Ending, end_drifts
from drifts.actions.episodes import Place, opening
from drifts.actions.handling import HANDLINGS, undo_handling
from drifts.actions.opening import write_new
from drifts.actions.voices import UNDECIDED, standing_voices, withdraw_given
from drifts.group_facts import DriftGroupUndone
from drifts.models import Drift, DriftGroupDecision, DriftGroupMember
from drifts.snoozes import NOT_SNOOZED
from drifts.transitions import LEADS_TO as RESULT
from drifts.transitions import Status
from driftsentry.api.errors import Conflict, Invalid, NotFound

COPIED = (
    *("account_id", "stack_id", "fingerprint", "difference_digest", "identity", "address", "resource_id"),
    *("resource_type", "provider_type", "kind", "region", "cloud_account", "expected_state", "actual_state"),
    *("difference", "attribute_digests", "fidelity", "severity", "severity_reason", "cost_impact_monthly"),
    *("cost_basis", "cost_breakdown", "consequence", "attribution", "last_seen_at", "detected_by", "occurrences"),
    *("last_assessed_at", "not_assessed_since", "not_assessed_reason", "is_flapping", "alerted_at", "scan_id"),
    *NOT_SNOOZED,
)
"""Columns of a drift that the one opened anew has too: what differs, what is known of it, who was told."""
FRESH = frozenset(
    {
        *("id", "severity_rank", "status", "detected_at", "previous_id", "lapsed", "decided_digests"),
        *("approved_at", "approved_by_id", "approval_reason", "rejected_at", "rejected_by_id", "rejection_reason"),
        *("resolved_at", "resolved_how", "created_at", "updated_at"),
        *("assignee_id", "assigned_at", "assigned_by_id"),  # inherited, where they may still decide
    }
)
"""Columns that begin anew."""
ALREADY = "It was undone before."
UNDONE = "the decision for its group was undone"
OTHERWISE = "It no longer stands as the decision left it: it is {status} now."
NO_VOICE = "What was said of it stands no longer: it may be decided, or the approval lapsed."
VOICED = "Somebody has said what is to be done with it, and that would be lost."
REPLACED = "Its resource has another open drift by now."


def undo_group_decision(account_id: UUID, decision_id: UUID, *, note: str = "", by: Actor) -> DriftGroupDecision:
    """Undo a decision for every member that still stands as it left it.

    Args:
        account_id: The tenant.
        decision_id: The decision.
        note: Why, at most `NOTE_LENGTH` characters.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such decision.
        Conflict: It was undone before.
        Invalid: The note is too long.
    """
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise Invalid.field("note", f"At most {NOTE_LENGTH} characters.")
    with journal.writing(account_id, by=by) as w:
        made = DriftGroupDecision.objects.for_account(account_id).select_for_update().filter(pk=decision_id).first()
        if made is None:
            raise NotFound
        if made.undone_at is not None:
            raise Conflict(ALREADY)
        outcomes = DriftGroupMember.Outcomes
        members = list(made.members.filter(outcome=outcomes.DECIDED))
        waiting = list(made.members.filter(outcome=outcomes.AWAITING))
        if made.action in HANDLINGS:
            undo_handling(w, made, members, note)
        else:
            _undo(w, made, members, note)
        _take_back(w, made, waiting)
        members += waiting
        made.undone_at, made.undone_by_id, made.undo_note = w.now, by.id, note
        made.undone = sum(one.outcome == DriftGroupMember.Outcomes.UNDONE for one in members)
        made.left = len(members) - made.undone
        made.save(update_fields=["undone_at", "undone_by", "undo_note", "undone", "left"])
        told: dict[str, Any] = {
            "id": made.pk,
            "group_id": made.group_id,
            "cause": made.cause,
            "action": made.action,
            "text": note,
        }
        w.record(DriftGroupUndone(**told, members=made.undone, left=made.left))
    return made


def _undo(w: Writer, made: DriftGroupDecision, members: Sequence[DriftGroupMember], note: str) -> None:
    drifts = _locked_whole(w.account_id, [one.drift_id for one in members])
    taken = _open_otherwise(w.account_id, drifts.values())
    voiced = standing_voices(w.account_id, [pk for pk, drift in drifts.items() if drift.status in UNDECIDED])
    for member in members:
        member.error = _why_left(made, drifts[member.drift_id], taken, voiced)
        member.outcome = DriftGroupMember.Outcomes.LEFT if member.error else DriftGroupMember.Outcomes.UNDONE
    standing = [drifts[one.drift_id] for one in members if not one.error]
    _end(w, [one for one in standing if one.is_open], note)
    anew = {one.pk: _opened_anew(w, one, made) for one in standing}
    stack_names = {one.stack_id: one.stack.name for one in standing}
    write_new(w, list(anew.values()), stack_names)
    inherit_assignments(w, anew, stack_names)
    leave(w, partial(_heard, standing, anew))
    for member in members:
        if not member.error:
            member.successor = anew[member.drift_id]
    DriftGroupMember.objects.bulk_update(members, ["outcome", "error", "successor"], batch_size=500)


def _heard(standing: Sequence[Drift], anew: Mapping[UUID, Drift]) -> Iterator[Occasion]:
    """What channels hear of drifts that wait for a decision again: an incident of the former ones was closed."""
    for former in standing:
        if not former.is_snoozed:
            yield opening(anew[former.pk], Place.of(former.stack), f" {UNDONE[0].upper()}{UNDONE[1:]}.")


def _take_back(w: Writer, made: DriftGroupDecision, members: Sequence[DriftGroupMember]) -> None:
    """Take back what the decision said of drifts that wait for others still."""
    drifts = lock_drifts(w.account_id, [one.drift_id for one in members])
    taken = withdraw_given(w, drifts.values(), by=made.decided_by_id, at=made.decided_at)
    for member in members:
        is_undone = member.drift_id in taken
        member.outcome = DriftGroupMember.Outcomes.UNDONE if is_undone else DriftGroupMember.Outcomes.LEFT
        member.error = "" if is_undone else NO_VOICE
    DriftGroupMember.objects.bulk_update(members, ["outcome", "error"], batch_size=500)


def _locked_whole(account_id: UUID, drift_ids: Sequence[UUID]) -> dict[UUID, Drift]:
    """The drifts with all that is copied, locked."""
    lock_drifts(account_id, drift_ids)
    return {drift.pk: drift for drift in Drift.objects.for_account(account_id).filter(pk__in=drift_ids)}


def _open_otherwise(account_id: UUID, drifts: Iterable[Drift]) -> set[tuple[UUID, bytes]]:
    """The resources among those of drifts that are over that have an open drift: stack and fingerprint."""
    over = [one for one in drifts if not one.is_open]
    if not over:
        return set()
    names = Q(stack_id__in={one.stack_id for one in over}, fingerprint__in=[bytes(one.fingerprint) for one in over])
    rows = Drift.objects.filter(names, account_id=account_id).open().values_list("stack_id", "fingerprint")
    return {(stack_id, bytes(fingerprint)) for stack_id, fingerprint in rows}


def _why_left(
    made: DriftGroupDecision, drift: Drift, taken: Container[tuple[UUID, bytes]], voiced: Container[UUID]
) -> str:
    """Say why a member is not to be undone; '' where it is."""
    left_it: dict[str, dict[str, Any]] = {
        "triage": {},
        "approve": {"approved_at": made.decided_at},
        "reject": {"rejected_at": made.decided_at},
        "acknowledge": {"resolved_at": made.decided_at, "resolved_how": Drift.Resolutions.ACKNOWLEDGED},
    }
    status = RESULT[LEADS_TO[made.action]].value
    if drift.status != status or any(getattr(drift, name) != value for name, value in left_it[made.action].items()):
        return OTHERWISE.format(status=drift.status)
    if drift.pk in voiced:
        return VOICED
    return REPLACED if (drift.stack_id, bytes(drift.fingerprint)) in taken else ""


def _end(w: Writer, drifts: Sequence[Drift], note: str) -> None:
    words = f"{UNDONE[0].upper()}{UNDONE[1:]}{': ' + note if note else '.'}"
    endings = [Ending(one.pk, one.severity, one.cost_impact_monthly, one.stack.name, words) for one in drifts]
    columns = {"not_assessed_since": None, "not_assessed_reason": ""}
    end_drifts(w, endings, how=Drift.Resolutions.SUPERSEDED, at=w.now, columns=columns)


def _opened_anew(w: Writer, drift: Drift, made: DriftGroupDecision) -> Drift:
    """The same difference, as if it had been detected now; people know of it already."""
    values = {name: getattr(drift, name) for name in COPIED}
    is_decided = made.action in {"approve", "reject"}
    return Drift(
        **values,
        status=Status.DETECTED.value,
        detected_at=w.now,
        previous_id=drift.pk,
        lapsed={"paths": [], "reason": UNDONE} if is_decided else None,
    )
