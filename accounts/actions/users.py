"""Every write to users, but for their passwords."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from accounts.actions.admins import keep_an_admin, refuse_to_change_above
from accounts.actions.key_revocation import revoke_keys_of
from accounts.actions.one_time import void_tokens
from accounts.actions.sessions import revoke_all
from accounts.facts import UserChanged, UserCreated, UserRoleChanged
from accounts.models import Account, Session, User, normalised_email
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict, NotFound

PROFILE_FIELDS = frozenset({"name", "email_notifications", "slack_integration", "critical_alerts_only"})
ADMINISTERED_FIELDS = frozenset({"name", "role", "is_active"})


def create_user(account: Account, *, email: str, name: str, role: Role, password: str | None, by: Actor) -> User:
    """Make a user.

    Args:
        account: The tenant.
        email: The log-in name.
        name: The person's name.
        role: The role.
        password: The password, already checked against the password rules; none for a user who cannot log in yet.
        by: Who does it.

    Raises:
        Conflict: The e-mail is taken.
    """
    with journal.writing(account.pk, by=by) as w:
        return insert_user(w, account, email=email, name=name, role=role, password=password)


def insert_user(w: Writer, account: Account, *, email: str, name: str, role: Role, password: str | None) -> User:
    """Make a user, in the writer's transaction.

    Args:
        w: The open journal.
        account: The tenant.
        email: The log-in name.
        name: The person's name.
        role: The role.
        password: The password; none for a user who cannot log in yet.

    Raises:
        Conflict: The e-mail is taken, in whichever account: the words do not tell.
    """
    user = User(account=account, email=normalised_email(email), name=name, role=role.value)
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("There is already a user with this e-mail.") from error
    w.record(UserCreated(id=user.pk, role=role.value))
    return user


def change_profile(user: User, *, changes: Mapping[str, Any], by: Actor) -> User:
    """Change a user's name or settings.

    Args:
        user: Whose.
        changes: New values by field; only those of `PROFILE_FIELDS` are allowed.
        by: Who does it.

    Raises:
        ValueError: A field is not one that this action changes.
    """
    if not PROFILE_FIELDS.issuperset(changes):
        raise ValueError(f"change_profile does not change {sorted(set(changes) - PROFILE_FIELDS)}")
    changed = tuple(sorted(name for name, value in changes.items() if getattr(user, name) != value))
    with journal.writing(user.account_id, by=by) as w:
        for name in changed:
            setattr(user, name, changes[name])
        if changed:
            user.save(update_fields=[*changed, "updated_at"])
            w.record(UserChanged(id=user.pk, fields=changed))
    return user


def administer_user(account_id: UUID, user_id: UUID, *, changes: Mapping[str, Any], by: Actor) -> User:
    """Change what an admin may change of a user; another role or a deactivation signs them out everywhere.

    Args:
        account_id: The tenant.
        user_id: Whose.
        changes: New values by field, of `ADMINISTERED_FIELDS`.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
        Conflict: The admin would shut themselves out, or leave the account without an admin.
        PermissionDenied: They are a superuser and the admin is not.
        ValueError: A field is not one that this action changes.
    """
    if not ADMINISTERED_FIELDS.issuperset(changes):
        raise ValueError(f"administer_user does not change {sorted(set(changes) - ADMINISTERED_FIELDS)}")
    with journal.writing(account_id, by=by) as w:
        if changes.get("role", Role.ADMIN) != Role.ADMIN or not changes.get("is_active", True):
            if user_id == by.id:
                raise Conflict("You cannot change your own role or deactivate yourself; ask another admin.")
            keep_an_admin(account_id, leaving=user_id)
        user = locked_user(account_id, user_id)
        refuse_to_change_above(user, by=by)
        before = {name: getattr(user, name) for name, value in changes.items() if getattr(user, name) != value}
        for name in before:
            setattr(user, name, changes[name])
        if before:
            user.save(update_fields=[*before, "updated_at"])
            _record_changes(w, user, before)
    return user


def _record_changes(w: Writer, user: User, before: Mapping[str, Any]) -> None:
    w.record(UserChanged(id=user.pk, fields=tuple(sorted(before))))
    if "role" in before:
        w.record(UserRoleChanged(id=user.pk, previous_role=before["role"], role=user.role))
        revoke_all(w, user, Session.RevokedBecause.ROLE)
    if "is_active" in before and not user.is_active:
        void_tokens(w, user)
        revoke_keys_of(w, user)
        revoke_all(w, user, Session.RevokedBecause.DEACTIVATED)


def locked_user(account_id: UUID, user_id: UUID) -> User:
    """A tenant's user, locked until the transaction ends; an erased one is nobody.

    Args:
        account_id: The tenant.
        user_id: Whose.

    Raises:
        NotFound: The tenant has no such user.
    """
    user = User.objects.select_for_update().filter(account_id=account_id, pk=user_id, erased_at=None).first()
    if user is None:
        raise NotFound
    return user
