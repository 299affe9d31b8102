"""Every write to tenants."""

from django.db import IntegrityError, transaction

from accounts.facts import AccountCreated
from accounts.models import Account
from audit import journal
from audit.actors import Actor
from driftsentry.api.errors import Conflict


def create_account(name: str, *, by: Actor) -> Account:
    """Make a tenant.

    Args:
        name: Its name, unique.
        by: Who does it.

    Raises:
        Conflict: The name is taken.
    """
    account = Account(name=name)
    with journal.writing(account.pk, by=by) as w:
        try:
            with transaction.atomic():
                account.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("There is already an account with this name.") from error
        w.record(AccountCreated(id=account.pk))
    return account
