"""What people are told when something happens elsewhere; imported when Django has started."""

from uuid import UUID

from accounts.facts import SessionRevoked, UserErased
from accounts.models import Session
from alerts.actions import warn_user
from alerts.models import Alert, Attempt, Delivery
from audit.journal import Writer
from audit.reactions import reacts_to


@reacts_to(SessionRevoked)
def tell_of_a_reused_session(w: Writer, fact: SessionRevoked) -> None:
    """Warn the user whose refresh token came twice: one of the two who showed it was not them.

    Args:
        w: The open journal.
        fact: Which session ended, and why.
    """
    if fact.because != Session.RevokedBecause.REUSED:
        return
    place = f"{w.actor.address or 'an unknown address'} ({w.actor.user_agent or 'unknown client'})"
    warn_user(
        w,
        UUID(fact.user_id),
        type=Alert.Types.SESSION_REUSED,
        severity=Alert.Severities.HIGH,
        title="One of your sessions was ended: its token was used twice",
        message=f"A refresh token that had been used up was shown again from {place}. Somebody else may have had it, "
        "so the session was ended. If that was not you, change your password and look at where you are signed in.",
    )


@reacts_to(UserErased)
def erase_warnings(w: Writer, fact: UserErased) -> None:
    """Blank what an erased person was told for themselves, as it names their addresses, and what they wrote.

    Args:
        w: The open journal.
        fact: Who was erased.
    """
    alerts = Alert.objects.filter(account_id=w.account_id)
    alerts.filter(recipient_id=fact.id).update(message="(erased)")
    alerts.filter(acknowledged_by_id=fact.id).exclude(acknowledgement_note="").update(acknowledgement_note="")
    alerts.filter(snoozed_by_id=fact.id).exclude(snooze_reason="").update(snooze_reason="")


@reacts_to(UserErased)
def forget_messages(w: Writer, fact: UserErased) -> None:
    """Remove what an erased person was sent, or was to be sent, for themselves.

    Args:
        w: The open journal.
        fact: Who was erased.
    """
    theirs = Delivery.objects.for_account(w.account_id).filter(recipient_id=fact.id)
    Attempt.objects.filter(delivery__in=theirs).delete()
    theirs.delete()
