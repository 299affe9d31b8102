"""Filters of the audit API."""

from django_filters import rest_framework as filters

from audit.models import AuditLog
from driftsentry.api.filtering import CommaList, Moment


class AuditLogFilter(filters.FilterSet):
    """By drift, actor, kind, time and number."""

    driftId = filters.UUIDFilter(field_name="drift_id")
    actorId = filters.UUIDFilter(field_name="actor_id")
    action = CommaList(field_name="kind")
    after = Moment(field_name="at", lookup_expr="gt")
    before = Moment(field_name="at", lookup_expr="lt")
    afterSeq = filters.NumberFilter(field_name="seq", lookup_expr="gt", min_value=0, max_value=2**62, decimal_places=0)

    class Meta:
        """Filters the journal."""

        model = AuditLog
        fields: list[str] = []
