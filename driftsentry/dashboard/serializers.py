"""The dashboard's figures on the wire."""

from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from costs.serializers import usd
from drifts.models import Drift
from driftsentry.api.casing import CamelSerializer
from driftsentry.dashboard.queries import By


def _count(help_text: str) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, help_text=help_text)


class ByStatusSerializer(CamelSerializer):
    """How many of each status."""

    detected = _count("Seen, and nobody has looked.")
    triaged = _count("Somebody has looked and not decided.")
    approved = _count("Putting it back is approved.")
    rejected = _count("Putting it back is declined.")
    resolved = _count("Over.")


class BySeveritySerializer(CamelSerializer):
    """How many of each severity."""

    critical = _count("Critical.")
    high = _count("High.")
    medium = _count("Medium.")
    low = _count("Low.")


class DriftFiguresSerializer(CamelSerializer):
    """Drifts, counted."""

    total = _count("Drifts detected in the days asked for, and older ones that are still open.")
    by_status = ByStatusSerializer(help_text="The same, by status.")
    by_severity = BySeveritySerializer(help_text="The same, by severity.")
    open = _count("Not resolved, now.")
    resolved_today = _count("Resolved since midnight UTC.")
    pending_approval = _count("Awaiting a decision, now: detected or triaged.")
    not_assessed = _count("Not resolved, and the last scan of their stack did not look at them.")


class AlertFiguresSerializer(CamelSerializer):
    """Alerts, counted."""

    total = _count("All alerts of the account.")
    unread = _count("Those that nobody has read.")


class StackFiguresSerializer(CamelSerializer):
    """Stacks, counted."""

    total = _count("All stacks of the account.")
    stale = _count("Those that were not scanned for twice the interval of their schedule.")


class CostFiguresSerializer(CamelSerializer):
    """What the drifts open now cost."""

    total_monthly_impact = usd("The sum of the known costs of the drifts open now, USD a month.")
    projected_savings = usd("What putting back those of them that cost money would save, USD a month.")


class ResponseTimesSerializer(CamelSerializer):
    """How long people took."""

    mean_seconds_to_decision = serializers.FloatField(
        allow_null=True, help_text="From detection to decision, of the decisions of the days; null where none."
    )
    mean_seconds_to_resolution = serializers.FloatField(
        allow_null=True, help_text="From detection to resolution, of the resolutions of the days; null where none."
    )


class SummarySerializer(CamelSerializer):
    """The account at a glance."""

    drifts = DriftFiguresSerializer()
    stacks = StackFiguresSerializer()
    alerts = AlertFiguresSerializer()
    cost = CostFiguresSerializer()
    response_times = ResponseTimesSerializer()


class _ShareSerializer(CamelSerializer):
    count = _count("How many drifts on record, open or over.")
    percentage = serializers.DecimalField(max_digits=5, decimal_places=2, help_text="Of all; they add up to 100.")


class SeverityShareSerializer(_ShareSerializer):
    """One severity's part."""

    severity = serializers.ChoiceField(Drift.Severities.choices, source="value")


class StatusShareSerializer(_ShareSerializer):
    """One status's part."""

    status = serializers.ChoiceField(Drift.Statuses.choices, source="value")


@extend_schema_serializer(many=False)
class SeverityDistributionSerializer(CamelSerializer):
    """All drifts on record by severity, gravest first, every severity present."""

    data: Any = SeverityShareSerializer(many=True)
    total = _count("All drifts on record.")


@extend_schema_serializer(many=False)
class StatusDistributionSerializer(CamelSerializer):
    """All drifts on record by status, every status present."""

    data: Any = StatusShareSerializer(many=True)
    total = _count("All drifts on record.")


class RankSerializer(CamelSerializer):
    """One stack, resource type or region."""

    name = serializers.CharField(help_text="Of the stack, the resource type or the region.")
    count = _count("How many open drifts it has.")
    total_monthly_impact = usd("The sum of their known costs, USD a month.")


@extend_schema_serializer(many=False)
class TopSerializer(CamelSerializer):
    """Where most open drifts are."""

    by = serializers.ChoiceField([one.value for one in By])
    data: Any = RankSerializer(many=True)
