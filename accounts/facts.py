"""What can happen to accounts, users and sessions."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

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
class AdminLoggedIn(Fact):
    """A user logged in to the admin site."""

    kind: ClassVar[str] = "user.admin_logged_in"
    sentence: ClassVar[str] = "Logged in to the admin"
    session_id: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorConfirmed(Fact):
    """A user's log-ins ask for a second factor from now on."""

    kind: ClassVar[str] = "user.second_factor_confirmed"
    sentence: ClassVar[str] = "Second factor enabled"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRemoved(Fact):
    """A user's second factor was taken away, by themselves or by an admin."""

    kind: ClassVar[str] = "user.second_factor_removed"
    sentence: ClassVar[str] = "Second factor removed"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactorRefused(Fact):
    """The password was right and the code was not, or a signed-in user's proof of themselves was wrong."""

    kind: ClassVar[str] = "user.second_factor_refused"
    sentence: ClassVar[str] = "Second factor refused"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodesRenewed(Fact):
    """A user took other recovery codes."""

    kind: ClassVar[str] = "user.recovery_codes_renewed"
    sentence: ClassVar[str] = "New recovery codes"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryCodeUsed(Fact):
    """A recovery code stood for the second factor."""

    kind: ClassVar[str] = "user.recovery_code_used"
    sentence: ClassVar[str] = "Recovery code used, {left} left"
    left: int


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class LoginLocked(Fact):
    """After several refused log-ins, others from the same address have to wait; written once, when the wait begins."""

    kind: ClassVar[str] = "user.login_locked"
    sentence: ClassVar[str] = "Log-in from this address locked for {seconds} s"
    failures: int
    seconds: int


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRevoked(Fact):
    """A session ended before its time."""

    kind: ClassVar[str] = "session.revoked"
    sentence: ClassVar[str] = "Session revoked ({because})"
    user_id: str
    because: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvited(Fact):
    """An admin had an invitation sent; the link in it sets the first password."""

    kind: ClassVar[str] = "user.invited"
    sentence: ClassVar[str] = "User invited"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordResetRequested(Fact):
    """Somebody asked for a new password of a user, and was sent a link to the user's e-mail."""

    kind: ClassVar[str] = "user.password_reset_requested"
    sentence: ClassVar[str] = "New password requested"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Fact):
    """A password was changed: by its user, by a mailed link (`reset`, `invitation`), or by an admin."""

    kind: ClassVar[str] = "user.password_changed"
    sentence: ClassVar[str] = "Password changed ({how})"
    how: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChangeRefused(Fact):
    """A user wanted another password and gave a wrong present one."""

    kind: ClassVar[str] = "user.password_change_refused"
    sentence: ClassVar[str] = "Password change refused"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(Fact):
    """A person's data were erased, in the journal too; the id alone stays."""

    kind: ClassVar[str] = "user.erased"
    sentence: ClassVar[str] = "User erased"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserProvisioned(Fact):
    """A user was made by their first single sign-on, in the account that their e-mail's domain belongs to."""

    kind: ClassVar[str] = "user.provisioned"
    sentence: ClassVar[str] = "User made by single sign-on ({domain})"
    issuer: str
    domain: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class UserLinked(Fact):
    """A user signed on with the provider for the first time, and is known by it from now on."""

    kind: ClassVar[str] = "user.linked"
    sentence: ClassVar[str] = "User linked to single sign-on"
    issuer: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SingleSignOnRefused(Fact):
    """The provider vouched for a known user, who was not let in."""

    kind: ClassVar[str] = "user.sso_refused"
    sentence: ClassVar[str] = "Single sign-on refused ({because})"
    because: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DomainAdded(Fact):
    """People with e-mails of a domain are made users of the account by single sign-on from now on."""

    kind: ClassVar[str] = "domain.added"
    sentence: ClassVar[str] = "Domain {name} added"
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DomainRemoved(Fact):
    """A domain no longer belongs to the account."""

    kind: ClassVar[str] = "domain.removed"
    sentence: ClassVar[str] = "Domain {name} removed"
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyCreated(Fact):
    """A key was made; the key itself is nowhere. Its name is a person's words, so it is the text."""

    kind: ClassVar[str] = "api_key.created"
    sentence: ClassVar[str] = "API key created"
    scopes: tuple[str, ...]
    stack: str
    user_id: UUID | None
    expires_at: datetime | None


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyChanged(Fact):
    """A key's name or expiry changed; the names of the fields, and the key's name as the text."""

    kind: ClassVar[str] = "api_key.changed"
    sentence: ClassVar[str] = "API key changed"
    fields: tuple[str, ...]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKeyRevoked(Fact):
    """A key was ended; its id says which, since whoever ends it need not be the person who named it."""

    kind: ClassVar[str] = "api_key.revoked"
    sentence: ClassVar[str] = "API key revoked"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRefused(Fact):
    """A user or a key asked for what they may not; never the body of what they asked."""

    kind: ClassVar[str] = "access.refused"
    sentence: ClassVar[str] = "Refused: {method} {route} needs {permission}"
    permission: str
    method: str
    route: str
