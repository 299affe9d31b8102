"""What can happen to accounts, users and sessions."""

from dataclasses import dataclass
from typing import ClassVar

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AccountCreated(Fact):
    """A tenant was made."""

    kind: ClassVar[str] = "account.created"
    sentence: ClassVar[str] = "Account created"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserCreated(Fact):
    """A user was made."""

    kind: ClassVar[str] = "user.created"
    sentence: ClassVar[str] = "User created as {role}"
    role: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserChanged(Fact):
    """A user's profile or settings changed; the names of the fields, not their values."""

    kind: ClassVar[str] = "user.changed"
    sentence: ClassVar[str] = "User changed"
    fields: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleChanged(Fact):
    """An admin gave a user another role."""

    kind: ClassVar[str] = "user.role_changed"
    sentence: ClassVar[str] = "Role changed from {previousRole} to {role}"
    previous_role: str
    role: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserLoggedIn(Fact):
    """A user logged in."""

    kind: ClassVar[str] = "user.logged_in"
    sentence: ClassVar[str] = "Logged in"
    session_id: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Fact):
    """A log-in to a known e-mail was refused."""

    kind: ClassVar[str] = "user.login_failed"
    sentence: ClassVar[str] = "Log-in refused"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked(Fact):
    """A session ended before its time."""

    kind: ClassVar[str] = "session.revoked"
    sentence: ClassVar[str] = "Session revoked ({because})"
    user_id: str
    because: str
