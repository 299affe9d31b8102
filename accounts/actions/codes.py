"""What is taken for a second factor: a code of the authenticator, or a recovery code; either works once."""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from accounts import totp
from accounts.facts import RecoveryCodeUsed
from accounts.models import RecoveryCode, SecondFactor, User
from audit import journal
from audit.actors import Actor

RECOVERY_CODES = 10
_BYTES = 10
_GROUP = 4


@dataclass(frozen=True, slots=True)
class SecondFactorState:
    """What a user may know of their second factor.

    Attributes:
        enabled: Whether a log-in asks for it.
        confirmed_at: Since when.
        recovery_codes_left: How many recovery codes still work.
    """

    enabled: bool
    confirmed_at: datetime | None
    recovery_codes_left: int


def second_factor_state(user_id: UUID) -> SecondFactorState:
    """Whether a user has a second factor, without reading its secret.

    Args:
        user_id: Whose.
    """
    found = SecondFactor.objects.filter(user_id=user_id).values_list("confirmed_at", flat=True).first()
    left = RecoveryCode.objects.filter(user_id=user_id, used_at=None).count() if found else 0
    return SecondFactorState(found is not None, found, left)


def has_second_factor(user_id: UUID) -> bool:
    """Whether a log-in of a user asks for a code.

    Args:
        user_id: Whose.
    """
    return SecondFactor.objects.filter(user_id=user_id, confirmed_at__isnull=False).exists()


def spend_code(user: User, code: str, *, by: Actor) -> bool:
    """Take a code, so that it never works again; of two that come at once one is taken.

    Args:
        user: Whose.
        code: Of the authenticator, or a recovery code, as typed.
        by: Who shows it.

    Returns:
        Whether it was right, and not used before.
    """
    if totp.looks_like_a_code(totp.without_blanks(code)):
        return _spend_totp(user, code)
    return _spend_recovery_code(user, code, by=by)


def new_recovery_codes(user: User) -> tuple[str, ...]:
    """Give a user other recovery codes, in the open transaction; the earlier ones stop.

    Args:
        user: Whose.

    Returns:
        The codes, to be shown once.
    """
    codes = tuple(_new_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.filter(user=user).delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(account_id=user.account_id, user=user, digest=_digest(user.pk, code)) for code in codes
    )
    return codes


def _spend_totp(user: User, code: str) -> bool:
    confirmed = SecondFactor.objects.filter(user_id=user.pk, confirmed_at__isnull=False)
    factor = confirmed.first()
    if factor is None:
        return False
    step = totp.matching_step(factor.secret, code, at=timezone.now().timestamp())
    return step is not None and confirmed.filter(last_step__lt=step).update(last_step=step) == 1


def _spend_recovery_code(user: User, code: str, *, by: Actor) -> bool:
    unused = RecoveryCode.objects.filter(user_id=user.pk, used_at=None)
    with journal.writing(user.account_id, by=by) as w:
        spent = unused.filter(digest=_digest(user.pk, code)).update(used_at=w.now) == 1
        if spent:
            w.record(RecoveryCodeUsed(id=user.pk, left=unused.count()))
    return spent


def _new_code() -> str:
    """80 random bits, in groups that can be read out."""
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode().lower()
    return "-".join(text[place : place + _GROUP] for place in range(0, len(text), _GROUP))


def _digest(user_id: UUID, code: str) -> bytes:
    """Of a code with its user's id: 80 bits need no slow hash, and one table of digests serves nobody."""
    plain = totp.without_blanks(code).replace("-", "").lower()
    return hashlib.sha256(user_id.bytes + plain.encode()).digest()
