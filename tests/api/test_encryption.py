"""Secrets at rest: never in clear in the database, read with any key, written anew with the newest."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from rest_framework.test import APIClient

from accounts import totp
from accounts.models import SecondFactor
from driftsentry.api import encryption
from driftsentry.management.commands import rotate_secrets
from tests.conftest import PASSWORD, World

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def factors(world: World) -> list[SecondFactor]:
    """A second factor for each of the three people."""
    people = (world.owner, world.engineer, world.viewer)
    return [SecondFactor.objects.create(user=one, account=one.account, secret=SECRET) for one in people]


def stored() -> list[str]:
    """The column as the database holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM accounts_second_factor ORDER BY user_id")
        return [text for (text,) in cursor.fetchall()]


def everything() -> str:
    """Every row of every table, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = []
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608 - of the catalogue
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def rotate(**options: Any) -> str:
    out = StringIO()
    call_command("rotate_secrets", stdout=out, **options)
    return out.getvalue()


def test_what_is_encrypted_is_read_again_and_never_looks_the_same_twice() -> None:
    first, second = encryption.encrypt(SECRET), encryption.encrypt(SECRET)
    assert first != second
    assert SECRET not in first
    assert encryption.decrypt(first) == encryption.decrypt(second) == SECRET


def test_what_was_altered_is_not_read() -> None:
    whole = encryption.encrypt(SECRET)
    for damaged in (whole[:20] + "A" * 8 + whole[28:], whole[1:], whole[:-4], "", "plain"):
        with pytest.raises(encryption.Undecipherable, match="ENCRYPTION_KEYS"):
            encryption.decrypt(damaged)


def test_the_database_holds_no_secret_in_clear(world: World) -> None:
    factors(world)
    assert {factor.secret for factor in SecondFactor.objects.all()} == {SECRET}
    assert len(stored()) == 3
    assert all(text.startswith("gAAAA") for text in stored())
    assert SECRET not in everything()


def test_an_older_key_still_reads_and_the_newest_writes(world: World, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ("the old key",)
    factors(world)
    settings.ENCRYPTION_KEYS = ("the new key", "the old key")
    assert {factor.secret for factor in SecondFactor.objects.all()} == {SECRET}
    assert not any(encryption.is_newest(text) for text in stored())
    factor = SecondFactor.objects.get(user=world.owner)
    factor.save()
    assert sum(encryption.is_newest(text) for text in stored()) == 1


def test_secrets_are_written_anew_so_that_the_old_key_can_go(world: World, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ("the old key",)
    factors(world)
    settings.ENCRYPTION_KEYS = ("the new key", "the old key")
    told = rotate(batch=2)
    assert "accounts.SecondFactor.secret: 2 read, 2 written anew\n" in told
    assert "accounts.SecondFactor.secret: 3 read, 3 written anew\n" in told
    settings.ENCRYPTION_KEYS = ("the new key",)
    assert {factor.secret for factor in SecondFactor.objects.all()} == {SECRET}


def test_a_second_run_writes_nothing(world: World, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ("the old key",)
    factors(world)
    settings.ENCRYPTION_KEYS = ("the new key", "the old key")
    rotate()
    before = stored()
    assert "accounts.SecondFactor.secret: 3 read, 0 written anew\n" in rotate()
    assert stored() == before


def test_a_run_that_was_cut_off_is_taken_up(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENCRYPTION_KEYS = ("the old key",)
    factors(world)
    settings.ENCRYPTION_KEYS = ("the new key", "the old key")
    usual, calls = encryption.rotate, []

    def cut_off(text: str) -> str:
        calls.append(text)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return usual(text)

    monkeypatch.setattr(encryption, "rotate", cut_off)
    with pytest.raises(KeyboardInterrupt):
        rotate(batch=1)
    assert sum(encryption.is_newest(text) for text in stored()) == 1
    assert {factor.secret for factor in SecondFactor.objects.all()} == {SECRET}
    monkeypatch.setattr(encryption, "rotate", usual)
    assert "3 read, 2 written anew" in rotate(batch=1)


def test_a_value_that_fits_no_key_stops_it_before_anything_is_changed(world: World, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ("the old key",)
    factors(world)
    settings.ENCRYPTION_KEYS = ("a lost key",)
    SecondFactor.objects.filter(user=world.viewer).update(secret=SECRET)
    settings.ENCRYPTION_KEYS = ("the new key", "the old key")
    before = stored()
    with pytest.raises(CommandError, match=r"Nothing was changed.*accounts\.SecondFactor\.secret: 1 \(") as refused:
        rotate()
    assert str(world.viewer.pk) in str(refused.value)
    assert SECRET not in str(refused.value)
    assert stored() == before


def test_a_secret_written_meanwhile_is_left_alone(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ENCRYPTION_KEYS = ("the old key",)
    factors(world)
    settings.ENCRYPTION_KEYS = ("the new key", "the old key")
    usual = encryption.rotate

    def overtaken(text: str) -> str:
        SecondFactor.objects.all().update(secret="ANOTHERSECRET")
        return usual(text)

    monkeypatch.setattr(encryption, "rotate", overtaken)
    rotate()
    assert {factor.secret for factor in SecondFactor.objects.all()} == {"ANOTHERSECRET"}


@pytest.mark.parametrize("size", [0, -1])
def test_a_batch_holds_something(size: int) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        call_command("rotate_secrets", batch=size)


def test_every_encrypted_column_is_found() -> None:
    assert "accounts.SecondFactor.secret" in {str(column) for column in rotate_secrets.columns()}


def test_without_its_key_a_secret_answers_503_in_words_and_nothing_inner(world: World, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = ("a lost key",)
    SecondFactor.objects.create(
        user=world.engineer, account=world.account, secret=SECRET, confirmed_at="2026-01-01T00:00:00Z"
    )
    settings.ENCRYPTION_KEYS = ("the new key",)
    body = {"email": world.engineer.email, "password": PASSWORD, "code": "123456"}
    answer = APIClient(raise_request_exception=False).post("/api/v1/auth/login", body, format="json")
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "UNAVAILABLE"
    assert "stored secret cannot be read" in answer.json()["error"]["message"]
    for inner in ("Traceback", "cryptography", "ENCRYPTION_KEYS", "InvalidToken", SECRET, totp.code_at(SECRET, 0)):
        assert inner not in answer.content.decode()
