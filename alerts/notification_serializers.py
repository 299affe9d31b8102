"""On the wire: when people are reminded, and told of what drifts cost."""

from rest_framework import serializers

from alerts.models import Alert, NotificationSettings
from alerts.notification_limits import LEAST_COST, MOST_COST, REMINDER_AFTER_HOURS, REMINDER_REPEAT_HOURS
from driftsentry.api.casing import CamelModelSerializer


class NotificationSettingsSerializer(CamelModelSerializer):
    """When an account's people are reminded of drifts that nobody decides on, and told of what drifts cost."""

    reminder_severities = serializers.ListField(
        child=serializers.ChoiceField(Alert.Severities.choices),
        max_length=len(Alert.Severities),
        help_text="Of which drifts people are reminded; an empty list: of none.",
    )
    reminder_after_hours = serializers.IntegerField(
        min_value=REMINDER_AFTER_HOURS.least,
        max_value=REMINDER_AFTER_HOURS.most,
        help_text="How long a drift waits undecided before the first reminder.",
    )
    repeat_every_hours = serializers.IntegerField(
        min_value=REMINDER_REPEAT_HOURS.least,
        max_value=REMINDER_REPEAT_HOURS.most,
        help_text="How long after a reminder the next one follows; after the seventh there is none.",
    )

    cost_threshold_monthly = serializers.DecimalField(
        max_digits=14,
        decimal_places=2,
        min_value=LEAST_COST,
        max_value=MOST_COST,
        allow_null=True,
        help_text="People are told once when the open drifts cost more than this a month, USD; null: never.",
    )

    class Meta:
        """What may be set."""

        model = NotificationSettings
        fields = ["reminder_severities", "reminder_after_hours", "repeat_every_hours", "cost_threshold_monthly"]
