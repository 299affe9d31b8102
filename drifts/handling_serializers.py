"""Whose drifts are to be, and until when groups of them are snoozed, on the wire."""

from rest_framework import serializers

from drifts.actions.decide import NOTE_LENGTH, REASON_LENGTH
from drifts.actions.deciding import MOST
from drifts.group_serializers import DIGEST
from drifts.snoozes import LONGEST
from driftsentry.api.casing import CamelSerializer

ASSIGNEE = "An active user of the account who may decide, an engineer or an admin; null: nobody."


class AssignSerializer(CamelSerializer):
    """Who is to see to a drift."""

    assignee_id = serializers.UUIDField(allow_null=True, help_text=ASSIGNEE)
    note = serializers.CharField(max_length=NOTE_LENGTH, required=False, allow_blank=True)


class _OfGroup(CamelSerializer):
    """Which members of a group."""

    excluding = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST, required=False, help_text="Members to leave out."
    )
    member_digest = serializers.RegexField(
        DIGEST, required=False, help_text="The group's, as you saw it: 409 where its members are others by now."
    )


class GroupAssignSerializer(_OfGroup, AssignSerializer):
    """Who is to see to the members of a group."""


class GroupSnoozeSerializer(_OfGroup):
    """Why the members of a group are snoozed, and for how long."""

    reason = serializers.CharField(min_length=REASON_LENGTH.start, max_length=REASON_LENGTH.stop - 1)
    until = serializers.DateTimeField(
        required=False,
        allow_null=True,
        default=None,
        help_text=f"At most {LONGEST.days} days ahead; none: until each differs otherwise, which always ends it.",
    )
