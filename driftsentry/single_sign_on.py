"""What the environment says of single sign-on: all of it or none, checked at once (see `driftsentry/conf.py`)."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from driftsentry.api.access import Role

NOBODY = "none"
LONGEST_ISSUER = 200
"""As much as allauth's table takes."""
STRONGEST_FIRST = (Role.ADMIN, Role.ENGINEER, Role.VIEWER)


@dataclass(frozen=True, slots=True)
class SingleSignOn:
    """An OpenID Connect provider, and what its people may be here.

    Attributes:
        issuer: Who signs the ID tokens; the discovery document lies below it.
        client_id: Our name there.
        client_secret: Our password there.
        name: What the log-in button calls it.
        role_claim: The path to the claim that says the role; empty where none does.
        role_map: Our role by the claim's value.
        default_role: For those without a mapped value; none refuses them.
        handover_urls: Where a browser may be sent with a one-time code, beside our own page.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str = "single sign-on"
    role_claim: tuple[str, ...] = ()
    role_map: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))
    default_role: Role | None = Role.VIEWER
    handover_urls: tuple[str, ...] = ()

    @property
    def discovery_url(self) -> str:
        """Where the issuer says how it is to be used (OpenID Connect Discovery 1.0 section 4)."""
        return self.issuer.rstrip("/") + "/.well-known/openid-configuration"

    def role_of(self, values: Iterable[str]) -> Role | None:
        """The strongest role that the claim's values give, else the default.

        Args:
            values: What the claim holds.
        """
        given = {self.role_map.get(value) for value in values}
        return next((role for role in STRONGEST_FIRST if role in given), self.default_role)


def single_sign_on(environment: str) -> SingleSignOn | None:
    """Read the `OIDC_…` settings.

    Args:
        environment: `development` or `production`.

    Returns:
        None where none of them is set.

    Raises:
        ImproperlyConfigured: One message naming everything that is missing or wrong.
    """
    issuer = os.environ.get("OIDC_ISSUER", "").strip()
    client_id = os.environ.get("OIDC_CLIENT_ID", "").strip()
    secret = os.environ.get("OIDC_CLIENT_SECRET", "").strip()
    name = os.environ.get("OIDC_NAME", "").strip()
    claim = os.environ.get("OIDC_ROLE_CLAIM", "").strip()
    mapped = _listed(os.environ.get("OIDC_ROLE_MAP", ""))
    default = os.environ.get("OIDC_DEFAULT_ROLE", "").strip()
    handovers = tuple(_listed(os.environ.get("OIDC_HANDOVER_URLS", "")))
    if not any((issuer, client_id, secret, name, claim, mapped, default, handovers)):
        return None
    needed = {"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": client_id, "OIDC_CLIENT_SECRET": secret}
    problems = [f"{setting} is not set" for setting, value in needed.items() if not value]
    problems += [*_bad_issuer(issuer, environment), *_bad_handovers(handovers, environment)]
    problems += _bad_roles(claim, mapped, default)
    if problems:
        raise ImproperlyConfigured("Single sign-on takes all of its settings or none: " + "; ".join(problems) + ".")
    return SingleSignOn(
        issuer=issuer,
        client_id=client_id,
        client_secret=secret,
        name=name or "single sign-on",
        role_claim=tuple(claim.split(".")) if claim else (),
        role_map=_roles(mapped),
        default_role=None if default == NOBODY else Role(default or Role.VIEWER),
        handover_urls=handovers,
    )


def is_safe_address(url: str, *, plain: bool) -> bool:
    """Whether secrets may be sent to an address: https, or http to this machine where that is allowed.

    Args:
        url: The address.
        plain: Whether http to 127.0.0.1 is allowed.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    known = parts.scheme == "https" or (plain and parts.scheme == "http" and parts.hostname == "127.0.0.1")
    return known and bool(parts.hostname) and "@" not in parts.netloc and not any(c.isspace() for c in url)


def _bad_issuer(issuer: str, environment: str) -> list[str]:
    if not issuer:
        return []
    if not is_safe_address(issuer, plain=environment == "development") or "?" in issuer or "#" in issuer:
        return ["OIDC_ISSUER must be an https:// address without a query"]
    if len(issuer) > LONGEST_ISSUER:
        return [f"OIDC_ISSUER is longer than {LONGEST_ISSUER} characters"]
    return []


def _bad_handovers(urls: tuple[str, ...], environment: str) -> list[str]:
    plain = environment == "development"
    if all(is_safe_address(url, plain=plain) and "#" not in url for url in urls):
        return []
    return ["OIDC_HANDOVER_URLS takes https:// addresses without a fragment, comma-separated"]


def _bad_roles(claim: str, mapped: list[str], default: str) -> list[str]:
    problems = []
    if claim and not all(claim.split(".")):
        problems.append("OIDC_ROLE_CLAIM takes a claim's name, dotted where it is nested")
    if mapped and not claim:
        problems.append("OIDC_ROLE_MAP needs OIDC_ROLE_CLAIM")
    pairs = [pair.rpartition("=") for pair in mapped]
    if any(not value.strip() or role.strip() not in set(Role) for value, _, role in pairs):
        problems.append("OIDC_ROLE_MAP takes VALUE=ROLE,… with the roles " + ", ".join(Role))
    if default not in {"", NOBODY, *Role}:
        problems.append(f"OIDC_DEFAULT_ROLE takes one of: {', '.join(Role)}, {NOBODY}")
    if default == NOBODY and not claim:
        problems.append(f"OIDC_DEFAULT_ROLE={NOBODY} lets nobody in without OIDC_ROLE_CLAIM")
    return problems


def _roles(mapped: list[str]) -> Mapping[str, Role]:
    """Without a map, the claim's values are our own words."""
    pairs = [pair.rpartition("=") for pair in mapped] or [(role.value, "=", role.value) for role in Role]
    return MappingProxyType({value.strip(): Role(role.strip()) for value, _, role in pairs})


def _listed(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]
