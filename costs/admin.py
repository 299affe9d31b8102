"""Costs in the admin: to read only, since the ledger is insert-only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from costs.models import CostMetric
from driftsentry.api.tenancy import account_id_of


@admin.register(CostMetric)
class CostMetricAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # not subscriptable at run time
    """The ledger of the admin's own account."""

    list_display = ("at", "drift_id", "impact_delta", "savings_delta")
    search_fields = ("drift_id__exact",)
    search_help_text = "A drift's id"
    date_hierarchy = "at"
    ordering = ("-date", "-at", "-id")  # the order of an index
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[CostMetric]:
        """The account's own rows.

        Args:
            request: Of an admin.
        """
        return CostMetric.objects.for_account(account_id_of(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Admins see the app."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: CostMetric | None = None) -> bool:
        """Admins may read."""
        return request.user.is_active and request.user.is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes."""
        return False
