"""Alerts in the admin: to read, and to mark as read."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.actors import actor_of
from alerts.actions import alerts as actions
from alerts.actions import handling
from alerts.admin_channels import ChannelAdmin, DeliveryAdmin  # noqa: F401 - Django looks for this module only
from alerts.admin_notifications import NotificationSettingsAdmin  # noqa: F401 - the same
from alerts.models import Alert
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge


class ReadFilter(admin.SimpleListFilter):
    """Whether somebody has read it."""

    title = "read"
    parameter_name = "read"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Yes or no.

        Args:
            request: Of an admin.
            model_admin: Unused.
        """
        return [("no", "No"), ("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Alert]) -> QuerySet[Alert]:
        """The alerts asked for.

        Args:
            request: Of an admin.
            queryset: The alerts.
        """
        return queryset.filter(read_at__isnull=self.value() == "no") if self.value() else queryset


@admin.register(Alert)
class AlertAdmin(TenantAdmin):
    """What people were told, newest first."""

    reading = Permission.READ
    list_display = ("title", "coloured_severity", "type", "read", "acknowledged_by", "assignee", "state", "created_at")
    list_filter = (ReadFilter, "severity", "type")
    list_select_related = ("account", "acknowledged_by", "assignee")
    search_fields = ("title", "drift__id__exact")
    search_help_text = "A word of the title, or a drift's id"
    date_hierarchy = "created_at"
    ordering = ("-id",)
    actions = ("mark_read", "acknowledge", "take", "unsnooze")
    heavy = ("snooze_digests",)
    fields = (
        *("title", "message", "coloured_severity", "type", "its_drift", "its_scan"),
        *("created_at", "read", "read_at", "read_by", "acknowledged_at", "acknowledged_by", "acknowledgement_note"),
        *("assignee", "assigned_at", "assigned_by"),
        *("state", "snoozed_at", "snoozed_until", "snoozed_by", "snooze_reason"),
    )
    readonly_fields = ("coloured_severity", "its_drift", "its_scan", "read", "state")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Alert]:
        """The alerts, but for those that are for somebody else alone.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).filter(Q(recipient=None) | Q(recipient=request.user.pk))

    @admin.display(description="severity", ordering="severity")
    def coloured_severity(self, alert: Alert) -> SafeString:
        """How much it matters."""
        return badge("severity", alert.severity, alert.get_severity_display())

    @admin.display(boolean=True)
    def read(self, alert: Alert) -> bool:
        """Whether somebody has read it."""
        return alert.is_read

    @admin.display(description="drift")
    def its_drift(self, alert: Alert) -> SafeString | str:
        """The drift it is about."""
        return _link("admin:drifts_drift_change", alert.drift_id)

    @admin.display(description="scan")
    def its_scan(self, alert: Alert) -> SafeString | str:
        """The scan it is about."""
        return _link("admin:drifts_scan_change", alert.scan_id)

    @admin.display(description="snooze")
    def state(self, alert: Alert) -> SafeString | str:
        """Whether nobody is bothered with it for now."""
        return badge("doubt", "snoozed", "Snoozed") if alert.is_snoozed else "-"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may decide.

        Args:
            request: Of an admin.
        """
        return self._may(request, Permission.DECIDE)

    def has_mark_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may mark alerts.

        Args:
            request: Of an admin.
        """
        return self._may(request, Permission.MARK_ALERTS)

    @admin.action(description="Mark as read", permissions=["mark"])
    def mark_read(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Note that the admin has read the selected ones.

        Args:
            request: Of an admin.
            queryset: The selected alerts.
        """
        found = self.selection(request, queryset)
        for alert in found:
            actions.mark_read(alert.account_id, alert.pk, by=actor_of(request))
        if found:
            self.message_user(request, f"Marked as read: {len(found)}.")

    @admin.action(description="Acknowledge: I have it", permissions=["decide"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Say that the admin has the selected ones.

        Args:
            request: Of an admin.
            queryset: The selected alerts.
        """
        self._each(request, queryset, "Acknowledged", handling.acknowledge_alert)

    @admin.action(description="Assign to me", permissions=["decide"])
    def take(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """Let the selected ones be the admin's; the API gives them to others.

        Args:
            request: Of an admin.
            queryset: The selected alerts.
        """
        self._each(request, queryset, "Assigned to you", partial(handling.assign_alert, assignee_id=request.user.pk))

    @admin.action(description="End the snooze", permissions=["decide"])
    def unsnooze(self, request: HttpRequest, queryset: QuerySet[Alert]) -> None:
        """End the snoozes of the selected ones; the API snoozes them.

        Args:
            request: Of an admin.
            queryset: The selected alerts.
        """
        self._each(request, queryset, "Snooze ended", handling.unsnooze_alert)

    def _each(self, request: HttpRequest, queryset: QuerySet[Alert], words: str, act: Callable[..., Alert]) -> None:
        done = self.for_each(
            request,
            self.selection(request, queryset),
            lambda alert: act(alert.account_id, alert.pk, by=actor_of(request)),
        )
        if done:
            self.message_user(request, f"{words}: {done}.")


def _link(route: str, ident: Any) -> SafeString | str:
    return format_html('<a href="{}">{}</a>', reverse(route, args=[ident]), ident) if ident else "-"
