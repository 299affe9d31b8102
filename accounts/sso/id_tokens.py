"""The ID token's proof (OpenID Connect Core 1.0 section 3.1.3.7): signature, issuer, audience, times and nonce."""

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from accounts.sso.refusals import Reason, Refused

KEY_TYPES = {"RS256": "RSA", "ES256": "EC"}
"""The algorithms taken, and the type of key that each needs: never `none`, never a shared secret."""
CLOCK_SKEW_SECONDS = 30
NEEDED = ["iss", "sub", "aud", "exp", "iat"]
LONGEST_TOKEN = 64 * 1024
SHORTEST_RSA_BITS = 2048


class UnknownKey(Refused):
    """None of the provider's keys is the one that the token names: they may have changed."""


def verified_claims(
    token: str, *, keys: Iterable[Mapping[str, Any]], issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """The claims of an ID token that holds.

    Args:
        token: As the provider sent it.
        keys: The provider's public keys (RFC 7517).
        issuer: Who must have made it.
        client_id: Whom it must be for.
        nonce: What was sent with the request that it answers.

    Raises:
        Refused: It does not hold.
        UnknownKey: It names a key that is not among these.
    """
    try:
        header = jwt.get_unverified_header(token if len(token) <= LONGEST_TOKEN else "")
        algorithm = str(header.get("alg"))
        if algorithm not in KEY_TYPES:
            raise Refused(Reason.TOKEN, f"algorithm {algorithm[:20]}")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, header.get("kid"), algorithm),
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            leeway=CLOCK_SKEW_SECONDS,
            options={"require": NEEDED},
        )
    except (jwt.PyJWTError, ValueError, TypeError, KeyError) as error:
        raise Refused(Reason.TOKEN, type(error).__name__) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise Refused(Reason.TOKEN, "nonce")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client_id:
        raise Refused(Reason.TOKEN, "several audiences, made for another one")
    return claims


def _key(keys: Iterable[Mapping[str, Any]], kid: object, algorithm: str) -> Any:
    """The one key that may have signed: by its name, or the only one where the token names none."""
    fitting = [
        key
        for key in keys
        if key.get("kty") == KEY_TYPES[algorithm]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (kid is None or key.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise UnknownKey(Reason.TOKEN, f"{len(fitting)} keys fit")
    public = {name: value for name, value in fitting[0].items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    found = jwt.PyJWK(public, algorithm=algorithm).key
    if isinstance(found, RSAPublicKey) and found.key_size < SHORTEST_RSA_BITS:
        raise Refused(Reason.TOKEN, "the provider's key is too short")
    return found
