"""Django's view of the alerts."""

from importlib import import_module

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """What people are told."""

    name = "alerts"
    verbose_name = "Alerts"

    def ready(self) -> None:
        """Register what people are told when something happens elsewhere."""
        import_module("alerts.reactions")
