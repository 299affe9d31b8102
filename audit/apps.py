"""Django's view of the journal."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The journal."""

    name = "audit"
    verbose_name = "Journal"
