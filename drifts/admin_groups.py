"""What was decided of groups of drifts, in the admin, to read: the API decides and undoes."""

from django.contrib import admin

from drifts.models import DriftGroupDecision, DriftGroupMember
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin


@admin.register(DriftGroupDecision)
class DriftGroupDecisionAdmin(TenantAdmin):
    """One decision each, for all drifts that shared a cause."""

    reading = Permission.READ
    list_display = (
        *("sentence", "action", "cause", "decided", "awaiting", "refused"),
        *("decided_by", "decided_at", "undone_at"),
    )
    list_filter = ("action", "cause")
    list_select_related = ("account", "decided_by")
    search_fields = ("sentence", "reason")
    date_hierarchy = "decided_at"
    ordering = ("-id",)
    fields = (
        *("sentence", "cause", "group_id", "action", "reason", "until", "assignee", "decided_by", "decided_at"),
        *("decided", "awaiting", "refused"),
        *("undone_by", "undone_at", "undo_note", "undone", "left"),
    )
    readonly_fields = fields


@admin.register(DriftGroupMember)
class DriftGroupMemberAdmin(TenantAdmin):
    """The drifts that such decisions were made of, and what came of each."""

    reading = Permission.READ
    list_display = ("drift", "outcome", "error", "decision", "successor")
    list_filter = ("outcome",)
    list_select_related = ("account", "drift", "decision", "successor")
    search_fields = ("drift__resource_id", "decision__sentence")
    ordering = ("-id",)
    linked = ("decision", "drift")
    fields = ("decision", "drift", "outcome", "error", "successor")
    readonly_fields = fields
