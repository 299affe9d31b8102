"""The e-mail domains of accounts in the admin, for single sign-on."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.actions.domains import add_domain, normalised_domain, remove_domain
from accounts.actors import actor_of
from accounts.models import Domain
from driftsentry.api.admin import TenantAdmin, is_superuser
from driftsentry.api.errors import Invalid


class DomainForm(forms.ModelForm):  # type: ignore[type-arg]
    """A domain to be added."""

    class Meta:
        """What must be known of it."""

        model = Domain
        fields = ("name", "account")

    def clean_name(self) -> str:
        """The domain as it is stored.

        Raises:
            ValidationError: It is no domain name.
        """
        try:
            return normalised_domain(self.cleaned_data["name"])
        except Invalid as error:
            raise forms.ValidationError(error.message) from error


@admin.register(Domain)
class DomainAdmin(TenantAdmin):
    """Which e-mail domains belong to which account, for single sign-on; superusers add and remove them."""

    form = DomainForm
    list_display = ("name", "created_at")
    list_select_related = ("account",)
    search_fields = ("name",)
    date_hierarchy = "created_at"
    ordering = ("name",)
    fields = ("name", "account", "created_at")
    readonly_fields = ("created_at",)
    autocomplete_fields = ("account",)
    actions = ("remove",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Superusers only: whoever adds a domain vouches for it."""
        return is_superuser(request) and self.has_view_permission(request)

    has_remove_permission = has_add_permission

    def save_model(self, request: HttpRequest, obj: Domain, form: Any, change: bool) -> None:
        """Add the domain.

        Args:
            request: Of a superuser.
            obj: As the form has it.
            form: The form.
            change: Never.
        """
        obj.pk = add_domain(form.cleaned_data["account"], form.cleaned_data["name"], by=actor_of(request)).pk

    @admin.action(description="Remove", permissions=["remove"])
    def remove(self, request: HttpRequest, queryset: QuerySet[Domain]) -> None:
        """Take the selected domains from their accounts.

        Args:
            request: Of a superuser.
            queryset: The domains.
        """
        for domain in self.selection(request, queryset):
            remove_domain(domain.name, by=actor_of(request))
