"""Letting in whom the provider vouches for: known by (issuer, subject), else by the domain of a verified e-mail.

The users of one account can never be reached from the domain of another, and superusers never at all. Roles change by
the action by which admins change them.
"""

import base64
import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta

import structlog
from allauth.socialaccount.models import SocialAccount
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.actions.sessions import SignedIn, open_session
from accounts.actions.users import administer_user, insert_user
from accounts.facts import SingleSignOnRefused, UserLinked, UserProvisioned
from accounts.models import Domain, OneTimeToken, User
from accounts.sso.identity import Identity
from accounts.sso.refusals import Reason, Refused
from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from driftsentry.api import tenancy
from driftsentry.api.access import Role
from driftsentry.api.errors import Conflict, Unauthenticated
from driftsentry.single_sign_on import SingleSignOn

logger = structlog.get_logger(__name__)

CODE_LIFETIME = timedelta(seconds=60)
BAD_CODE = "The code is wrong, expired or used; sign on again."


def sign_on(identity: Identity, sso: SingleSignOn, *, by: Actor) -> User:
    """The user whom an identity is, made or linked where it comes for the first time, in the role that it brings.

    Args:
        identity: Whom the provider vouches for.
        sso: What its people may be here.
        by: Where it comes from: address and user agent; the rest is not known yet.

    Raises:
        Refused: They are not let in.
    """
    provider = replace(by, id=None, email="single sign-on", role="system")
    user = _linked(identity) or _first_time(identity, sso, by=provider)
    try:
        return _with_role(_admitted(user), identity, sso, by=provider)
    except Refused as refusal:
        with journal.writing(user.account_id, by=replace(by, id=user.pk, email=user.email, role=user.role)) as w:
            w.record(SingleSignOnRefused(id=user.pk, because=refusal.reason.name.lower()))
        raise


def make_code(user: User, *, challenge: str, by: Actor) -> str:
    """A code that whoever began the log-in exchanges for tokens, once.

    Args:
        user: Whose tokens.
        challenge: What the beginner showed: the base64url of the SHA-256 of a verifier that only they have.
        by: Where it comes from.

    Returns:
        The code, which is nowhere else.
    """
    code = secrets.token_urlsafe(32)
    with journal.writing(user.account_id, by=replace(by, id=user.pk, email=user.email, role=user.role)) as w:
        OneTimeToken.objects.create(
            account_id=user.account_id,
            user=user,
            purpose=OneTimeToken.Purposes.SSO,
            digest=_digest(code, challenge),
            expires_at=w.now + CODE_LIFETIME,
        )
    return code


def redeem_code(*, code: str, verifier: str, by: Actor) -> SignedIn:
    """Open a session for a code; of several tries at once only one succeeds.

    Args:
        code: The code.
        verifier: What only the beginner of the log-in has (RFC 7636).
        by: Where it comes from.

    Raises:
        Unauthenticated: The code is wrong, expired or used, is not this beginner's, or its user is no longer active.
    """
    live = OneTimeToken.objects.live(timezone.now()).filter(
        purpose=OneTimeToken.Purposes.SSO, digest=_digest(code, challenge_of(verifier))
    )
    with tenancy.lifted("whose code it is, only the code says"):
        found = live.select_related("user__account").first()
    if found:
        tenancy.enter(found.account_id)
    if found is None or not live.filter(pk=found.pk).update(used_at=timezone.now()):
        logger.info("sso_code_refused", reason="unknown" if found is None else "used")
        raise Unauthenticated(BAD_CODE)
    if found.user.is_superuser:
        raise Unauthenticated(BAD_CODE)
    return open_session(found.user, by=by)


def challenge_of(verifier: str) -> str:
    """What the owner of a verifier shows first (RFC 7636 section 4.2, S256).

    Args:
        verifier: The verifier.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _digest(code: str, challenge: str) -> bytes:
    """A code is known together with the challenge: without the verifier it is nobody's."""
    return hashlib.sha256(f"{code}.{challenge}".encode()).digest()


def _linked(identity: Identity) -> User | None:
    known = SocialAccount.objects.filter(provider=identity.issuer, uid=identity.subject)
    with tenancy.lifted("whose subject it is"):
        link = known.select_related("user__account").first()
    return link.user if link else None


def _first_time(identity: Identity, sso: SingleSignOn, *, by: Actor) -> User:
    with tenancy.lifted("whose domain it is"):
        domain = Domain.objects.select_related("account").filter(name=identity.domain).first()
    if domain is None:
        raise Refused(Reason.DOMAIN)
    role = _role(identity, sso)
    try:
        with journal.writing(domain.account_id, by=by) as w:
            users = User.objects.select_related("account").select_for_update(of=("self",)).filter(email=identity.email)
            with tenancy.lifted("the e-mail may be of a user of another account"):
                user = users.first()
            return _link(w, user, identity, domain) or _provision(w, identity, domain, role)
    except (Conflict, IntegrityError) as error:
        # Somebody was quicker: the same person in another tab, or an admin with the same e-mail.
        found = _linked(identity)
        if found is None:
            raise Refused(Reason.TAKEN, "at the same time") from error
        return found


def _link(w: Writer, user: User | None, identity: Identity, domain: Domain) -> User | None:
    """A user who is there already is linked, where they are of the domain's account and not somebody else's.

    An e-mail that was given to another person comes with another subject: that person is not the one who had it.
    """
    if user is None:
        return None
    if user.account_id != domain.account_id:
        raise Refused(Reason.TAKEN, "by a user of another account")
    linked = SocialAccount.objects.filter(user=user, provider=identity.issuer).values_list("uid", flat=True)
    if set(linked) - {identity.subject}:
        raise Refused(Reason.TAKEN, "by a user with another subject")
    _admitted(user)
    if linked:  # by the same person in another tab, since this log-in looked
        return user
    SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject)
    w.record(UserLinked(id=user.pk, issuer=identity.issuer))
    return user


def _provision(w: Writer, identity: Identity, domain: Domain, role: Role) -> User:
    user = insert_user(w, domain.account, email=identity.email, name=identity.name, role=role, password=None)
    with transaction.atomic():
        SocialAccount.objects.create(user=user, provider=identity.issuer, uid=identity.subject)
    w.record(UserProvisioned(id=user.pk, issuer=identity.issuer, domain=domain.name))
    return user


def _admitted(user: User) -> User:
    if user.is_superuser:
        raise Refused(Reason.SUPERUSER)
    if not user.is_active or user.erased_at is not None:
        raise Refused(Reason.INACTIVE)
    return user


def _role(identity: Identity, sso: SingleSignOn) -> Role:
    role = sso.role_of(identity.roles or ())
    if role is None:
        raise Refused(Reason.ROLE)
    return role


def _with_role(user: User, identity: Identity, sso: SingleSignOn, *, by: Actor) -> User:
    """The claim says the role at each log-in; without a claim it is what an admin made it."""
    if identity.roles is None:
        return user
    role = _role(identity, sso)
    if user.role == role:
        return user
    try:
        return administer_user(user.account_id, user.pk, changes={"role": role.value}, by=by)
    except Conflict:
        logger.warning("sso_role_kept", user_id=str(user.pk), reason="the account's last admin")
        return user
