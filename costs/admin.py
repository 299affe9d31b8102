"""Costs in the admin: to read only. The ledger is insert-only, and prices come from the provider."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from costs.models import CostMetric, PriceList
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, is_superuser, json_block


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


@admin.register(PriceList)
class PriceListAdmin(TenantAdmin):
    """The prices read from the provider, for superusers: they are of the whole installation."""

    list_display = ("service", "region", "date", "updated_at")
    list_filter = ("service", "region")
    fields = ("service", "region", "date", "source", "currency", "updated_at", "shown_figures")
    heavy = ("figures",)
    ordering = ("service", "region")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Superusers only: no account owns a price."""
        return is_superuser(request) and super().has_view_permission(request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceList]:
        """All rows, for those who may see them.

        Args:
            request: Of an admin.
        """
        return PriceList.objects.all() if is_superuser(request) else PriceList.objects.none()

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns; there is no account.

        Args:
            request: Of an admin.
        """
        return self.list_display

    @admin.display(description="figures")
    def shown_figures(self, row: PriceList) -> SafeString:
        """The prices, laid out."""
        return json_block(row.figures)
