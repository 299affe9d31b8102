"""On the wire: who did it, what to do about a drift, and the hook that does it."""

from typing import Any

from rest_framework import serializers

from drifts.consequences import sentence_of
from drifts.findings import JsonObject, Kind
from drifts.models import Drift, RemediationHook, RemediationRun
from drifts.remediation.advice import advise
from drifts.remediation.requests import MAX_SECRET, MAX_URL
from drifts.remediation.subject import Subject
from driftsentry.api.casing import CamelModelSerializer, CamelSerializer, snake

MAX_MESSAGE = 2000
VIA = ("console", "api", "service")


class AttributionSerializer(CamelSerializer):
    """Who made the change, as the cloud's own trail tells."""

    principal = serializers.CharField(max_length=2048, help_text="The ARN, or the service that acted.")
    principal_type = serializers.CharField(max_length=100)
    event_name = serializers.CharField(max_length=200)
    event_source = serializers.CharField(max_length=200)
    at = serializers.DateTimeField()
    source_address = serializers.CharField(max_length=200, allow_blank=True)
    via = serializers.ChoiceField([(one, one) for one in VIA])
    event_id = serializers.CharField(max_length=200)

    def to_representation(self, told: Any) -> Any:
        """An attribution on the wire.

        Args:
            told: As a drift holds it.
        """
        return super().to_representation({snake(name): value for name, value in told.items()})


class RemediationStateSerializer(CamelModelSerializer):
    """The last time that the stack's pipeline was asked to put the drift back."""

    at = serializers.DateTimeField(source="updated_at", read_only=True, help_text="When that became so.")

    class Meta:
        """Where it stands."""

        model = RemediationRun
        fields = ["id", "status", "at", "url", "message"]
        read_only_fields = fields


class WaySerializer(CamelSerializer):
    """One way to put it back, or a part of it."""

    title = serializers.CharField()
    commands = serializers.ListField(child=serializers.CharField(), help_text="For a POSIX shell, arguments quoted.")


class KeepSerializer(CamelSerializer):
    """How to keep the change instead."""

    hcl = serializers.CharField(allow_blank=True, help_text="For the code; what is sensitive is left to variables.")
    commands = serializers.ListField(child=serializers.CharField())
    note = serializers.CharField(allow_blank=True)


class AdviceSerializer(CamelSerializer):
    """What to do about a drift; none of it is run here."""

    drift_id = serializers.UUIDField()
    to_restore = WaySerializer(many=True)
    to_keep = KeepSerializer()
    warnings = serializers.ListField(child=serializers.CharField(), help_text="What putting it back would do, first.")


class HookSerializer(CamelModelSerializer):
    """A stack's remediation hook."""

    url = serializers.CharField(
        max_length=MAX_URL, required=False, allow_blank=True, help_text="GitHub's and GitLab's own, where left out."
    )
    project = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="owner/repository, or GitLab's project."
    )
    ref = serializers.CharField(max_length=200, required=False, allow_blank=True, help_text="GitLab's branch or tag.")
    secret = serializers.CharField(
        max_length=MAX_SECRET,
        required=False,
        write_only=True,
        trim_whitespace=False,
        help_text="The token, or whsec_… that signs; needed where whoever is asked changes; never shown.",
    )
    is_enabled = serializers.BooleanField(required=False)

    class Meta:
        """How it is asked."""

        model = RemediationHook
        fields = ["id", "kind", "url", "project", "ref", "secret", "is_enabled", "created_at", "updated_at"]
        read_only_fields = ["id", "created_at", "updated_at"]


class ResultSerializer(CamelSerializer):
    """A pipeline's answer."""

    token = serializers.CharField(max_length=200, help_text="As it was given with the request; good for one answer.")
    status = serializers.ChoiceField([("succeeded", "succeeded"), ("failed", "failed")])
    message = serializers.CharField(max_length=MAX_MESSAGE, required=False, allow_blank=True)
    url = serializers.CharField(max_length=MAX_URL, required=False, allow_blank=True, help_text="Where to look at it.")


def advice_for(drift: Drift) -> Any:
    """What to do about a drift, on the wire.

    Args:
        drift: The drift, with its stack.
    """
    found = advise(_subject(drift))
    told = {"to_restore": found.to_restore, "to_keep": found.to_keep, "warnings": found.warnings}
    return AdviceSerializer({"drift_id": drift.pk, **told}).data


def _subject(drift: Drift) -> Subject:
    config: JsonObject = drift.stack.detector_config
    binary = config.get("binary") if drift.stack.detector == "terraform" else ""
    return Subject(
        tool="opentofu" if binary == "tofu" else drift.stack.tool,
        kind=Kind(drift.kind),
        address=drift.address,
        provider_type=drift.provider_type,
        resource_id=drift.resource_id,
        region=drift.region,
        expected=drift.expected_state,
        actual=drift.actual_state,
        difference=drift.difference,
        consequence="" if drift.consequence is None else sentence_of(drift.consequence),
    )


def remediation_of(drift: Drift) -> Any:
    """The last run of a drift on the wire; None where no pipeline was asked.

    Args:
        drift: The drift.
    """
    run = drift.remediation_runs.order_by("-id").first()
    return None if run is None else RemediationStateSerializer(run).data
