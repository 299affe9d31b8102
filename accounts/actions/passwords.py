"""Every write to passwords."""

from uuid import UUID

from django.contrib.auth.hashers import make_password

from accounts.actions.sessions import revoke_all
from accounts.actions.users import locked_user
from accounts.facts import UserChanged
from accounts.models import Session, User
from audit import journal
from audit.actors import Actor


def set_password(account_id: UUID, user_id: UUID, *, password: str, by: Actor) -> User:
    """Give a user another password, as an admin; they are signed out everywhere.

    Args:
        account_id: The tenant.
        user_id: Whose.
        password: The new one, already checked against the password rules.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
    """
    encoded = make_password(password)
    with journal.writing(account_id, by=by) as w:
        user = locked_user(account_id, user_id)
        user.password = encoded
        user.save(update_fields=["password", "updated_at"])
        w.record(UserChanged(id=user.pk, fields=("password",)))
        revoke_all(w, user, Session.RevokedBecause.PASSWORD)
    return user
