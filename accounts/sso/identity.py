"""Who somebody is, in the provider's words."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts.models import normalised_email
from accounts.sso.refusals import Reason, Refused

LONGEST_SUBJECT = 255
LONGEST_EMAIL = 254
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Identity:
    """A person whom the provider vouches for.

    Attributes:
        issuer: The provider.
        subject: The digest of what the provider calls the person, for ever the same.
        email: An e-mail that is theirs, in lower case.
        name: Their name, or their e-mail.
        roles: The values of the role claim; none where no claim says it.
    """

    issuer: str
    subject: str
    email: str
    name: str
    roles: tuple[str, ...] | None

    @property
    def domain(self) -> str:
        """The e-mail's domain."""
        return self.email.rpartition("@")[2]


def identity_of(claims: Mapping[str, Any], *, role_claim: tuple[str, ...]) -> Identity:
    """Read the claims of a verified ID token.

    Args:
        claims: They, with those of the userinfo endpoint.
        role_claim: The path to the role.

    Raises:
        Refused: There is no usable subject, or no e-mail that the provider vouches for.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise Refused(Reason.TOKEN, "subject")
    email = _verified_email(claims)
    name = claims.get("name")
    return Identity(
        issuer=str(claims["iss"]),
        subject=hashlib.sha256(subject.encode()).hexdigest(),
        email=email,
        name=(name.replace("\x00", "").strip()[:LONGEST_NAME] if isinstance(name, str) else "") or email,
        roles=_roles(claims, role_claim) if role_claim else None,
    )


def is_vouched_for(claims: Mapping[str, Any]) -> bool:
    """Whether the provider says that the e-mail is the person's.

    Some write `"true"` (Amazon Cognito). Entra ID sends no `email_verified`, but where asked to `xms_edov`: the
    e-mail's domain belongs to the person's organisation.

    Args:
        claims: The person's.
    """
    said = claims.get("email_verified")
    if said is None:
        return claims.get("xms_edov") in (True, "true", "1")
    return said is True or said == "true"


def _verified_email(claims: Mapping[str, Any]) -> str:
    email = claims.get("email")
    # ASCII before lower case: U+212A KELVIN SIGN becomes a k, and another domain would become ours.
    if not isinstance(email, str) or not email.isascii() or len(email) > LONGEST_EMAIL:
        raise Refused(Reason.EMAIL, "none")
    try:
        validate_email(email)
    except ValidationError as error:
        raise Refused(Reason.EMAIL, "malformed") from error
    if not is_vouched_for(claims):
        raise Refused(Reason.EMAIL, "not verified")
    return normalised_email(email)


def _roles(claims: Mapping[str, Any], path: tuple[str, ...]) -> tuple[str, ...]:
    """The claim at a path; a claim whose own name holds dots is found as well."""
    found: Any = claims.get(".".join(path))
    if found is None:
        found = claims
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,)
    return tuple(value for value in found if isinstance(value, str)) if isinstance(found, list) else ()
