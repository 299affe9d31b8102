"""When accounts want their people reminded, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.actors import actor_of
from alerts.actions.reminding import FIELDS, LIMITS, change_notification_settings
from alerts.models import NotificationSettings
from alerts.notification_limits import default_severities
from alerts.routing import SEVERITIES
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, is_superuser
from driftsentry.api.tenancy import account_id_of


class NotificationSettingsForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """What an account may set, within its bounds."""

    reminder_severities = forms.MultipleChoiceField(
        choices=[(one, one.capitalize()) for one in SEVERITIES],
        initial=default_severities,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Of which drifts people are reminded; none: of none.",
    )

    class Meta:
        """The settings."""

        model = NotificationSettings
        fields = ("account", *FIELDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, limit in LIMITS.items():
            if name in self.fields:
                self.fields[name] = forms.IntegerField(
                    min_value=limit.least,
                    max_value=limit.most,
                    initial=limit.default,
                    help_text=self.fields[name].help_text,
                )


@admin.register(NotificationSettings)
class NotificationSettingsAdmin(TenantAdmin):
    """When accounts want their people reminded; one without a row has the defaults."""

    reading = Permission.READ
    writing = Permission.ADMINISTER
    form = NotificationSettingsForm
    list_display = ("__str__", *FIELDS, "updated_at")
    list_select_related = ("account",)
    ordering = ("-updated_at",)
    autocomplete_fields = ("account",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields; superusers say whose new settings are.

        Args:
            request: Of an admin.
            obj: The settings, none where they are added.
        """
        return (*(("account",) if is_superuser(request) else ()), *FIELDS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Settings stay in their account.

        Args:
            request: Of an admin.
            obj: The settings, none where they are added.
        """
        return () if obj is None else ("account",)

    def save_model(self, request: HttpRequest, obj: NotificationSettings, form: Any, change: bool) -> None:
        """Set what the form says; an account that has settings already gets no second row.

        Args:
            request: Of an admin.
            obj: As the form has it.
            form: The form.
            change: Whether it is there already.
        """
        values = dict(form.cleaned_data)
        account = values.pop("account", None)
        account_id = obj.account_id if change else (account.pk if account else account_id_of(request))
        obj.pk = change_notification_settings(account_id, values=values, by=actor_of(request)).pk
