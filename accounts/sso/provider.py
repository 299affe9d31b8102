"""The provider that the settings name, on allauth's code flow."""

import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.sso.http import BoundedSession, TooLarge
from accounts.sso.id_tokens import UnknownKey, verified_claims
from accounts.sso.identity import Identity, identity_of, is_vouched_for
from accounts.sso.refusals import Reason, Refused
from driftsentry.single_sign_on import SingleSignOn, is_safe_address

KEPT_SECONDS = 300
"""How long a process keeps the provider's discovery document and keys; an unknown key has them fetched anew."""
NEEDED_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
LOCAL = "http://127.0.0.1"


class SocialAdapter(DefaultSocialAccountAdapter):
    """allauth's settings in code: nobody signs up with it, and its requests are bounded."""

    def get_requests_session(self) -> requests.Session:
        """What asks the provider."""
        return BoundedSession()

    def is_open_for_signup(self, *_: Any) -> bool:
        """Never: `accounts.actions.single_sign_on` makes users."""
        return False

    def list_apps(self, *_: Any, **__: Any) -> list[SocialApp]:
        """None: the settings say which provider there is, not a table."""
        return []


class Provider(OpenIDConnectProvider):
    """The provider of the settings."""

    pkce_enabled_default = True

    def __init__(self, request: HttpRequest, sso: SingleSignOn) -> None:
        """Take what the settings say.

        Args:
            request: Of whoever logs in.
            sso: The settings.
        """
        self.sso = sso
        app = SocialApp(provider=self.id, provider_id=sso.issuer, name=sso.name, client_id=sso.client_id)
        app.secret, app.settings = sso.client_secret, {"server_url": sso.discovery_url, "oauth_pkce_enabled": True}
        super().__init__(request, app=app)

    def get_oauth2_adapter(self, request: HttpRequest) -> "CodeFlow":
        """The code flow with it.

        Args:
            request: Of whoever logs in.
        """
        return CodeFlow(request, self)

    def begin(self, request: HttpRequest, wish: Mapping[str, str]) -> HttpResponse:
        """Send the browser to the provider, with a state, a nonce and PKCE.

        Args:
            request: Of whoever logs in.
            wish: What is to be done when they come back; kept in the browser's session.

        Raises:
            Refused: The provider cannot be used.
        """
        nonce = secrets.token_urlsafe(32)
        data = {**wish, "nonce": nonce}
        self.get_oauth2_adapter(request).discovered()
        sent: HttpResponse = self.redirect(request, "login", data=data, auth_params={"nonce": nonce})
        return sent


class CodeFlow(OpenIDConnectOAuth2Adapter):
    """Code for tokens, tokens for a person."""

    def __init__(self, request: HttpRequest, provider: Provider) -> None:
        """Begin or end a log-in.

        Args:
            request: Of whoever logs in.
            provider: The provider.
        """
        self._provider = provider
        self._sso = provider.sso
        super().__init__(request, provider.app.provider_id)

    def get_provider(self) -> Provider:
        """The provider."""
        return self._provider

    def get_callback_url(self, request: HttpRequest, app: Any) -> str:  # noqa: ARG002 - allauth's signature
        """Where the provider sends the browser back to."""
        return request.build_absolute_uri(reverse("sso-callback"))

    @property
    def openid_config(self) -> dict[str, Any]:
        """The discovery document."""
        return self.discovered()

    def discovered(self) -> dict[str, Any]:
        """The discovery document, checked (OpenID Connect Discovery 1.0 section 4.3).

        Raises:
            Refused: There is none, it is another issuer's, or it names an address to which no secret may be sent.
        """
        found = self._kept(self._sso.discovery_url)
        plain = self._sso.issuer.startswith(LOCAL)
        if found.get("issuer") != self._sso.issuer:
            raise Refused(Reason.PROVIDER, "the discovery document is of another issuer")
        named = [found.get(name) for name in NEEDED_ENDPOINTS]
        named += [found["userinfo_endpoint"]] if "userinfo_endpoint" in found else []
        if not all(isinstance(url, str) and is_safe_address(url, plain=plain) for url in named):
            raise Refused(Reason.PROVIDER, "the discovery document lacks an endpoint or names one that is not https")
        return found

    def identity(self, verifier: str, nonce: str) -> Identity:
        """Exchange the request's code, and verify what comes for it.

        Args:
            verifier: The PKCE verifier.
            nonce: The nonce sent with the request.

        Raises:
            Refused: The provider is away or does not take the code, or its answer does not hold.
        """
        try:
            client = self.get_client(self.request, self._provider.app)
            tokens = self.get_access_token_data(self.request, self._provider.app, client, pkce_code_verifier=verifier)
        except OAuth2Error as error:  # its words are the provider's answer, which may hold tokens
            raise Refused(Reason.PROVIDER, "the code was not taken") from error
        except requests.RequestException as error:
            raise _unreached(error) from error
        claims = self._claims(tokens.get("id_token"), nonce)
        path = self._sso.role_claim
        if not is_vouched_for(claims) or "email" not in claims or (path and path[0] not in claims):
            claims = self._userinfo(tokens["access_token"], claims) | claims
        return identity_of(claims, role_claim=path)

    def _claims(self, token: object, nonce: str) -> dict[str, Any]:
        if not isinstance(token, str):
            raise Refused(Reason.TOKEN, "no ID token")
        known: Any = {"issuer": self._sso.issuer, "client_id": self._sso.client_id, "nonce": nonce}
        url = self.discovered()["jwks_uri"]
        try:
            return verified_claims(token, keys=_keys(self._kept(url)), **known)
        except UnknownKey:
            cache.delete(_name(url))
            return verified_claims(token, keys=_keys(self._kept(url)), **known)

    def _userinfo(self, access_token: object, claims: Mapping[str, Any]) -> dict[str, Any]:
        """What the ID token does not say; it must be about the same person (OpenID Connect Core 1.0 section 5.3.2)."""
        url = self.discovered().get("userinfo_endpoint")
        if not url:
            return {}
        found = self._asked(url, {"Authorization": f"Bearer {access_token}"})
        if found.get("sub") != claims["sub"]:
            raise Refused(Reason.TOKEN, "the userinfo is about somebody else")
        return found

    def _kept(self, url: str) -> dict[str, Any]:
        found: dict[str, Any] | None = cache.get(_name(url))
        if found is None:
            found = self._asked(url, {})
            cache.set(_name(url), found, KEPT_SECONDS)
        return found

    def _asked(self, url: str, headers: Mapping[str, str]) -> dict[str, Any]:
        try:
            with BoundedSession() as session:
                answer = session.get(url, headers={"Accept": "application/json", **headers})
                found = answer.json() if answer.status_code == requests.codes.ok else None
        except requests.RequestException as error:
            raise _unreached(error) from error
        if not isinstance(found, dict):
            raise Refused(Reason.PROVIDER, f"an answer of status {answer.status_code} that is no JSON object")
        return found


def _keys(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    keys = found.get("keys")
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _name(url: str) -> str:
    return "sso:" + hashlib.sha256(url.encode()).hexdigest()


def _unreached(error: requests.RequestException) -> Refused:
    wrong = isinstance(error, TooLarge | requests.exceptions.JSONDecodeError)
    return Refused(Reason.PROVIDER if wrong else Reason.AWAY, type(error).__name__)
