"""Forgetting a person in the journal: what names them goes, and the chain still verifies (see `audit.canonical`)."""

from datetime import timedelta
from uuid import UUID

from django.db.models.fields.json import KT

from audit.actors import API_KEY
from audit.canonical import Entry
from audit.facts import iso
from audit.models import AuditCheckpoint, AuditLog

TOLD, KEY_MADE = "user.erased", "api_key.created"
"""The facts that tell who was erased, and whose a key is."""
LEFTOVERS = timedelta(days=1)
"""What somebody did goes with them also where it was under way: within minutes after the entry that tells of it."""


def erase_entries(account_id: UUID, actor_id: UUID) -> int:
    """Erase the personal part, with its salt, of every entry of what somebody did; in the caller's transaction.

    The database refuses any other change to an entry (the trigger of the append-only journal).

    Args:
        account_id: The tenant.
        actor_id: Who did it.

    Returns:
        How many entries were erased now.
    """
    entries = AuditLog.objects.filter(account_id=account_id, actor_id=actor_id, personal__isnull=False)
    return entries.update(personal=None, salt=None)


class Erasures:
    """The erased entries of a walk. Each must be of somebody of whom the journal tells that they were erased.

    Where something is archived, what tells of them may be in the archive. So what nobody can know is taken for lawful:
    entries from about the time of the checkpoint, and those of a key that was made before it.

    Attributes:
        entries: How many there were.
    """

    def __init__(self, checkpoint: AuditCheckpoint | None) -> None:
        """Begin with none.

        Args:
            checkpoint: The latest; none where nothing is archived.
        """
        self.entries = 0
        self._since = iso(checkpoint.at + LEFTOVERS) if checkpoint else ""
        self._first: dict[tuple[str | None, str], int] = {}

    def add(self, entry: Entry) -> None:
        """Take note of one.

        Args:
            entry: An entry without its personal part.
        """
        self.entries += 1
        if entry.actor is None or entry.at > self._since:
            self._first.setdefault((entry.actor, entry.role), entry.seq)

    def first_untold(self, account_id: UUID) -> int | None:
        """The first of them that is of nobody who was erased. Asked after the walk: an erasure tells of itself at once.

        Args:
            account_id: The account.
        """
        if not self._first:
            return None
        entries = AuditLog.objects.filter(account_id=account_id)
        told = set(entries.filter(kind=TOLD).values_list(KT("data__id"), flat=True))
        owners = dict(entries.filter(kind=KEY_MADE).values_list(KT("data__id"), KT("data__userId")))

        def is_lawful(actor: str | None, role: str) -> bool:
            if role == API_KEY and actor:
                return actor not in owners or owners[actor] in told
            return actor in told

        untold = (seq for (actor, role), seq in self._first.items() if not is_lawful(actor, role))
        return min(untold, default=None)
