"""Django's view of the accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Tenants, users and sessions."""

    name = "accounts"
    verbose_name = "Accounts"
