"""Every write to invitations: a user who cannot log in yet, and a mail with a link that sets the first password."""

from uuid import UUID

from accounts.actions.admins import refuse_to_change_above
from accounts.actions.mailing import SEND_INVITATION, enqueue
from accounts.actions.one_time import make_token
from accounts.actions.users import insert_user, locked_user
from accounts.facts import UserInvited
from accounts.models import Account, OneTimeToken, User
from audit import journal
from audit.actors import Actor
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict

HAS_COME = "This user has logged in already; a new password is theirs to ask for."
DEACTIVATED = "This user is deactivated; reactivate them first."


def invite_user(account: Account, *, email: str, name: str, role: Role, by: Actor) -> User:
    """Make a user without a password and have an invitation sent.

    Args:
        account: The tenant.
        email: The log-in name.
        name: The person's name.
        role: The role.
        by: The admin.

    Raises:
        Conflict: The e-mail is taken.
    """
    with journal.writing(account.pk, by=by) as w:
        user = insert_user(w, account, email=email, name=name, role=role, password=None)
        w.record(UserInvited(id=user.pk))
        enqueue(SEND_INVITATION, account.pk, user.pk, inviter_id=str(by.id or ""))
    return user


def invite_again(account_id: UUID, user_id: UUID, *, by: Actor) -> User:
    """Have another invitation sent; the link of the one before works no more once this one is on its way.

    Args:
        account_id: The tenant.
        user_id: Whom.
        by: The admin.

    Raises:
        NotFound: The tenant has no such user.
        Conflict: They have logged in already, or are deactivated.
        PermissionDenied: They are a superuser and the admin is not.
    """
    with journal.writing(account_id, by=by) as w:
        user = locked_user(account_id, user_id)
        refuse_to_change_above(user, by=by)
        if not user.is_active:
            raise Conflict(DEACTIVATED)
        if not user.is_invited:
            raise Conflict(HAS_COME)
        w.record(UserInvited(id=user.pk))
        enqueue(SEND_INVITATION, account_id, user.pk, inviter_id=str(by.id or ""))
    return user


def renew_invitation_token(account_id: UUID, user_id: UUID) -> tuple[User, str] | None:
    """Make the token of an invitation that is about to be sent; one that an earlier try made is void.

    Args:
        account_id: The tenant.
        user_id: Whose.

    Returns:
        The user, with the account, and the token; none where there is nobody to be invited any more.
    """
    with journal.writing(account_id, by=Actor.system("mail")) as w:
        users = User.objects.select_related("account").filter(account_id=account_id, pk=user_id, is_active=True)
        found = users.select_for_update(of=("self",)).first()
        if found is None or not found.is_invited:
            return None
        return found, make_token(w, found, OneTimeToken.Purposes.INVITATION)
