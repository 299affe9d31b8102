"""When accounts want their people reminded, in the admin."""

from django import forms
from django.contrib import admin

from accounts.admin_settings import SettingsAdmin, SettingsForm
from alerts.actions.reminding import FIELDS, LIMITS, change_notification_settings
from alerts.models import NotificationSettings
from alerts.notification_limits import default_severities
from alerts.routing import SEVERITIES


class NotificationSettingsForm(SettingsForm):
    """What an account may set, within its bounds."""

    limits = LIMITS

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


@admin.register(NotificationSettings)
class NotificationSettingsAdmin(SettingsAdmin):
    """When accounts want their people reminded."""

    may_be_set = FIELDS
    change = staticmethod(change_notification_settings)
    form = NotificationSettingsForm
    list_display = ("__str__", *FIELDS, "updated_at")
