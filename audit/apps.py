"""Django's view of the journal."""

from importlib import import_module
from pkgutil import iter_modules

from django.apps import AppConfig, apps


class AuditConfig(AppConfig):
    """The journal."""

    name = "audit"
    verbose_name = "Journal"

    def ready(self) -> None:
        """Register the facts of every app, in `facts` and `…_facts`: any process can tell all that has happened."""
        for app in apps.get_app_configs():
            for module in iter_modules([app.path]):
                if module.name == "facts" or module.name.endswith("_facts"):
                    import_module(f"{app.name}.{module.name}")
