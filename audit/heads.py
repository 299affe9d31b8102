"""Signed heads: once published, they make a chain prove something against whoever can rewrite the whole table.

They go into each export, each webhook message and, daily, the log.
"""

from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from rfc8785 import CanonicalizationError

from audit.models import AuditHead
from audit.signatures import Keyring, Purpose

logger = structlog.get_logger(__name__)

MOST_KEPT = 1024


def signed_head(account_id: UUID) -> dict[str, Any]:
    """The present head of an account's journal, signed: `account`, `epoch`, `hash`, `keyId`, `seq`, `signature`.

    The same head always has the same signature; it is made once a process. Verify it with
    `audit.signatures.fault_of(Purpose.HEAD, …)`.

    Args:
        account_id: The account.
    """
    head = AuditHead.objects.filter(account_id=account_id).first() or AuditHead(account_id=account_id)
    return dict(_signed(settings.JOURNAL_KEYS.signing_id, str(account_id), str(head.epoch), head.seq, bytes(head.hash)))


@lru_cache(maxsize=MOST_KEPT)
def _signed(key_id: str, account: str, epoch: str, seq: int, digest: bytes) -> dict[str, Any]:
    keys: Keyring = settings.JOURNAL_KEYS
    del key_id  # a part of the cache's key: tests and rotations change the keys
    return keys.sign(Purpose.HEAD, {"account": account, "epoch": epoch, "hash": digest.hex(), "seq": seq})


def log_heads() -> int:
    """Write each account's signed head to the log, which an operator keeps elsewhere.

    Returns:
        How many there are.
    """
    accounts = list(AuditHead.objects.order_by("pk").values_list("account_id", flat=True))
    for account_id in accounts:
        try:
            logger.info("journal_head", **signed_head(account_id))
        except CanonicalizationError:  # the head was altered: a number of more than 53 bits has no canonical text
            logger.exception("journal_head_broken", account=str(account_id))
    return len(accounts)
