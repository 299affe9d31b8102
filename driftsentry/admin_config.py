"""Django's admin, at our own site. A module of its own: in `apps.py` it would be taken for this package's."""

from django.contrib.admin.apps import AdminConfig


class DriftSentryAdminConfig(AdminConfig):
    """The admin with our log-in."""

    default = False
    default_site = "driftsentry.admin_site.DriftSentryAdminSite"
