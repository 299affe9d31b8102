"""Django's view of the accounts."""

from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Tenants, users and sessions."""

    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        """Register what `manage.py check` asks."""
        import_module("accounts.checks")
