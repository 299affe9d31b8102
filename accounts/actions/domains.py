"""Every write to the e-mail domains that belong to accounts."""

from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.db import IntegrityError, transaction

from accounts.facts import DomainAdded, DomainRemoved
from accounts.models import Account, Domain
from audit import journal
from audit.actors import Actor
from driftsentry.api.errors import Conflict, Invalid, NotFound

_is_domain = DomainNameValidator(accept_idna=False)


def normalised_domain(name: str) -> str:
    """A domain as it is stored and looked up: in lower case, without a dot at its end, in the spelling that mails use.

    Args:
        name: As typed.

    Raises:
        Invalid: It is no domain name.
    """
    try:
        plain = name.strip().rstrip(".").encode("idna").decode().lower()
        _is_domain(plain)
    except (UnicodeError, ValidationError) as error:
        raise Invalid.field("name", "This is no domain name, e.g. example.com.") from error
    return plain


def add_domain(account: Account, name: str, *, by: Actor) -> Domain:
    """Give an e-mail domain to an account. Whoever does it vouches that the account's people own it.

    Args:
        account: The tenant.
        name: The domain.
        by: Who does it.

    Raises:
        Invalid: It is no domain name.
        Conflict: It belongs to an account already.
    """
    domain = Domain(account=account, name=normalised_domain(name))
    with journal.writing(account.pk, by=by) as w:
        try:
            with transaction.atomic():
                domain.save(force_insert=True)
        except IntegrityError as error:
            raise Conflict("This domain belongs to an account already.") from error
        w.record(DomainAdded(id=account.pk, name=domain.name))
    return domain


def remove_domain(name: str, *, by: Actor) -> None:
    """Take an e-mail domain from its account. Users who have signed on before go on doing so.

    Args:
        name: The domain.
        by: Who does it.

    Raises:
        Invalid: It is no domain name.
        NotFound: It belongs to no account.
    """
    domain = Domain.objects.filter(name=normalised_domain(name)).first()
    if domain is None:
        raise NotFound("This domain belongs to no account.")
    with journal.writing(domain.account_id, by=by) as w:
        deleted, _ = Domain.objects.filter(pk=domain.pk).delete()
        if deleted:
            w.record(DomainRemoved(id=domain.account_id, name=domain.name))
