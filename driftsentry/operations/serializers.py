"""Operations on the wire."""

from rest_framework import serializers

from driftsentry.api.casing import CamelSerializer


class DetailedHealthSerializer(CamelSerializer):
    """How the process that answers is doing."""

    status = serializers.ChoiceField(choices=["ready", "degraded", "unready"])
    version = serializers.CharField()
    uptime_seconds = serializers.IntegerField()
    memory_bytes = serializers.IntegerField(
        allow_null=True, help_text="Resident memory; null where the system does not say."
    )
    query_milliseconds = serializers.FloatField(help_text="One trivial query, there and back.")
    checks = serializers.DictField(child=serializers.JSONField(), help_text="As /health/ready shows them.")
