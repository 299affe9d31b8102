"""What an account asks of detection: read for each scan, changed by its admins."""

from collections.abc import Mapping
from uuid import UUID

from audit import journal
from audit.actors import Actor
from drifts.detection_limits import ALERT_AFTER_SCANS, FLAP_WINDOW_DAYS, Limit
from drifts.models import DetectionSettings
from drifts.rule_facts import DetectionSettingsChanged
from driftsentry.api.errors import Invalid

LIMITS: dict[str, Limit] = {"alert_after_scans": ALERT_AFTER_SCANS, "flap_window_days": FLAP_WINDOW_DAYS}


def detection_settings_of(account_id: UUID) -> DetectionSettings:
    """An account's settings, or the defaults, which no row stands for.

    Args:
        account_id: The tenant.
    """
    found = DetectionSettings.objects.filter(account_id=account_id).first()
    return found or DetectionSettings(account_id=account_id)


def change_detection_settings(account_id: UUID, *, values: Mapping[str, int], by: Actor) -> DetectionSettings:
    """Change an account's settings; those not named stay.

    Args:
        account_id: The tenant.
        values: New values, of `LIMITS`.
        by: Who does it.

    Raises:
        Invalid: A value is out of its bounds.
    """
    for name, limit in LIMITS.items():
        if name in values and not limit.least <= values[name] <= limit.most:
            raise Invalid.field(name, f"{limit.least} to {limit.most}.")
    with journal.writing(account_id, by=by) as w:
        known = detection_settings_of(account_id)
        if all(getattr(known, name) == values[name] for name in LIMITS if name in values):
            return known
        DetectionSettings.objects.get_or_create(account_id=account_id)
        settings = DetectionSettings.objects.select_for_update().get(account_id=account_id)
        changes: dict[str, list[object]] = {
            name: [getattr(settings, name), values[name]]
            for name in LIMITS
            if name in values and getattr(settings, name) != values[name]
        }
        if changes:
            for name, (_, new) in changes.items():
                setattr(settings, name, new)
            settings.save(update_fields=list(changes))
            w.record(DetectionSettingsChanged(id=settings.pk, changes=changes))
    return settings
