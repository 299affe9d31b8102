"""What a person is asked before a drift is assigned, snoozed or reviewed in the admin: one table for list and page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from accounts.deciders import deciders
from drifts.actions.approval_lapses import withdraw_approval
from drifts.actions.assigning import assign_drift
from drifts.actions.decide import NOTE_LENGTH, REASON_LENGTH
from drifts.actions.reviewing import review_drift
from drifts.actions.snoozing import UNDECIDED, snooze_drift, unsnooze_drift
from drifts.models import Drift, DriftReview
from drifts.snoozes import LONGEST


class AssignForm(forms.Form):
    """Who is to see to it."""

    assignee_id = forms.TypedChoiceField(required=False, coerce=UUID, empty_value=None, label="Assignee")
    note = forms.CharField(required=False, max_length=NOTE_LENGTH, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, data: Mapping[str, Any] | None, account_id: UUID) -> None:
        """Offer the people of an account who may decide.

        Args:
            data: What was sent; None: nothing yet.
            account_id: The tenant.
        """
        super().__init__(data)
        people = deciders(account_id).order_by("email").values_list("pk", "name", "email")
        offered = [(str(ident), f"{name} ({email})") for ident, name, email in people]
        self.fields["assignee_id"].choices = [("", "Nobody"), *offered]  # type: ignore[attr-defined] # of its kind


class SnoozeForm(forms.Form):
    """Why it is snoozed, and for how long."""

    until = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=f"UTC, at most {LONGEST.days} days ahead; empty: until it differs otherwise, which always ends it.",
    )
    reason = forms.CharField(
        min_length=REASON_LENGTH.start,
        max_length=REASON_LENGTH.stop - 1,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="10 to 1000 characters; it is kept in the journal.",
    )


class ReviewForm(forms.Form):
    """What one thinks of a decision that somebody else made alone."""

    verdict = forms.ChoiceField(choices=DriftReview.Verdicts.choices)
    note = forms.CharField(
        min_length=REASON_LENGTH.start,
        max_length=REASON_LENGTH.stop - 1,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="10 to 1000 characters; an objection is told to everybody.",
    )


@dataclass(frozen=True, slots=True)
class Handling:
    """One thing to do with drifts as the admin offers it."""

    title: str
    """On the button."""
    explanation: str
    """What it means."""
    form: Callable[[Mapping[str, Any] | None, UUID], forms.Form]
    """What is asked, of the people of an account."""
    run: Callable[..., object]
    """The action."""
    fits: Callable[[Drift, UUID | None], bool]
    """Whether a drift's page offers it to a user."""
    is_bound: bool = False
    """Whether it is about the difference as it was looked at, and no other."""


HANDLINGS: dict[str, Handling] = {
    "assign": Handling(
        "Assign",
        "It is theirs to see to; they are told.",
        AssignForm,
        assign_drift,
        lambda drift, _: drift.is_open,
    ),
    "snooze": Handling(
        "Snooze",
        "Nobody is told of it for a while, or until it differs otherwise or becomes critical.",
        lambda data, _: SnoozeForm(data),
        snooze_drift,
        lambda drift, _: drift.status in UNDECIDED,
        is_bound=True,
    ),
    "unsnooze": Handling(
        "End the snooze",
        "People are told of it again.",
        lambda data, _: forms.Form(data),
        unsnooze_drift,
        lambda drift, _: drift.snoozed_at is not None,
    ),
    "withdraw": Handling(
        "Take back",
        "What you have said of it counts no longer; it waits for others still.",
        lambda data, _: forms.Form(data),
        withdraw_approval,
        lambda drift, user_id: drift.status in UNDECIDED and drift.voices.filter(ended_at=None, user=user_id).exists(),
    ),
    "review": Handling(
        "Review",
        "One person decided alone in an emergency: say what you think of it. The drift stays as it is.",
        lambda data, _: ReviewForm(data),
        review_drift,
        lambda drift, _: drift.status not in UNDECIDED and drift.reviews.filter(reviewed_at=None).exists(),
    ),
}
