"""Django's view of the API ground."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """The API ground as a Django app: it owns the idempotency records."""

    name = "driftsentry.api"
    label = "api"
    verbose_name = "API"
