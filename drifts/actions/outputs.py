"""What a detector says while it runs, kept beside its scan for whoever watches."""

import threading
import time
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from drifts.detectors.transcript import Transcript
from drifts.models import Scan, ScanOutput

EVERY_SECONDS = 1.0
"""How often the row is written, at most."""
KEPT_SCANS = 10
"""Of how many scans of a stack the output is kept."""


class Watched:
    """Takes lines from a detector, from any of its threads, and stores the transcript at most once a second."""

    def __init__(self, account_id: UUID, scan_id: UUID, transcript: Transcript) -> None:
        """Begin with nothing stored.

        Args:
            account_id: The tenant.
            scan_id: The scan.
            transcript: Keeps the lines.
        """
        self._account_id = account_id
        self._scan_id = scan_id
        self._transcript = transcript
        self._lock = threading.Lock()
        self._due = 0.0
        self._unstored = False

    def say(self, line: str) -> None:
        """Take a line.

        Args:
            line: As it was said.
        """
        with self._lock:
            self._transcript.add(line)
            self._unstored = True
            if time.monotonic() >= self._due:
                self._store()

    def close(self) -> None:
        """Store what is not stored yet."""
        with self._lock:
            if self._unstored:
                self._store()

    def _store(self) -> None:
        values = {"text": self._transcript.text, "is_cut": self._transcript.is_cut, "updated_at": timezone.now()}
        with transaction.atomic():
            ScanOutput.objects.update_or_create(
                scan_id=self._scan_id, defaults=values, create_defaults={**values, "account_id": self._account_id}
            )
        self._unstored = False
        self._due = time.monotonic() + EVERY_SECONDS


def forget_old_outputs(stack_id: UUID) -> None:
    """Drop what was said in all but the newest scans of a stack.

    Args:
        stack_id: The stack.
    """
    newest = Scan.objects.filter(stack_id=stack_id).exclude(detector="").order_by("-id").values("pk")[:KEPT_SCANS]
    ScanOutput.objects.filter(scan__stack_id=stack_id).exclude(scan_id__in=newest).delete()
