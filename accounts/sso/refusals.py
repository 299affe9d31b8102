"""Why a single sign-on fails: the code goes to the log, the words to the person."""

from enum import Enum


class Reason(Enum):
    """A reason, in words that tell no one anything about other people."""

    NOWHERE = 400, "This link does not say where the log-in is to lead. Start from where you want to log in."
    STATE = 400, "This log-in has expired or was begun in another browser. Start again."
    CANCELLED = 403, "The log-in was cancelled."
    PROVIDER = 502, "The sign-in service answered something unexpected. Try again, or tell your administrator."
    AWAY = 503, "The sign-in service cannot be reached. Try again shortly."
    TOKEN = 403, "The answer of the sign-in service could not be verified. Start again."
    EMAIL = 403, "The sign-in service does not vouch for your e-mail address."
    DOMAIN = 403, "Your organisation does not use DriftSentry with this e-mail address. Ask your administrator."
    TAKEN = 403, "Your e-mail address belongs to somebody else here. Ask your administrator."
    ROLE = 403, "You have not been given a role in DriftSentry. Ask your administrator."
    INACTIVE = 403, "Your user is not active. Ask your administrator."
    SUPERUSER = 403, "This user logs in with a password only."
    NO_ADMIN = 403, "The admin pages are for admins."

    @property
    def status(self) -> int:
        """The page's HTTP status."""
        return self.value[0]

    @property
    def words(self) -> str:
        """What the person is told."""
        return self.value[1]


class Refused(Exception):
    """Nobody is let in.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: Reason, detail: str = "") -> None:
        """Refuse.

        Args:
            reason: Why.
            detail: For the log; never a secret or personal.
        """
        super().__init__(f"{reason.name}: {detail}" if detail else reason.name)
        self.reason = reason
        self.detail = detail
