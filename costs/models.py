"""The ledger of what drifts cost, and prices read from the provider. Only `costs.actions` writes either.

Nothing changes what the ledger has said; a price list gives way to the newer one of its service and region.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

import pgtrigger
from django.db import models
from django.db.models import Case, F, Q, Sum, Value, When
from django.db.models.functions import TruncDate

from driftsentry.api.ids import new_id


class DayDelta(TypedDict):
    """By how much a day changed what drifts cost a month."""

    day: date
    impact: Decimal
    savings: Decimal


class CostMetricQuerySet(models.QuerySet["CostMetric"]):
    """Reads of the ledger."""

    def for_account(self, account_id: UUID) -> CostMetricQuerySet:
        """The changes of a tenant.

        Args:
            account_id: The tenant.
        """
        return self.filter(account_id=account_id)

    def by_day(self, first: date, last: date) -> models.QuerySet[CostMetric, DayDelta]:
        """The sum of the changes of each day that has any, oldest first; all that was before counts to the first day.

        Args:
            first: The first day of interest.
            last: The last one; later changes are left out.
        """
        day = Case(When(date__lt=first, then=Value(first)), default=F("date"), output_field=models.DateField())
        days = self.filter(date__lte=last).order_by().values(day=day)
        return days.annotate(impact=Sum("impact_delta"), savings=Sum("savings_delta")).order_by("day")


class CostMetric(models.Model):
    """One change of what the open drifts of an account cost a month.

    The sum of all changes of an account is what its open drifts cost now; the sum up to a day is what those open at
    the end of that day cost. So a trend needs no history of drifts.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="+", db_index=False)
    drift_id = models.UUIDField(help_text="The drift whose cost changed: opened, changed or resolved.")
    at = models.DateTimeField(help_text="When it changed.")
    date = models.GeneratedField(
        expression=TruncDate("at"),
        output_field=models.DateField(),
        db_persist=True,
        help_text="The day of that, in UTC (the settings' time zone).",
    )
    impact_delta = models.DecimalField(
        max_digits=14, decimal_places=2, help_text="Change of the monthly cost of all open drifts, USD."
    )
    savings_delta = models.DecimalField(
        max_digits=14,
        decimal_places=2,
        help_text="Change of what putting back the drifts that cost money would save a month, USD.",
    )

    objects = CostMetricQuerySet.as_manager()

    class Meta:
        """Newest first; one index that the trend reads alone, one for the story of a drift."""

        db_table = "costs_cost_metric"
        ordering = ["-at", "-id"]
        verbose_name = "cost metric"
        constraints = [models.CheckConstraint(condition=~Q(impact_delta=0), name="costs_cost_metric_change")]
        indexes = [
            models.Index(
                fields=["account", "date"], include=["impact_delta", "savings_delta"], name="costs_cost_metric_day"
            ),
            models.Index(fields=["account", "drift_id"], name="costs_cost_metric_drift"),
        ]
        triggers = [
            pgtrigger.Protect(name="insert_only", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        """The change and its day."""
        return f"{self.impact_delta:+.2f} USD a month on {self.at:%Y-%m-%d}"


class PriceList(models.Model):
    """The newest on-demand list prices of one of the provider's services in one region. They are nobody's secret.

    No account owns them: they are the same for all, so they stand beside the wall between tenants, to be read only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    service = models.CharField(max_length=40, help_text="The provider's code of the service: AmazonEC2, AmazonRDS, …")
    region = models.CharField(max_length=64)
    date = models.DateField(help_text="The day they were read from the provider's list.")
    source = models.CharField(max_length=200, help_text="Which list they were read from.")
    currency = models.CharField(max_length=3, default="USD")
    figures = models.JSONField(help_text="Family, unit and item of each price, as the package's tables have them.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One list a service and region: the newest."""

        db_table = "costs_price_list"
        ordering = ["service", "region"]
        constraints = [models.UniqueConstraint(fields=["service", "region"], name="costs_price_list_newest")]

    def __str__(self) -> str:
        """Whose prices, and of when."""
        return f"{self.service} in {self.region}, {self.date}"
