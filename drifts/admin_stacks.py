"""Stacks in the admin: what describes them, what scans them and when; what is written goes through `drifts.actions`."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.actors import actor_of
from drifts.actions import stacks
from drifts.actions.scanning import request_scan
from drifts.detector_fields import NO_SECRETS, are_secrets
from drifts.models import Stack
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, badge, is_superuser
from driftsentry.api.tenancy import account_id_of

DRIFT = "admin:drifts_drift"
STANDING = ("detector_secret_names", "next_scan_at", "last_scan_at", "freshness")
"""What stands on a stack's page and is not written there."""


class StackForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """A stack, its name unique within the account."""

    detector_secrets = forms.CharField(
        required=False,
        strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text='Names and texts as JSON: {"AWS_ACCESS_KEY_ID": "…"}; null removes one. What is kept is never shown.',
    )

    class Meta:
        """What describes it."""

        model = Stack
        fields = stacks.FIELDS

    def clean_labels(self) -> dict[str, str]:
        """Take names and texts only.

        Raises:
            ValidationError: It is something else.
        """
        labels = self.cleaned_data["labels"] or {}
        if not isinstance(labels, dict) or not all(isinstance(value, str) for value in labels.values()):
            raise forms.ValidationError('Names, each with a text: {"team": "payments"}.')
        return labels

    def clean_detector_config(self) -> dict[str, Any]:
        """Take an object only; the detector looks at what is in it.

        Raises:
            ValidationError: It is something else.
        """
        config = self.cleaned_data["detector_config"]
        if config is None:
            return {}
        if not isinstance(config, dict):
            raise forms.ValidationError('A JSON object: {"region": "eu-central-1"}.')
        return config

    def clean_detector_secrets(self) -> dict[str, str | None]:
        """Read the names and texts.

        Raises:
            ValidationError: They are something else; nothing of them is repeated.
        """
        try:
            secrets = json.loads(self.cleaned_data["detector_secrets"] or "{}")
        except ValueError:
            raise forms.ValidationError(NO_SECRETS) from None
        if not are_secrets(secrets):
            raise forms.ValidationError(NO_SECRETS)
        return dict(secrets)


@admin.register(Stack)
class StackAdmin(TenantAdmin):
    """What scans are about."""

    reading = Permission.READ
    writing = Permission.MANAGE_STACKS
    form = StackForm
    list_display = (
        *("name", "environment", "tool", "is_enabled", "detector", "schedule", "last_scan_at"),
        *("freshness", "its_rows"),
    )
    list_filter = ("is_enabled", "detector", "is_stale")
    actions = ("scan_now",)
    list_select_related = ("account",)
    search_fields = ("name", "owner", "environment")
    date_hierarchy = "created_at"
    ordering = ("name",)
    autocomplete_fields = ("account",)
    heavy = ("labels", "detector_config")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields; superusers say whose a new stack is.

        Args:
            request: Of an admin.
            obj: The stack, none where one is added.
        """
        names = (*stacks.FIELDS, "detector_secrets", *(STANDING if obj else ()))
        return (*(("account",) if is_superuser(request) else ()), *names)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A stack stays in its account.

        Args:
            request: Of an admin.
            obj: The stack, none where one is added.
        """
        return () if obj is None else ("account", *STANDING)

    def save_model(self, request: HttpRequest, obj: Stack, form: Any, change: bool) -> None:
        """Make the stack, or change it.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether it is there already.
        """
        values, by = dict(form.cleaned_data), actor_of(request)
        account = values.pop("account", None)
        if change:
            stacks.change_stack(obj.account_id, obj.pk, values=values, by=by)
        else:
            account_id = account.pk if account else account_id_of(request)
            obj.pk = stacks.create_stack(account_id, values=values, by=by).pk

    def has_scan_permission(self, request: HttpRequest) -> bool:
        """Whether the user's role may have a stack scanned.

        Args:
            request: Of an admin.
        """
        return self._may(request, Permission.MANAGE_STACKS)

    @admin.action(description="Scan now", permissions=["scan"])
    def scan_now(self, request: HttpRequest, queryset: QuerySet[Stack]) -> None:
        """Have each selected stack read by its detector: one that cannot be does not stop the others.

        Args:
            request: Of an admin.
            queryset: The stacks.
        """
        asked = self.for_each(
            request,
            self.selection(request, queryset),
            lambda stack: request_scan(stack.account_id, stack.pk, by=actor_of(request)),
        )
        if asked:
            self.message_user(request, f"Scans asked for: {asked}. A worker makes them.", messages.SUCCESS)

    @admin.display(description="freshness", empty_value="")
    def freshness(self, stack: Stack) -> SafeString | None:
        """Whether its schedule says that it should have been scanned; nothing where all is well."""
        return badge("doubt", "stale", "Stale") if stack.is_stale else None

    @admin.display(description="of it")
    def its_rows(self, stack: Stack) -> SafeString:
        """Where its drifts and its scans are."""
        pages = [("drifts", f"{DRIFT}_changelist"), ("scans", "admin:drifts_scan_changelist")]
        links = ((reverse(page), stack.pk, name) for name, page in pages)
        return format_html_join(" · ", '<a href="{}?stack__id__exact={}">{}</a>', links)
