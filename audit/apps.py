"""Django's view of the journal."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The journal."""

    name = "audit"
    verbose_name = "Journal"

    def ready(self) -> None:
        """Register the journal's own facts."""
        from audit import archive_facts  # noqa: F401, PLC0415 - the registry must be there before the facts
