"""A provider, the settings that name it, and a browser that goes there and back."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from rest_framework.test import APIClient

from accounts.actions.domains import add_domain
from accounts.actions.single_sign_on import challenge_of
from driftsentry.single_sign_on import SingleSignOn
from tests.accounts.sso.idp import CLIENT_ID, CLIENT_SECRET, Idp, running
from tests.conftest import SYSTEM, World

DONE = "/sso/done"


@pytest.fixture
def idp() -> Iterator[Idp]:
    """The provider, with Dana logged in."""
    with running() as found:
        found.person = {"sub": "dana-1", "email": "dana@acme.example", "email_verified": True, "name": "Dana"}
        cache.clear()
        yield found
        cache.clear()


@pytest.fixture
def sso(idp: Idp, settings: Any, world: World) -> SingleSignOn:
    """Single sign-on with it; acme.example belongs to the first account, rival.example to the other one."""
    add_domain(world.account, "acme.example", by=SYSTEM)
    add_domain(world.other_account, "rival.example", by=SYSTEM)
    settings.SINGLE_SIGN_ON = SingleSignOn(
        issuer=idp.issuer, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, name="Acme"
    )
    found: SingleSignOn = settings.SINGLE_SIGN_ON
    return found


def use(**changes: Any) -> None:
    """Other settings; the fixture `sso` puts them back."""
    present: Any = django_settings.SINGLE_SIGN_ON
    django_settings.SINGLE_SIGN_ON = replace(present, **changes)


@dataclass
class Browser:
    """Somebody's browser, and the client that began the log-in."""

    client: Client = field(default_factory=Client)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))

    def begin(self, **query: str) -> Any:
        return self.client.get("/sso/login", query or {"challenge": challenge_of(self.verifier)})

    def at_the_provider(self, begun: Any) -> str:
        """Go where we are sent, and learn where it sends us back to."""
        assert begun.status_code == 302, begun.content
        return str(httpx.get(begun["Location"]).headers["Location"])

    def back(self, address: str) -> Any:
        parts = urlsplit(address)
        return self.client.get(f"{parts.path}?{parts.query}")

    def sign_on(self, **query: str) -> Any:
        """All of it, up to our answer."""
        return self.back(self.at_the_provider(self.begin(**query)))

    def code(self, **query: str) -> str:
        return code_of(self.sign_on(**query))

    def redeem(self, code: str, verifier: str = "") -> Any:
        body = {"code": code, "verifier": verifier or self.verifier}
        return APIClient().post("/api/v1/auth/sso/token", body, format="json")

    def tokens(self) -> Any:
        """The log-in's answer of a whole single sign-on."""
        answer = self.redeem(self.code())
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]


def code_of(answer: Any) -> str:
    assert answer.status_code == 302, answer.content
    return parse_qs(urlsplit(str(answer["Location"])).fragment)["code"][0]


@pytest.fixture
def browser(sso: SingleSignOn) -> Browser:
    return Browser()
