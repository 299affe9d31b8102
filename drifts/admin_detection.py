"""What accounts ask of detection, in the admin."""

from django.contrib import admin

from accounts.admin_settings import SettingsAdmin, SettingsForm
from drifts.actions.detection_settings import LIMITS, change_detection_settings
from drifts.models import DetectionSettings


class DetectionSettingsForm(SettingsForm):
    """What an account may set, within its bounds."""

    limits = LIMITS

    class Meta:
        """The settings."""

        model = DetectionSettings
        fields = ("account", *LIMITS)


@admin.register(DetectionSettings)
class DetectionSettingsAdmin(SettingsAdmin):
    """When accounts want to be told of drifts."""

    may_be_set = tuple(LIMITS)
    change = staticmethod(change_detection_settings)
    form = DetectionSettingsForm
    list_display = ("__str__", "alert_after_scans", "flap_window_days", "updated_at")
