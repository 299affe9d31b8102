"""Filters of the audit API."""

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from audit.models import AuditLog
from audit.moments import first_seq
from driftsentry.api.filtering import CommaList, Moment
from driftsentry.api.tenancy import account_id_of

_NUMBER: dict[str, Any] = {"field_name": "seq", "min_value": 0, "max_value": 2**62, "decimal_places": 0}


class AuditLogFilter(filters.FilterSet):
    """By drift, actor, kind, time and number. Times are looked up once: the list itself goes by numbers only."""

    driftId = filters.UUIDFilter(field_name="drift_id")
    actorId = filters.UUIDFilter(field_name="actor_id")
    action = CommaList(field_name="kind")
    after = Moment(method="later_than")
    before = Moment(method="earlier_than")
    afterSeq = filters.NumberFilter(lookup_expr="gt", **_NUMBER)
    beforeSeq = filters.NumberFilter(lookup_expr="lt", **_NUMBER)

    class Meta:
        """Filters the journal."""

        model = AuditLog
        fields: list[str] = []

    def later_than(self, rows: QuerySet[AuditLog], name: str, moment: datetime) -> QuerySet[AuditLog]:
        """The entries appended after a time.

        Args:
            rows: The account's.
            name: Unused.
            moment: The time.
        """
        return rows.filter(seq__gte=first_seq(account_id_of(self.request), moment, comparison="<="))

    def earlier_than(self, rows: QuerySet[AuditLog], name: str, moment: datetime) -> QuerySet[AuditLog]:
        """The entries appended before a time.

        Args:
            rows: The account's.
            name: Unused.
            moment: The time.
        """
        return rows.filter(seq__lt=first_seq(account_id_of(self.request), moment, comparison="<"))
