"""The contract's role matrix, as one table: who may do what."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A user's role; each includes the ones after it."""

    ADMIN = "admin"
    ENGINEER = "engineer"
    VIEWER = "viewer"


class Permission(StrEnum):
    """A kind of action, as the contract's matrix lists them."""

    OWN_PROFILE = "own_profile"
    READ = "read"
    MARK_ALERTS = "mark_alerts"
    DECIDE = "decide"
    INGEST = "ingest"
    MANAGE_STACKS = "manage_stacks"
    READ_AUDIT = "read_audit"
    ADMINISTER = "administer"


class Scope(StrEnum):
    """What an API key may be for."""

    READ = "read"
    INGEST = "ingest"
    AUDIT = "audit"


class Reach(StrEnum):
    """What an action shows or changes: decides whether an API key that is limited to a stack may ask for it."""

    STACK = "stack"
    """One stack's part only, for whoever is limited to it: the view narrows it (`tenancy.within_reach`)."""

    ACCOUNT = "account"
    """The account as a whole: nothing for a key that is limited to a stack."""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who holds a permission.

    Attributes:
        roles: The roles that hold it.
        scope: The API key scope that holds it; none where no key may.
    """

    roles: frozenset[Role]
    scope: Scope | None = None


EVERYONE = frozenset(Role)
ENGINEERS = frozenset({Role.ENGINEER, Role.ADMIN})
ADMINS = frozenset({Role.ADMIN})

MATRIX: dict[Permission, Grant] = {
    Permission.OWN_PROFILE: Grant(EVERYONE),
    Permission.READ: Grant(EVERYONE, scope=Scope.READ),
    Permission.MARK_ALERTS: Grant(EVERYONE),
    Permission.DECIDE: Grant(ENGINEERS),
    Permission.INGEST: Grant(ENGINEERS, scope=Scope.INGEST),
    Permission.MANAGE_STACKS: Grant(ENGINEERS),
    Permission.READ_AUDIT: Grant(ADMINS, scope=Scope.AUDIT),
    Permission.ADMINISTER: Grant(ADMINS),
}


def allowed(role: str, permission: Permission) -> bool:
    """Does a role hold a permission?

    Args:
        role: A user's role.
        permission: What is asked for.
    """
    return role in MATRIX[permission].roles
