"""The journal in the admin: to read only, as in the database."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from audit.facts import REGISTRY, sentence
from audit.models import AuditHead, AuditLog
from audit.serializers import personal_of
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, json_block


class KindFilter(admin.SimpleListFilter):
    """By what happened; the kinds come from the registry, not from the rows, which are many."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Every kind that there is.

        Args:
            request: Of an admin.
            model_admin: Unused.
        """
        return [(kind, kind) for kind in sorted({kind for kind, _ in REGISTRY})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditLog]) -> QuerySet[AuditLog]:
        """The entries of the kind.

        Args:
            request: Of an admin.
            queryset: The entries.
        """
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(AuditLog)
class AuditLogAdmin(TenantAdmin):
    """What happened, newest first."""

    reading = Permission.READ_AUDIT
    list_display = ("seq", "at", "kind", "message", "actor")
    list_display_links = ("seq", "kind")
    list_filter = (KindFilter,)
    list_select_related = ("account",)
    search_fields = ("drift_id__exact", "actor_id__exact", "correlation_id__exact")
    search_help_text = "The id of a drift, of a user, or of a request"
    date_hierarchy = "at"
    ordering = ("-seq",)
    fields = (
        *("seq", "at", "kind", "v", "message", "actor", "actor_id", "actor_role", "address", "user_agent"),
        *("correlation_id", "drift_id", "facts", "previous", "own_hash"),
    )
    readonly_fields = ("message", "actor", "address", "user_agent", "facts", "previous", "own_hash")

    @admin.display
    def message(self, entry: AuditLog) -> str:
        """The entry in words."""
        text = "" if entry.personal is None else str(entry.personal.get("text", ""))
        return sentence(entry.kind, entry.v, entry.data, text)

    @admin.display
    def actor(self, entry: AuditLog) -> str:
        """Who did it."""
        return personal_of(entry, "actorEmail")

    @admin.display
    def address(self, entry: AuditLog) -> str:
        """From where."""
        return personal_of(entry, "address")

    @admin.display
    def user_agent(self, entry: AuditLog) -> str:
        """With what."""
        return personal_of(entry, "userAgent")

    @admin.display(description="data")
    def facts(self, entry: AuditLog) -> SafeString:
        """The fact as the chain covers it."""
        return json_block(entry.data)

    @admin.display(description="previous hash")
    def previous(self, entry: AuditLog) -> str:
        """Hex of the hash of the entry before it."""
        return bytes(entry.prev_hash).hex()

    @admin.display(description="hash")
    def own_hash(self, entry: AuditLog) -> str:
        """Hex of its hash."""
        return bytes(entry.hash).hex()


@admin.register(AuditHead)
class AuditHeadAdmin(TenantAdmin):
    """Where each account's journal ends."""

    reading = Permission.READ_AUDIT
    list_display = ("__str__", "seq", "last_hash", "epoch")
    list_select_related = ("account",)
    fields = ("account", "seq", "last_hash", "epoch")
    readonly_fields = ("last_hash",)

    @admin.display(description="hash")
    def last_hash(self, head: AuditHead) -> str:
        """Hex of the last entry's hash."""
        return bytes(head.hash).hex()
