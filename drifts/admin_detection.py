"""What accounts ask of detection, in the admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from accounts.actors import actor_of
from drifts.actions.detection_settings import LIMITS, change_detection_settings
from drifts.models import DetectionSettings
from driftsentry.api.access import Permission
from driftsentry.api.admin import TenantAdmin, is_superuser
from driftsentry.api.tenancy import account_id_of


class DetectionSettingsForm(forms.ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    """What an account may set, within its bounds."""

    class Meta:
        """The settings."""

        model = DetectionSettings
        fields = ("account", *LIMITS)

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


@admin.register(DetectionSettings)
class DetectionSettingsAdmin(TenantAdmin):
    """When accounts want to be told of drifts; one without a row has the defaults."""

    reading = Permission.READ
    writing = Permission.ADMINISTER
    form = DetectionSettingsForm
    list_display = ("__str__", "alert_after_scans", "flap_window_days", "updated_at")
    list_select_related = ("account",)
    ordering = ("-updated_at",)
    autocomplete_fields = ("account",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The fields; superusers say whose new settings are.

        Args:
            request: Of an admin.
            obj: The settings, none where they are added.
        """
        return (*(("account",) if is_superuser(request) else ()), *LIMITS)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Settings stay in their account.

        Args:
            request: Of an admin.
            obj: The settings, none where they are added.
        """
        return () if obj is None else ("account",)

    def save_model(self, request: HttpRequest, obj: DetectionSettings, form: Any, change: bool) -> None:
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
        obj.pk = change_detection_settings(account_id, values=values, by=actor_of(request)).pk
