"""DriftSentry: the open-source home for infrastructure drift."""

__version__ = "0.1.0"
