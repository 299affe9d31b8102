"""The hooks that put drifts back and what became of each run, in the admin: to read; never with a secret."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from drifts.models import RemediationHook, RemediationRun
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge


@admin.register(RemediationHook)
class RemediationHookAdmin(TenantAdmin):
    """Whose pipelines are asked; the API sets them."""

    reading = Permission.MANAGE_STACKS
    list_display = ("stack", "kind", "url", "project", "is_enabled", "updated_at")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("account", "stack")
    search_fields = ("stack__name", "project")
    ordering = ("-updated_at",)
    fields = ("stack", "kind", "url", "project", "ref", "is_enabled", "created_at", "updated_at")

    def get_queryset(self, request: HttpRequest) -> Any:
        """The rows without their secrets.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).defer("secret")


@admin.register(RemediationRun)
class RemediationRunAdmin(TenantAdmin):
    """Each time that a pipeline was asked, newest first."""

    reading = Permission.READ
    list_display = ("created_at", "drift", "kind", "coloured_status", "attempts", "answer_status", "finished_at")
    list_filter = ("status", "kind")
    list_select_related = ("account", "drift")
    search_fields = ("drift__resource_id", "external_id", "id__exact")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    linked = ("drift",)
    fields = (
        *("drift", "kind", "coloured_status", "attempts", "answer_status", "next_try_at", "sent_at", "deadline"),
        *("finished_at", "external_id", "url", "message", "created_at"),
    )
    readonly_fields = ("coloured_status",)
    heavy = ("token_digest",)

    @admin.display(description="status", ordering="status")
    def coloured_status(self, run: RemediationRun) -> SafeString:
        """Where it stands."""
        return badge("status", run.status, run.get_status_display())
