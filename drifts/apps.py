"""Django's view of the drifts."""

from importlib import import_module

from django.apps import AppConfig


class DriftsConfig(AppConfig):
    """Stacks, scans and drifts."""

    name = "drifts"
    verbose_name = "Drifts"

    def ready(self) -> None:
        """Register what drifts do when something happens elsewhere."""
        import_module("drifts.reactions")
        import_module("drifts.notifying")
