"""What `manage.py check --deploy` says of mail."""

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core import checks

NO_MAIL = checks.Warning(
    "No mail can be sent: invitations and new passwords by e-mail do not work.",
    hint="Set EMAIL_URL and PUBLIC_URL.",
    id="accounts.W001",
)


@checks.register(checks.Tags.security, deploy=True)
def mail_can_be_sent(app_configs: Sequence[AppConfig] | None, **options: Any) -> list[checks.CheckMessage]:  # noqa: ARG001 - Django's signature
    """Warn where no mail can be sent.

    Args:
        app_configs: Unused.
        **options: Unused.
    """
    return [] if settings.MAIL_CAN_BE_SENT else [NO_MAIL]
