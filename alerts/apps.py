"""Django's view of the alerts."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """What people are told."""

    name = "alerts"
    verbose_name = "Alerts"
