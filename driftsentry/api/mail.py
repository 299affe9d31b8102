"""Mails handed to the mail server: whether it took one, and whether another try may do better."""

from collections.abc import Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from driftsentry.api.smtp import BoundedBackend

SECONDS = 90.0
"""Most for handing over one mail, to however many."""
PERMANENT = 500
"""Answers of a mail server from here on will not change (RFC 5321 section 4.2.1)."""


class MailNotSent(Exception):
    """The mail server could not be reached, or does not take the mail now: worth another try."""


class MailRefused(Exception):
    """The mail server does not take this mail, or mails to this address: not worth another try."""


def hand_over(message: EmailMessage) -> Mapping[str, int]:
    """Give a mail to the mail server, now.

    The errors' own words hold the address; they would reach the log with their traceback, so none is chained.

    Args:
        message: The mail.

    Returns:
        The codes of those addresses that the mail server refused while it took others.

    Raises:
        MailNotSent: It may work later.
        MailRefused: It will not.
    """
    bounded = BoundedBackend(SECONDS) if isinstance(get_connection(), EmailBackend) else None
    if bounded is not None:
        message.connection = bounded
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        if codes and min(codes) >= PERMANENT:
            raise MailRefused(f"The mail server refused the address ({codes[0]}).") from None
        raise MailNotSent("The mail server does not take mails to this address now.") from None
    except SMTPDataError as error:
        if error.smtp_code >= PERMANENT:
            raise MailRefused(f"The mail server refused the mail ({error.smtp_code}).") from None
        raise MailNotSent(f"The mail server does not take the mail now ({error.smtp_code}).") from None
    except OSError as error:
        if bounded is not None and bounded.is_late:
            raise MailNotSent(f"The mail server did not take the mail within {SECONDS:.0f} seconds.") from None
        raise MailNotSent(f"The mail server did not take the mail ({type(error).__name__}).") from None
    return bounded.refused if bounded is not None else {}
