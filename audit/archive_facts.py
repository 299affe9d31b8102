"""What happens to the journal itself."""

from dataclasses import dataclass
from typing import ClassVar

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class JournalArchived(Fact):
    """Old entries were written to a file and dropped; `id` is the checkpoint's."""

    kind: ClassVar[str] = "journal.archived"
    sentence: ClassVar[str] = "Archived the journal up to entry {seq} in {fileName}"

    seq: int
    hash: str
    entries: int
    file_name: str
    file_digest: str
