"""The mails: plain text, without anything that would tell whether they were read."""

from dataclasses import dataclass
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import User

PERMANENT = 500
"""Answers of a mail server from here on will not change (RFC 5321 section 4.2.1)."""


class MailNotSent(Exception):
    """The mail server could not be reached, or does not take the mail now: worth another try."""


class MailRefused(Exception):
    """The mail server does not take mails to this address: not worth another try."""


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
    # The errors' own words hold the address; they would reach the log with their traceback.
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and min(codes) >= PERMANENT:
            raise MailRefused(f"The mail server refused the address ({codes[0]}).") from None
        raise MailNotSent("The mail server does not take mails to this address now.") from None
    except OSError as error:
        raise MailNotSent(f"The mail server did not take the mail ({type(error).__name__}).") from None


def link(token: str) -> str:
    """The page where a password is set. The token is in the fragment, which browsers send to nobody.

    Args:
        token: The one-time token.
    """
    return f"{settings.PUBLIC_URL}{reverse('password-page')}/#{token}"


def _line(text: str) -> str:
    """A text on one line: what a person typed must not look like a paragraph of ours."""
    return " ".join(text.split())
