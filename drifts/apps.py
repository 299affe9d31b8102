"""Django's view of the drifts."""

from django.apps import AppConfig


class DriftsConfig(AppConfig):
    """Stacks, scans and drifts."""

    name = "drifts"
    verbose_name = "Drifts"
