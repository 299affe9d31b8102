"""The journal in the admin: to read only, as in the database."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audit.exporting import JSON_LINES, file_name, header_of, written
from audit.facts import REGISTRY
from audit.models import AuditCheckpoint, AuditHead, AuditLog
from audit.serializers import personal_of, words_of
from audit.verification import verify
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, json_block
from driftsentry.api.files import sent_as_file

MOST_VERIFIED = 50_000
"""Entries walked while a page is waited for: a second or two."""


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
        return words_of(entry, {})

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
    """Where each account's journal ends, and whether it holds."""

    reading = Permission.READ_AUDIT
    list_display = ("__str__", "seq", "last_hash", "archived_seq", "epoch")
    list_select_related = ("account",)
    fields = ("account", "seq", "last_hash", "archived_seq", "epoch", "verifies", "links")
    readonly_fields = ("last_hash", "verifies", "links")

    @admin.display(description="hash")
    def last_hash(self, head: AuditHead) -> str:
        """Hex of the last entry's hash."""
        return bytes(head.hash).hex()

    @admin.display
    def verifies(self, head: AuditHead) -> str:
        """Whether the chain holds now; a long one is not walked while a page is waited for."""
        if head.seq - head.archived_seq > MOST_VERIFIED:
            return f"More than {MOST_VERIFIED:,} entries: ask GET /api/v1/audit-logs/verify or manage.py audit_verify."
        verdict = verify(head.account_id)
        if verdict.valid:
            return f"Yes: {verdict.entries} entries up to number {verdict.head_seq}."
        return f"NO, at entry {verdict.first_broken_seq}: {verdict.reason}."

    @admin.display
    def links(self, head: AuditHead) -> SafeString:
        """To the signed export, the entries and the checkpoints."""
        return format_html(
            '<a href="{}">Signed export (JSON Lines)</a> · <a href="{}">Entries</a> · <a href="{}">Checkpoints</a>',
            reverse("admin:audit_audithead_export", args=[head.pk]),
            reverse("admin:audit_auditlog_changelist"),
            reverse("admin:audit_auditcheckpoint_changelist"),
        )

    def get_urls(self) -> list[URLPattern]:
        """With the export's."""
        export = self.admin_site.admin_view(self.export)
        return [path("<uuid:account_id>/export/", export, name="audit_audithead_export"), *super().get_urls()]

    def export(self, request: HttpRequest, account_id: UUID) -> HttpResponseBase:
        """The journal as a signed file, as the API gives it.

        Args:
            request: Of an admin.
            account_id: Whose journal.

        Raises:
            PermissionDenied: The user may not read the journal.
            Http404: It is another account's.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        get_object_or_404(self.get_queryset(request), pk=account_id)
        header = header_of(account_id)
        return sent_as_file(request, written(header), name=file_name(header), media_type=JSON_LINES)


@admin.register(AuditCheckpoint)
class AuditCheckpointAdmin(TenantAdmin):
    """Up to where each journal is archived, and in which file."""

    reading = Permission.READ_AUDIT
    list_display = ("seq", "at", "archived_at", "entries", "file_name")
    list_select_related = ("account",)
    ordering = ("-archived_at",)
    fields = ("account", "seq", "at", "archived_at", "entries", "file_name", "file_sha256", "last_hash", "key_id")
    readonly_fields = ("file_sha256", "last_hash")

    @admin.display(description="sha256 of the file")
    def file_sha256(self, checkpoint: AuditCheckpoint) -> str:
        """Hex of the file's digest."""
        return bytes(checkpoint.file_digest).hex()

    @admin.display(description="hash")
    def last_hash(self, checkpoint: AuditCheckpoint) -> str:
        """Hex of the last archived entry's hash."""
        return bytes(checkpoint.hash).hex()
