"""What an account asks of detection, beside what its stacks say. Only `drifts.actions` writes it."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

from drifts.detection_limits import ALERT_AFTER_SCANS, FLAP_WINDOW_DAYS
from drifts.models.triggers import touched
from driftsentry.api.ids import new_id


class DetectionSettings(models.Model):
    """When an account wants to be told of a drift. An account without a row has the defaults."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    account = models.OneToOneField("accounts.Account", models.PROTECT, related_name="+")
    alert_after_scans = models.PositiveSmallIntegerField(
        default=ALERT_AFTER_SCANS.default, help_text="How many scans in a row must show a drift before it is alerted."
    )
    flap_window_days = models.PositiveSmallIntegerField(
        default=FLAP_WINDOW_DAYS.default, help_text="Within how many days gone and back counts as flapping."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        """One row per tenant at most."""

        db_table = "drifts_detection_settings"
        verbose_name_plural = "detection settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    alert_after_scans__gte=ALERT_AFTER_SCANS.least, alert_after_scans__lte=ALERT_AFTER_SCANS.most
                ),
                name="drifts_detection_alert_after",
            ),
            models.CheckConstraint(
                condition=Q(flap_window_days__gte=FLAP_WINDOW_DAYS.least, flap_window_days__lte=FLAP_WINDOW_DAYS.most),
                name="drifts_detection_flap_window",
            ),
        ]
        triggers = [touched("detection_settings_updated_at")]

    def __str__(self) -> str:
        """What it asks for."""
        return f"told after {self.alert_after_scans} scans, flapping within {self.flap_window_days} days"

    @property
    def flap_window(self) -> timedelta:
        """Within how long gone and back counts as flapping."""
        return timedelta(days=self.flap_window_days)
