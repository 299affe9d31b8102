"""The mails: plain text, without anything that would tell whether they were read."""

from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User
from driftsentry.api.mail import hand_over


@dataclass(frozen=True, slots=True)
class Mail:
    """A kind of mail.

    Attributes:
        template: Its text.
        subject: Its subject, with nothing of a person in it.
    """

    template: str
    subject: str


INVITATION = Mail("invitation.txt", "You are invited to DriftSentry")
PASSWORD_RESET = Mail("password_reset.txt", "Your new DriftSentry password")
PASSWORD_CHANGED = Mail("password_changed.txt", "Your DriftSentry password was changed")


def send(mail: Mail, user: User, **context: str) -> None:
    """Send a mail to a user, now.

    Args:
        mail: Which.
        user: To whom; with the account.
        **context: What else its text names.

    Raises:
        MailNotSent: It may work later.
        MailRefused: It will not.
    """
    known = {"name": _line(user.name), "account": _line(user.account.name), "address": settings.PUBLIC_URL}
    text = render_to_string(
        f"accounts/mail/{mail.template}", known | {key: _line(value) for key, value in context.items()}
    )
    message = EmailMessage(mail.subject, text, to=[user.email], headers={"Auto-Submitted": "auto-generated"})
    hand_over(message)


def link(token: str) -> str:
    """The page where a password is set. The token is in the fragment, which browsers send to nobody.

    Args:
        token: The one-time token.
    """
    return f"{settings.PUBLIC_URL}{reverse('password-page')}/#{token}"


def _line(text: str) -> str:
    """A text on one line: what a person typed must not look like a paragraph of ours."""
    return " ".join(text.split())
