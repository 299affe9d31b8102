"""What accounts demand of decisions, what people said, and the reviews, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts.actors import actor_of
from drifts.actions.approval_policies import BOUNDS, FIELDS, set_approval_policy
from drifts.models import ApprovalPolicy, DriftApproval, DriftReview
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge, is_superuser
from driftsentry.api.tenancy import account_id_of


class ApprovalPolicyForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """What an account may demand, within its bounds."""

    class Meta:
        """What is set."""

        model = ApprovalPolicy
        fields = ("account", "severity", *FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, bounds in BOUNDS.items():
            if name in self.fields:
                self.fields[name] = forms.IntegerField(
                    min_value=bounds.start,
                    max_value=bounds.stop - 1,
                    initial=self.fields[name].initial,
                    help_text=self.fields[name].help_text,
                )


@admin.register(ApprovalPolicy)
class ApprovalPolicyAdmin(TenantAdmin):
    """How many people it takes to decide, by severity; where nothing is set, it takes one."""

    reading = Permission.READ
    writing = Permission.ADMINISTER
    form = ApprovalPolicyForm
    list_display = ("coloured_severity", "needed", "applies_to", "expires_hours", "break_glass", "updated_at")
    list_filter = ("severity",)
    list_select_related = ("account",)
    ordering = ("severity", "id")
    autocomplete_fields = ("account",)

    @admin.display(description="severity", ordering="severity")
    def coloured_severity(self, policy: ApprovalPolicy) -> SafeString:
        """Of which drifts."""
        return badge("severity", policy.severity, policy.get_severity_display())

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields; superusers say whose new policy it is.

        Args:
            request: Of an admin.
            obj: The policy, none where one is added.
        """
        return (*(("account",) if is_superuser(request) else ()), "severity", *FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A policy stays in its account, and with its severity.

        Args:
            request: Of an admin.
            obj: The policy, none where one is added.
        """
        return () if obj is None else ("account", "severity")

    def save_model(self, request: HttpRequest, obj: ApprovalPolicy, form: Any, change: bool) -> None:
        """Set what the form says; a severity that has a policy already gets no second one.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether it is there already.
        """
        values = dict(form.cleaned_data)
        account = values.pop("account", None)
        severity = obj.severity if change else values.pop("severity")
        account_id = obj.account_id if change else (account.pk if account else account_id_of(request))
        obj.pk = set_approval_policy(account_id, severity, values=values, by=actor_of(request)).pk


@admin.register(DriftApproval)
class DriftApprovalAdmin(TenantAdmin):
    """What each of several people said, newest first."""

    reading = Permission.READ
    list_display = ("given_at", "drift", "user", "decision", "expires_at", "ended_because")
    list_filter = ("decision", "ended_because")
    list_select_related = ("account", "drift", "user")
    search_fields = ("drift__resource_id", "user__email", "id__exact")
    date_hierarchy = "given_at"
    ordering = ("-id",)
    linked = ("drift",)
    fields = ("drift", "user", "decision", "reason", "given_at", "expires_at", "ended_at", "ended_because")


@admin.register(DriftReview)
class DriftReviewAdmin(TenantAdmin):
    """What one person decided alone, and what somebody else says of it, newest first."""

    reading = Permission.READ
    list_display = ("broken_at", "drift", "decision", "broken_by", "due_at", "verdict", "reviewed_by")
    list_filter = ("verdict", "decision")
    list_select_related = ("account", "drift", "broken_by", "reviewed_by")
    search_fields = ("drift__resource_id", "id__exact")
    date_hierarchy = "broken_at"
    ordering = ("-id",)
    linked = ("drift",)
    fields = (
        *("drift", "decision", "broken_by", "broken_at", "due_at", "overdue_told_at"),
        *("reviewed_by", "reviewed_at", "verdict", "note"),
    )
