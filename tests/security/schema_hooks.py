"""What schemathesis is told of this API: whose credential to send, and the few secrets that no generator can guess.

Loaded by schemathesis (`SCHEMATHESIS_HOOKS`), in its own process, beside the server it asks and on the same database.
"""

import os
from collections.abc import Callable
from functools import cache
from itertools import count
from typing import Any

import django
import schemathesis
from schemathesis import AuthContext, Case, HookContext

django.setup()

from django.contrib.auth.hashers import BCryptSHA256PasswordHasher  # noqa: E402 - not before Django's settings
from django.utils import timezone  # noqa: E402

from accounts import actions  # noqa: E402
from accounts.actions.api_keys import create_api_key  # noqa: E402
from accounts.actions.sessions import SignedIn, open_session  # noqa: E402
from accounts.models import Account, ApiKey, Session, User  # noqa: E402
from audit.actors import Actor  # noqa: E402
from driftsentry.api import tenancy  # noqa: E402
from driftsentry.api.access import Role, Scope  # noqa: E402

NOBODY = "nobody"
PASSWORD = "correct horse battery staple"
WHO = os.environ.get("SCHEMA_FUZZ_AS", NOBODY)
ACCOUNT = os.environ.get("SCHEMA_FUZZ_ACCOUNT", "demo")
FUZZER = Actor.system("schema_fuzz")
# What these end is the credential they are asked with: each call has a user of its own.
ENDING = frozenset(
    {
        ("DELETE", "/api/v1/users/me"),
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/api/v1/users/me/password"),
        ("DELETE", "/api/v1/users/me/sessions"),
        ("DELETE", "/api/v1/users/me/sessions/{id}"),
        ("POST", "/api/v1/users/me/second-factor"),
        ("POST", "/api/v1/users/me/second-factor/confirm"),
        ("DELETE", "/api/v1/users/me/second-factor"),
        ("POST", "/api/v1/users/me/second-factor/recovery-codes"),
    }
)
BCryptSHA256PasswordHasher.rounds = 4
_numbers = count(1)


@cache
def account() -> Account:
    return Account.objects.get(name=ACCOUNT)


def somebody() -> SignedIn:
    """A new user of the role, signed in."""
    role = Role(WHO) if WHO in set(Role) else Role.VIEWER
    email = f"fuzz-{WHO.replace(':', '-')}-{os.getpid()}-{next(_numbers)}@{ACCOUNT}.example"
    user = actions.create_user(account(), email=email, name="Fuzz", role=role, password=PASSWORD, by=FUZZER)
    return open_session(user, by=FUZZER)


class Credential:
    """The credential of most calls, made anew when a call has ended it."""

    def __init__(self) -> None:
        self.signed_in: SignedIn | None = None
        self.key = ""
        self.key_id: Any = None

    def session(self) -> str:
        if self.signed_in is None or not self._session_lives(self.signed_in.user):
            self.signed_in = somebody()
        return f"Bearer {self.signed_in.tokens.access}"

    def api_key(self, scopes: list[Scope]) -> str:
        if not ApiKey.objects.live(timezone.now()).filter(pk=self.key_id).exists():
            made = create_api_key(account().pk, name="Fuzz", scopes=scopes, by=FUZZER)
            self.key, self.key_id = made.text, made.row.pk
        return f"Api-Key {self.key}"

    @staticmethod
    def _session_lives(user: User) -> bool:
        live = Session.objects.live(timezone.now())
        return live.filter(user_id=user.pk, user__is_active=True, user__role=user.role).exists()


_credential = Credential()


def authorization(case: "Case[Any]") -> str:
    """The header's value for one call."""
    if WHO.startswith("key:"):
        return _credential.api_key([Scope(WHO.removeprefix("key:"))])
    if (case.method.upper(), case.operation.path) in ENDING:
        return f"Bearer {somebody().tokens.access}"
    return _credential.session()


if WHO != NOBODY:

    @schemathesis.auth(refresh_interval=None)
    class Authorization:
        """Asks who it is at each call."""

        def get(self, case: "Case[Any]", ctx: AuthContext) -> str:  # noqa: ARG002 - schemathesis passes it
            with tenancy.lifted("the fuzzer makes its own users"):
                return authorization(case)

        def set(self, case: "Case[Any]", data: str, ctx: AuthContext) -> None:  # noqa: ARG002 - schemathesis passes it
            case.headers["Authorization"] = data


PLAN = {"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": []}
HOOK = {"kind": "generic", "url": "https://ci.example/", "project": "", "ref": "", "secret": "whsec_" + "c2VjcmV0" * 4}
AHEAD = "2999-01-01T00:00:00Z"
SECRETS: dict[str, Callable[[], object]] = {
    "currentPassword": lambda: PASSWORD,
    "newPassword": lambda: f"{PASSWORD} {next(_numbers)}",
    "refreshToken": lambda: somebody().tokens.refresh,
}
MEANT: dict[tuple[str, str], Callable[[], dict[str, object]]] = {
    ("POST", "/api/v1/auth/login"): lambda: {"email": somebody().user.email, "password": PASSWORD, "code": ""},
    ("POST", "/api/v1/users"): lambda: {"email": f"new-{os.getpid()}-{next(_numbers)}@{ACCOUNT}.example"},
    ("POST", "/api/v1/drifts"): lambda: {"expectedState": {"open": False}, "actualState": {"open": next(_numbers)}},
    ("POST", "/api/v1/api-keys"): lambda: {"stack": "", "expiresAt": AHEAD},
    ("PATCH", "/api/v1/api-keys/{id}"): lambda: {"expiresAt": AHEAD},
    ("POST", "/api/v1/scans"): lambda: dict(PLAN),
    ("POST", "/api/v1/ignore-rules"): lambda: {"expiresAt": AHEAD, "kinds": ["modified"]},
    ("PUT", "/api/v1/ignore-rules/{id}"): lambda: {"expiresAt": AHEAD, "kinds": ["modified"]},
    ("PATCH", "/api/v1/ignore-rules/{id}"): lambda: {"expiresAt": AHEAD, "kinds": ["modified"]},
    ("POST", "/api/v1/ignore-rules/preview"): lambda: {"expiresAt": AHEAD, "kinds": ["modified"]},
    ("PUT", "/api/v1/stacks/{id}/remediation-hook"): lambda: dict(HOOK),
    ("POST", "/api/v1/ignore-rules/import"): lambda: {"expiresAt": AHEAD, "text": "aws_s3_bucket.*\n"},
}
"""What makes a body mean something, which a schema cannot say: that a time lies ahead, that two states differ."""


@schemathesis.hook
def before_call(context: HookContext, case: Any, kwargs: dict[str, Any]) -> None:
    """Where a call is to succeed, put in what only a real client knows."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    if isinstance(case.query, dict):
        case.query = {name: plain(value) for name, value in case.query.items() if name != "cursor"}
    if isinstance(case.body, dict):
        with tenancy.lifted("the fuzzer makes its own users"):
            case.body = meant(case)


def meant(case: Any) -> dict[str, Any]:
    """A body with its secrets and its sense."""
    body = {name: plain(value) for name, value in case.body.items()}
    body |= {name: SECRETS[name]() for name in sorted(SECRETS.keys() & body.keys())}
    more = MEANT.get((case.method.upper(), case.operation.path))
    return body | more() if more else body


def plain(value: Any) -> Any:
    """A text that is as long once it is trimmed, and can be shown: names are. A number of whole cents."""
    if isinstance(value, float):
        return round(value, 2)
    return "x" * len(value) if isinstance(value, str) and (value != value.strip() or not value.isprintable()) else value
