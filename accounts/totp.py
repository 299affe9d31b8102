"""Time-based one-time passwords (RFC 6238): SHA-1, six digits, steps of 30 seconds, as authenticators know them."""

from hmac import compare_digest

import pyotp

ISSUER = "DriftSentry"
STEP_SECONDS = 30
DIGITS = 6
WINDOW = 1
"""Steps to either side that are taken as well: clocks differ, and typing takes time (RFC 6238 section 5.2)."""


def new_secret() -> str:
    """A fresh seed of 160 bits (RFC 4226 section 4), in base32."""
    return pyotp.random_base32()


def uri(secret: str, *, email: str) -> str:
    """The address that an authenticator takes a seed from, as it is or as a QR code.

    Args:
        secret: The seed, base32.
        email: Whose it is.
    """
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER)


def code_at(secret: str, step: int) -> str:
    """The code of a time step.

    Args:
        secret: The seed, base32.
        step: The time step: seconds since 1970 by `STEP_SECONDS`.
    """
    return pyotp.TOTP(secret).generate_otp(step)


def matching_step(secret: str, code: str, *, at: float) -> int | None:
    """The time step that a code belongs to, among the present one and its neighbours.

    Args:
        secret: The seed, base32.
        code: As typed; blanks do not matter.
        at: The time, in seconds since 1970.

    Returns:
        None where it belongs to none of them.
    """
    typed = without_blanks(code)
    if not looks_like_a_code(typed):
        return None
    now = int(at) // STEP_SECONDS
    steps = range(max(now - WINDOW, 0), now + WINDOW + 1)
    # All are compared, whichever fits: the time taken tells nothing.
    fitting = [step for step in steps if compare_digest(code_at(secret, step), typed)]
    return max(fitting, default=None)


def looks_like_a_code(typed: str) -> bool:
    """Whether a text could be a code of an authenticator, rather than a recovery code.

    Args:
        typed: Without blanks.
    """
    return len(typed) == DIGITS and typed.isascii() and typed.isdigit()


def without_blanks(typed: str) -> str:
    """A code without the blanks that authenticators show it with.

    Args:
        typed: As typed.
    """
    return "".join(typed.split())
