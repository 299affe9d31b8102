"""Django's view of the costs."""

from django.apps import AppConfig


class CostsConfig(AppConfig):
    """Prices and the ledger of what drifts cost."""

    name = "costs"
    verbose_name = "Costs"
