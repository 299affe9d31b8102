"""What people are told, and the ways it reaches them. Only `alerts.actions` writes these."""

from alerts.models.alerts import Alert, AlertQuerySet
from alerts.models.channels import Channel, Medium
from alerts.models.deliveries import Attempt, Delivery

__all__ = ["Alert", "AlertQuerySet", "Attempt", "Channel", "Delivery", "Medium"]
