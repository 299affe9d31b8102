"""On the wire: what scans did not look at, decisions that lapsed, drifts that came back, and when people are told."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from drifts.actions.detection import aws_external_id
from drifts.detection_limits import ALERT_AFTER_SCANS, FLAP_WINDOW_DAYS
from drifts.findings import Gap
from drifts.ingest.lapse import MAX_PATHS
from drifts.models import DetectionSettings, Drift
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer

EXTERNAL_ID = r"^driftsentry-[0-9a-f]{32}$"
EXTERNAL_ID_LENGTH = 44
NAME_LENGTH = 1000
REASON_LENGTH = 500


class NotAssessedSerializer(CamelSerializer):
    """A part of a stack that a scan could not look at."""

    what = serializers.ChoiceField([(gap.value, gap.value) for gap in Gap], help_text="all: whatever it does not name.")
    name = serializers.CharField(max_length=NAME_LENGTH, allow_blank=True, help_text="An address, or a glob of types.")
    reason = serializers.CharField(max_length=REASON_LENGTH, allow_blank=True)


class LapsedDecisionSerializer(CamelSerializer):
    """A decision on the drift before this one that no longer stands."""

    drift_id = serializers.UUIDField()
    decision = serializers.ChoiceField([("approved", "approved"), ("rejected", "rejected")])
    by = serializers.UUIDField(allow_null=True)
    at = serializers.DateTimeField(allow_null=True)
    paths = serializers.ListField(child=serializers.CharField(), max_length=MAX_PATHS)
    reason = serializers.CharField()


class EarlierDriftSerializer(CamelModelSerializer):
    """A drift of the same resource that is over."""

    drift_id = serializers.UUIDField(source="pk", read_only=True)
    resolved_how = serializers.ChoiceField(Drift.Resolutions.choices, read_only=True)

    class Meta:
        """When it came, when it went, and how."""

        model = Drift
        fields = ["drift_id", "detected_at", "resolved_at", "resolved_how"]
        read_only_fields = fields


class DetectionSettingsSerializer(CamelModelSerializer):
    """What an account asks of detection."""

    alert_after_scans = serializers.IntegerField(min_value=ALERT_AFTER_SCANS.least, max_value=ALERT_AFTER_SCANS.most)
    flap_window_days = serializers.IntegerField(min_value=FLAP_WINDOW_DAYS.least, max_value=FLAP_WINDOW_DAYS.most)
    aws_external_id = serializers.SerializerMethodField(
        help_text="What each AWS role that stacks name must demand in its trust policy: no other account has it."
    )

    class Meta:
        """What may be set."""

        model = DetectionSettings
        fields = ["alert_after_scans", "flap_window_days", "aws_external_id"]

    @extend_schema_field({"type": "string", "maxLength": EXTERNAL_ID_LENGTH, "pattern": EXTERNAL_ID, "readOnly": True})
    def get_aws_external_id(self, settings: DetectionSettings) -> str:
        """The account's own external id at AWS.

        Args:
            settings: The account's.
        """
        return aws_external_id(settings.account_id)
