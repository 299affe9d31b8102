"""What people are told, and the ways it reaches them. Only `alerts.actions` writes these."""

from alerts.models.alerts import Alert, AlertQuerySet
from alerts.models.channels import Channel, Medium
from alerts.models.deliveries import Attempt, Delivery
from alerts.models.notification_settings import NotificationSettings, Reminder, Told

__all__ = [
    "Alert",
    "AlertQuerySet",
    "Attempt",
    "Channel",
    "Delivery",
    "Medium",
    "NotificationSettings",
    "Reminder",
    "Told",
]
