"""What a person is asked before a decision is taken in the admin: one table for the list and the page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django import forms

from drifts.actions import decide
from drifts.models import Drift
from drifts.transitions import Action


class NoteForm(forms.Form):
    """A note that may be left out."""

    note = forms.CharField(required=False, max_length=decide.NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 4}))


class ReasonForm(forms.Form):
    """The reason of a decision."""

    reason = forms.CharField(
        min_length=decide.REASON_LENGTH.start,
        max_length=decide.REASON_LENGTH.stop - 1,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="10 to 1000 characters; it is kept in the journal.",
    )
    break_glass = forms.BooleanField(
        required=False,
        label="In an emergency, decide alone",
        help_text="Where it takes several people and your policy allows it; somebody else must review it.",
    )


class ResolutionForm(NoteForm):
    """How a drift ended."""

    how = forms.ChoiceField(choices=[(one.value, one.label) for one in decide.MANUAL_RESOLUTIONS])
    field_order = ["how", "note"]


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as the admin offers it."""

    title: str
    """On the button."""
    explanation: str
    """What it means."""
    form: type[forms.Form]
    """What is asked."""
    run: Callable[..., Drift]
    """The action."""
    is_bound: bool = False
    """Whether it is a decision on the difference as it was looked at, and on no other."""


def seen_name(drift: Drift) -> str:
    """The field of a page in which the digest of a drift's difference travels on to the decision.

    Args:
        drift: The drift.
    """
    return f"seen-{drift.pk}"


def seen_digest(drift: Drift, posted: Mapping[str, str]) -> str:
    """The digest of the difference that a person has looked at: of the page they came from, else as it is now.

    Args:
        drift: The drift.
        posted: The fields of that page.
    """
    return posted.get(seen_name(drift), "") or bytes(drift.difference_digest).hex()


DECISIONS: dict[Action, Decision] = {
    Action.TRIAGE: Decision(
        "Triage", "You have looked; it now waits for approval or rejection.", NoteForm, decide.triage_drift
    ),
    Action.APPROVE: Decision(
        "Approve", "The resource is to be put back to the expected state.", ReasonForm, decide.approve_drift, True
    ),
    Action.REJECT: Decision(
        "Reject", "The change stands; the resource is not put back.", ReasonForm, decide.reject_drift, True
    ),
    Action.RESOLVE: Decision("Resolve", "It is over: say how it ended.", ResolutionForm, decide.resolve_drift),
}
