"""Every write to API keys. A key is shown once, by what makes it; only its digest is kept."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps

from accounts.actions.key_revocation import revoke_key, revoke_keys_of
from accounts.actions.users import locked_user
from accounts.api_keys import new_key
from accounts.facts import ApiKeyChanged, ApiKeyCreated
from accounts.models import Account, ApiKey
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api.access import Scope
from driftsentry.api.errors import Conflict, Invalid, NotFound

MOST_LIVE = 200
CHANGEABLE_FIELDS = frozenset({"name", "expires_at"})
OWN_NAME = "Own key"
OWN_SCOPES = (Scope.READ, Scope.INGEST)


@dataclass(frozen=True, slots=True)
class CreatedKey:
    """A key just made.

    Attributes:
        row: What is kept of it.
        text: The key itself, to be shown once.
    """

    row: ApiKey
    text: str

    def __repr__(self) -> str:
        """All but the key: a representation may be logged."""
        return f"CreatedKey({self.row})"


def create_api_key(
    account_id: UUID,
    *,
    name: str,
    scopes: Collection[Scope],
    by: Actor,
    stack: str = "",
    expires_at: datetime | None = None,
) -> CreatedKey:
    """Make a key of an account.

    Args:
        account_id: The tenant.
        name: What people call it.
        scopes: What it is for.
        by: The admin.
        stack: The name of the one stack that it is for; empty for all.
        expires_at: When it stops; None: never.

    Raises:
        Invalid: The stack is unknown, the audit log is to be read by a key of one stack, or the expiry is past.
        Conflict: The account has `MOST_LIVE` live keys.
    """
    if stack and Scope.AUDIT in scopes:
        raise Invalid.field("scopes", "The audit log is the whole account's: a key limited to a stack cannot read it.")
    with journal.writing(account_id, by=by) as w:
        _check_expiry(w, expires_at)
        # One at a time, or two would both find room for the last one.
        Account.objects.select_for_update(no_key=True).get(pk=account_id)
        if ApiKey.objects.for_account(account_id).live(w.now).filter(user=None).count() >= MOST_LIVE:
            raise Conflict(f"An account has at most {MOST_LIVE} live API keys; revoke one.")
        row = ApiKey(account_id=account_id, name=name, stack=_stack(account_id, stack), expires_at=expires_at)
        return _made(w, row, scopes)


def change_api_key(account_id: UUID, key_id: UUID, *, changes: Mapping[str, Any], by: Actor) -> ApiKey:
    """Change a live key's name or expiry.

    Args:
        account_id: The tenant.
        key_id: The key.
        changes: New values by field, of `CHANGEABLE_FIELDS`.
        by: The admin.

    Raises:
        NotFound: The tenant has no such key.
        Conflict: It is revoked.
        Invalid: The expiry is past.
        ValueError: A field is not one that this action changes.
    """
    if not CHANGEABLE_FIELDS.issuperset(changes):
        raise ValueError(f"change_api_key does not change {sorted(set(changes) - CHANGEABLE_FIELDS)}")
    with journal.writing(account_id, by=by) as w:
        _check_expiry(w, changes.get("expires_at"))
        key = _locked(account_id, key_id)
        if key.revoked_at is not None:
            raise Conflict("This API key is revoked; make another one.")
        changed = tuple(sorted(name for name, value in changes.items() if getattr(key, name) != value))
        for name in changed:
            setattr(key, name, changes[name])
        if changed:
            key.save(update_fields=changed)
            w.record(ApiKeyChanged(id=key.pk, fields=changed, text=key.name))
    return key


def revoke_api_key(account_id: UUID, key_id: UUID, *, by: Actor) -> ApiKey:
    """End a key at once; it stays on record. Ending it twice is no error.

    Args:
        account_id: The tenant.
        key_id: The key.
        by: The admin.

    Raises:
        NotFound: The tenant has no such key.
    """
    with journal.writing(account_id, by=by) as w:
        key = _locked(account_id, key_id)
        revoke_key(w, key)
    return key


def regenerate_own_key(account_id: UUID, user_id: UUID, *, by: Actor) -> CreatedKey:
    """Make a user's own key; the one they have ends in the same transaction.

    Args:
        account_id: The tenant.
        user_id: Whose.
        by: The user.

    Raises:
        NotFound: The tenant has no such user.
    """
    with journal.writing(account_id, by=by) as w:
        user = locked_user(account_id, user_id)
        revoke_keys_of(w, user)
        return _made(w, ApiKey(account_id=account_id, user=user, name=OWN_NAME), OWN_SCOPES)


def revoke_own_key(account_id: UUID, user_id: UUID, *, by: Actor) -> None:
    """End a user's own key. Having none is no error.

    Args:
        account_id: The tenant.
        user_id: Whose.
        by: The user.

    Raises:
        NotFound: The tenant has no such user.
    """
    with journal.writing(account_id, by=by) as w:
        revoke_keys_of(w, locked_user(account_id, user_id))


def _made(w: Writer, row: ApiKey, scopes: Collection[Scope]) -> CreatedKey:
    fresh = new_key()
    row.prefix, row.last4, row.digest = fresh.prefix, fresh.last4, fresh.digest
    row.scopes = [scope.value for scope in Scope if scope in scopes]
    row.created_by_id = w.actor.user_id
    row.save(force_insert=True)
    w.record(
        ApiKeyCreated(
            id=row.pk,
            text=row.name,
            scopes=tuple(row.scopes),
            stack=row.stack.name if row.stack else "",
            user_id=row.user_id,
            expires_at=row.expires_at,
        )
    )
    return CreatedKey(row, fresh.text)


def _locked(account_id: UUID, key_id: UUID) -> ApiKey:
    keys = ApiKey.objects.for_account(account_id).select_related("stack").select_for_update(of=("self",))
    key = keys.filter(pk=key_id).first()
    if key is None:
        raise NotFound
    return key


def _stack(account_id: UUID, name: str) -> Any:
    """The stack of a name; its model stands above this app, so it is found by its name."""
    if not name:
        return None
    found = apps.get_model("drifts", "Stack").objects.filter(account_id=account_id, name=name).first()
    if found is None:
        raise Invalid.field("stack", "There is no stack of this name.")
    return found


def _check_expiry(w: Writer, expires_at: datetime | None) -> None:
    if expires_at is not None and expires_at <= w.now:
        raise Invalid.field("expiresAt", "The expiry must lie ahead.")
