"""Severity rules of accounts in the admin, to read: the API writes them, where a rule can be tried first."""

from django.contrib import admin
from django.utils.safestring import SafeString

from drifts.models import SeverityRule
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge, json_block


@admin.register(SeverityRule)
class SeverityRuleAdmin(TenantAdmin):
    """How grave changes are, as accounts say; in the order in which the rules are asked."""

    reading = Permission.ADMINISTER
    list_display = ("name", "position", "coloured_severity", "because", "is_enabled", "author", "updated_at")
    list_filter = ("severity", "is_enabled")
    list_select_related = ("account", "author")
    search_fields = ("name", "because")
    date_hierarchy = "created_at"
    ordering = ("position", "id")
    fields = (
        *("name", "position", "coloured_severity", "because", "is_enabled", "conditions"),
        *("author", "created_at", "updated_at"),
    )
    readonly_fields = ("coloured_severity", "conditions")

    @admin.display(description="severity", ordering="severity")
    def coloured_severity(self, rule: SeverityRule) -> SafeString:
        """How grave what it fits is."""
        return badge("severity", rule.severity, rule.get_severity_display())

    @admin.display(description="what it fits")
    def conditions(self, rule: SeverityRule) -> SafeString:
        """Its conditions; what it does not say means: whatever."""
        names = ("types", "kinds", "attributes", "environments", "test")
        return json_block({name: getattr(rule, name) for name in names})
