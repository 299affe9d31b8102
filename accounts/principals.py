"""Who asks: a user, or the holder of an API key, and what each may do by the contract's one matrix."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from accounts.models import ApiKey, User
from audit.actors import API_KEY
from driftsentry.api.access import MATRIX, Permission, Scope, allowed


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A machine that shows an API key; stands in a request where a user would.

    Attributes:
        pk: The key's id.
        account_id: The tenant.
        name: The key's name.
        last4: The key's last characters.
        scopes: What the key is for.
        stack_id: The one stack that it is limited to.
        stack_name: That stack's name.
        owner: Whose own key it is; None: the account's.
    """

    pk: UUID
    account_id: UUID
    name: str
    last4: str
    scopes: frozenset[Scope]
    stack_id: UUID | None
    stack_name: str
    owner: User | None

    role: ClassVar[str] = API_KEY
    is_authenticated: ClassVar[bool] = True
    is_active: ClassVar[bool] = True

    @classmethod
    def of(cls, key: ApiKey) -> "KeyHolder":
        """The holder of a key.

        Args:
            key: With its user and stack.
        """
        return cls(
            pk=key.pk,
            account_id=key.account_id,
            name=key.name,
            last4=key.last4,
            scopes=frozenset(Scope(scope) for scope in key.scopes),
            stack_id=key.stack_id,
            stack_name=key.stack.name if key.stack else "",
            owner=key.user,
        )

    def __str__(self) -> str:
        """What people tell it by."""
        return f"{self.name} (API key …{self.last4})"


def may(who: Any, permission: Permission) -> bool:
    """Does whoever asks hold a permission? A key holds what its scopes do, and no more than its owner.

    Args:
        who: A user or a `KeyHolder`.
        permission: What is asked for.
    """
    if not isinstance(who, KeyHolder):
        return allowed(who.role, permission)
    scope = MATRIX[permission].scope
    return scope in who.scopes and (who.owner is None or allowed(who.owner.role, permission))
