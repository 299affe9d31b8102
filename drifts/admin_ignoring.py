"""Ignore rules, what they hid, and switched noise rules in the admin: to read; the API writes."""

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from drifts.models import HiddenFinding, IgnoreRule, NoiseChoice
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge


@admin.register(IgnoreRule)
class IgnoreRuleAdmin(TenantAdmin):
    """Which differences nobody wants to see, and how often each rule hid one; rules that are gone, too."""

    reading = Permission.READ
    list_display = ("title", "stack", "standing", "expires_at", "hidden_total", "last_hit_at", "author")
    list_filter = ("is_enabled",)
    list_select_related = ("account", "author")
    search_fields = ("name", "reason")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    heavy = ("reason",)
    fields = (
        *("title", "standing", "stack", "types", "addresses", "attributes", "kinds", "reason", "expires_at"),
        "is_enabled",
        *("author", "hidden_total", "last_hit_at", "created_at", "deleted_at"),
    )
    readonly_fields = fields

    @admin.display(description="standing")
    def standing(self, rule: IgnoreRule) -> SafeString:
        """Whether it hides anything now, and why not."""
        if rule.deleted_at is not None:
            return badge("rule", "gone", "Taken away")
        if rule.expires_at is not None and rule.expires_at <= timezone.now():
            return badge("rule", "expired", "Expired")
        return badge("rule", "in-force", "In force") if rule.is_enabled else badge("rule", "off", "Off")


@admin.register(HiddenFinding)
class HiddenFindingAdmin(TenantAdmin):
    """What rules hid: which resource, not what values."""

    reading = Permission.READ
    list_display = ("address", "provider_type", "kind", "coloured_severity", "rule", "stack", "is_whole", "hidden_at")
    list_filter = ("severity", "kind", "is_whole")
    list_select_related = ("account", "rule", "stack")
    search_fields = ("address", "stack__name", "rule__name")
    date_hierarchy = "hidden_at"
    ordering = ("-id",)
    linked = ("rule", "stack")
    fields = (
        *("address", "identity", "provider_type", "kind", "coloured_severity", "rule", "stack", "scan"),
        *("paths", "paths_total", "is_whole", "hidden_at"),
    )
    readonly_fields = fields

    @admin.display(description="severity", ordering="severity")
    def coloured_severity(self, row: HiddenFinding) -> SafeString:
        """How grave what is hidden would have been."""
        return badge("severity", row.severity, row.get_severity_display())


@admin.register(NoiseChoice)
class NoiseChoiceAdmin(TenantAdmin):
    """Built-in noise rules that accounts have switched."""

    reading = Permission.READ
    list_display = ("rule", "is_enabled", "author", "switched_at")
    list_filter = ("is_enabled",)
    list_select_related = ("account", "author")
    search_fields = ("rule",)
    date_hierarchy = "switched_at"
    ordering = ("rule",)
    fields = ("rule", "is_enabled", "reason", "author", "switched_at")
    readonly_fields = fields
