"""Signed heads: small, the same for the same head, and in the log once a day."""

import base64
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from structlog.testing import capture_logs

from audit.heads import signed_head
from audit.models import AuditHead
from audit.signatures import Purpose, fault_of, keyring, private_key
from audit.tasks import log_journal_heads
from driftsentry.api import tenancy
from tests.audit.entries import append
from tests.conftest import World


def test_a_head_is_signed_and_follows_the_journal(world: World) -> None:
    first = signed_head(world.account.pk)
    head = AuditHead.objects.get(account_id=world.account.pk)
    assert set(first) == {"account", "epoch", "hash", "keyId", "seq", "signature"}
    assert (first["seq"], first["hash"]) == (head.seq, bytes(head.hash).hex())
    assert fault_of(Purpose.HEAD, first, settings.JOURNAL_KEYS.public) == ""
    assert signed_head(world.account.pk) == first
    append(world.account.pk, "one")
    assert signed_head(world.account.pk)["seq"] == head.seq + 1
    assert fault_of(Purpose.HEAD, {**first, "seq": 9}, settings.JOURNAL_KEYS.public)
    assert signed_head(uuid4())["seq"] == 0


def test_another_key_makes_another_signature(world: World, settings: object) -> None:
    before = signed_head(world.account.pk)
    settings.JOURNAL_KEYS = keyring([base64.b64encode(b"n" * 32).decode()])  # type: ignore[attr-defined]
    assert signed_head(world.account.pk)["keyId"] != before["keyId"]


def test_every_accounts_head_goes_to_the_log_once_a_day(world: World) -> None:
    with capture_logs() as logs, tenancy.behind():
        log_journal_heads(timestamp=0)
    told = {line["account"]: line for line in logs if line["event"] == "journal_head"}
    assert set(told) == {str(world.account.pk), str(world.other_account.pk)}
    line = told[str(world.account.pk)]
    signed = {name: value for name, value in line.items() if name not in {"event", "log_level"}}
    assert fault_of(Purpose.HEAD, signed, settings.JOURNAL_KEYS.public) == ""


def test_a_head_that_cannot_be_signed_does_not_hide_the_next_one(world: World) -> None:
    AuditHead.objects.filter(account_id=world.account.pk).update(seq=2**60)
    with capture_logs() as logs, tenancy.behind():
        log_journal_heads(timestamp=0)
    told = {line["account"]: line["event"] for line in logs if line["event"].startswith("journal_head")}
    assert told == {str(world.account.pk): "journal_head_broken", str(world.other_account.pk): "journal_head"}


def test_the_command_prints_the_public_keys_or_a_fresh_private_one(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("audit_signing_keys")
    printed = capsys.readouterr().out
    assert printed.startswith(f"{settings.JOURNAL_KEYS.signing_id} (signs)\n-----BEGIN PUBLIC KEY-----")
    assert "PRIVATE" not in printed
    call_command("audit_signing_keys", new=True)
    assert private_key(capsys.readouterr().out) != settings.JOURNAL_KEYS.signing
