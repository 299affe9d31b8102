"""API keys in the admin, each made for the account of whoever makes it; writes go through `accounts.actions`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.actions import api_keys
from accounts.actions.api_keys import CreatedKey
from accounts.actors import actor_of
from accounts.models import ApiKey
from driftsentry.api.access import Permission, Scope
from driftsentry.api.admin import TenantAdmin
from driftsentry.api.tenancy import account_id_of


class NewApiKeyForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """A key to be made."""

    scopes = forms.MultipleChoiceField(choices=ApiKey.Scopes.choices, widget=forms.CheckboxSelectMultiple)
    stack_name = forms.CharField(
        label="Stack", required=False, max_length=200, help_text="The name of the one stack that it is for."
    )
    expires_at = forms.SplitDateTimeField(required=False, widget=AdminSplitDateTime)

    class Meta:
        """What must be said of it; the rest comes with the key. The stack is a name here, and found by the action."""

        model = ApiKey
        fields = ("name",)


@admin.register(ApiKey)
class ApiKeyAdmin(TenantAdmin):
    """The keys of an account and of its users: never the key, nor what it is known by."""

    writing = Permission.ADMINISTER
    list_display = ("name", "prefix", "last4", "user", "stack", "created_at", "expires_at", "last_used_at", "live")
    list_select_related = ("user", "stack", "account")
    search_fields = ("name", "prefix", "last4")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    actions = ("revoke",)
    fields = (
        *("name", "prefix", "last4", "scopes", "user", "stack", "created_by", "created_at"),
        *("expires_at", "last_used_at", "revoked_at", "live"),
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        """The keys, without what they are known by.

        Args:
            request: Of an admin.
        """
        return super().get_queryset(request).defer("digest")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A key is made and revoked; the list's actions need the permission, a key's own page does not."""
        return obj is None and super().has_change_permission(request, obj)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """A form for a new key.

        Args:
            request: Of an admin.
            obj: The key, none where one is made.
            change: Whether there is one.
            **kwargs: As Django's.
        """
        return super().get_form(request, obj, change, **({} if obj else {"form": NewApiKeyForm}) | kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What a new key needs; else all that can be seen.

        Args:
            request: Of an admin.
            obj: The key, none where one is made.
        """
        return self.fields if obj else ("name", "scopes", "stack_name", "expires_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of a key that is there.

        Args:
            request: Of an admin.
            obj: The key, none where one is made.
        """
        return self.readonly_fields if obj else ()

    def save_model(self, request: Any, obj: ApiKey, form: Any, change: bool) -> None:
        """Make the key.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Never.
        """
        values = dict(form.cleaned_data)
        values["scopes"], values["stack"] = [Scope(scope) for scope in values["scopes"]], values.pop("stack_name")
        request.created_key = api_keys.create_api_key(account_id_of(request), **values, by=actor_of(request))
        obj.pk = request.created_key.row.pk

    def response_add(self, request: Any, obj: ApiKey, post_url_continue: str | None = None) -> HttpResponse:
        """Show the key, in this answer alone: a message would lie in a cookie or a session until it is read.

        Args:
            request: Has just made one.
            obj: The key.
            post_url_continue: Unused.
        """
        made: CreatedKey = request.created_key
        context = {**self.admin_site.each_context(request), "title": f"API key {made.row.name}", "key": made.text}
        return render(request, "admin/accounts/apikey/shown_once.html", context)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiKey]) -> None:
        """End keys at once.

        Args:
            request: Of an admin.
            rows: The selected ones.
        """
        selected = self.selection(request, rows)
        for key in selected:
            api_keys.revoke_api_key(key.account_id, key.pk, by=actor_of(request))
        if selected:
            self.message_user(request, f"Revoked: {len(selected)}.", messages.SUCCESS)

    @admin.display(boolean=True)
    def live(self, key: ApiKey) -> bool:
        """Whether it still works."""
        return key.revoked_at is None and (key.expires_at is None or key.expires_at > timezone.now())
