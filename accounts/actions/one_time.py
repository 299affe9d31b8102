"""Every write to one-time tokens of passwords: made for a mail, spent once, void when another way was taken."""

import hashlib
import secrets
from datetime import timedelta

from django.utils import timezone

from accounts.models import OneTimeToken, User
from audit.journal import Writer
from driftsentry.api import tenancy

TOKEN_BYTES = 32
LIFETIMES = {
    OneTimeToken.Purposes.PASSWORD_RESET: timedelta(hours=1),
    OneTimeToken.Purposes.INVITATION: timedelta(days=7),
}
KEPT = timedelta(days=1)


def make_token(w: Writer, user: User, purpose: OneTimeToken.Purposes) -> str:
    """Make a token; those made before for the same purpose are void.

    Args:
        w: The open journal.
        user: Whose.
        purpose: What it proves.

    Returns:
        The token, which is nowhere else: the table holds its digest.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    OneTimeToken.objects.live(w.now).filter(user=user, purpose=purpose).update(used_at=w.now)
    OneTimeToken.objects.create(
        account_id=user.account_id,
        user=user,
        purpose=purpose,
        digest=digest(token),
        expires_at=w.now + LIFETIMES[purpose],
    )
    return token


def find_token(token: str) -> OneTimeToken | None:
    """The live token that somebody shows, with its user and account.

    Args:
        token: As it was mailed.
    """
    found = OneTimeToken.objects.live(timezone.now()).filter(digest=digest(token), purpose__in=list(LIFETIMES))
    with tenancy.lifted("whose token it is, only the token says"):
        return found.select_related("user__account").first()


def spend_token(w: Writer, token: OneTimeToken) -> bool:
    """Use a token up; of several tries at once only one succeeds.

    Args:
        w: The open journal.
        token: As it was found.
    """
    return OneTimeToken.objects.live(w.now).filter(pk=token.pk).update(used_at=w.now) == 1


def void_tokens(w: Writer, user: User) -> None:
    """No link that was mailed to a user works any more.

    Args:
        w: The open journal.
        user: Whose.
    """
    OneTimeToken.objects.live(w.now).filter(user=user).update(used_at=w.now)


def forget_old_tokens() -> int:
    """Drop the tokens that expired a day ago.

    Returns:
        How many.
    """
    dropped, _ = OneTimeToken.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()
    return dropped


def digest(token: str) -> bytes:
    """What a token is known by: it has 256 random bits, so a plain digest tells nothing of it.

    Args:
        token: The token.
    """
    return hashlib.sha256(token.encode()).digest()
