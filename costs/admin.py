"""Costs in the admin: to read only, since the ledger is insert-only."""

from django.contrib import admin

from costs.models import CostMetric
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin


@admin.register(CostMetric)
class CostMetricAdmin(TenantAdmin):
    """The ledger, the newest change first."""

    reading = Permission.READ
    list_display = ("at", "drift_id", "impact_delta", "savings_delta")
    list_select_related = ("account",)
    search_fields = ("drift_id__exact",)
    search_help_text = "A drift's id"
    date_hierarchy = "at"
    ordering = ("-date", "-at", "-id")  # the order of an index
