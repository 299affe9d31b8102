"""Every write to alerts, channels and deliveries, one verb a function."""

from alerts.actions.alerts import Notice, mark_all_read, mark_read, raise_alerts, warn_user

__all__ = ["Notice", "mark_all_read", "mark_read", "raise_alerts", "warn_user"]
