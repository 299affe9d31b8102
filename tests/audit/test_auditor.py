"""The auditor's command: files alone, no database, no settings, words and exit codes."""

import base64
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings

from audit import auditor
from audit.export_format import Link
from audit.signatures import public_pem
from tests.audit.exports import ACCOUNT, OTHER, chain, keys, sealed

ENTRIES = chain(6)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A whole export, its two halves, another account's, a forged one, and the key."""
    middle = Link(3, ENTRIES[2].hash)
    (tmp_path / "whole").write_bytes(sealed(ENTRIES))
    (tmp_path / "first").write_bytes(sealed(ENTRIES[:3]))
    (tmp_path / "second").write_bytes(sealed(ENTRIES[3:], after=middle))
    (tmp_path / "last").write_bytes(sealed(ENTRIES[5:], after=Link(5, ENTRIES[4].hash)))
    (tmp_path / "middle").write_bytes(sealed(ENTRIES[1:4], after=Link(1, ENTRIES[0].hash)))
    (tmp_path / "none").write_bytes(sealed([], after=middle))
    (tmp_path / "other chain").write_bytes(sealed(chain(4, kind="stack.created")))
    (tmp_path / "fork").write_bytes(sealed(chain(2, after=Link(3, "11" * 32)), after=Link(3, "11" * 32)))
    (tmp_path / "other").write_bytes(sealed(chain(2, account=OTHER)))
    (tmp_path / "forged").write_bytes(sealed(ENTRIES, signed_by=keys("mallory")))
    (tmp_path / "altered").write_bytes(sealed(ENTRIES).replace(b"stack 4", b"stack 5"))
    (tmp_path / "key.pem").write_text(public_pem(keys().public[keys().signing_id]))
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], folder: Path, *names: str, key: str = "key.pem") -> tuple[int, str]:
    pinned = ["--public-key", str(folder / key)] if key else []
    code = auditor.main([*(str(folder / name) for name in names), *pinned])
    return code, capsys.readouterr().out.replace(f"{folder}/", "")


def test_what_holds_is_told_with_its_range_and_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, words = said(capsys, folder, "whole")
    assert code == 0
    assert words == (
        f"whole: valid, entries 1 to 6 of account {ACCOUNT}, 0 erased, made 2026-02-03T04:05:00.000000Z, "
        f"signed by key {keys().signing_id}\nAll of it holds.\n"
    )


def test_what_does_not_hold_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, words = said(capsys, folder, "altered")
    assert (code, words) == (1, "altered: BROKEN at line 5, entry 4: the entry was altered\nIT DOES NOT HOLD.\n")


def test_parts_in_any_order_continue_one_another(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, folder, "second", "other", "first")[0] == 0


@pytest.mark.parametrize(
    ("names", "gap"),
    [
        (("first", "last"), "last: BROKEN, it does not continue first: entries 4 to 5 are missing between them"),
        (("first", "fork"), "fork: BROKEN, it does not continue first: entry 3 is not the same one in both"),
        (("fork", "whole"), "fork: BROKEN, it does not continue whole: entry 5 is not the same one in both"),
        (("whole", "fork", "last"), "fork: BROKEN, it does not continue whole: entry 5 is not the same one in both"),
        (
            ("other chain", "first"),
            "other chain: BROKEN, it does not continue first: entry 3 is not the same one in both",
        ),
    ],
)
def test_parts_that_do_not_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, str], gap: str
) -> None:
    code, words = said(capsys, folder, *names)
    assert code == 1
    assert gap in words


@pytest.mark.parametrize(
    "names",
    [
        ("first", "whole"),
        ("whole", "whole"),
        ("last", "second"),
        ("middle", "first"),
        ("first", "middle", "second"),
        ("whole", "first", "last"),
        ("none", "whole", "first"),
    ],
)
def test_parts_that_overlap_hold_where_they_are_the_same(
    folder: Path, capsys: pytest.CaptureFixture[str], names: tuple[str, ...]
) -> None:
    code, words = said(capsys, folder, *names)
    assert (code, words.splitlines()[-1]) == (0, "All of it holds.")


def test_parts_that_overlap_cannot_come_from_a_pipe(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pipe, content = folder / "pipe", (folder / "whole").read_bytes()
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_bytes, args=[content])
    writer.start()
    code, words = said(capsys, folder, "pipe", "first")
    writer.join()
    assert (code, words) == (2, "pipe: it overlaps another file and has to be read twice, which it cannot be\n")


def test_another_key_is_found_only_by_those_who_know_the_right_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, words = said(capsys, folder, "forged")
    assert code == 1
    assert "not one of the keys that are trusted here" in words
    code, words = said(capsys, folder, "forged", key="")
    assert code == 0
    assert "No key was given with --public-key" in words
    assert keys("mallory").signing_id in words


def test_a_key_may_be_given_in_any_spelling(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = keys().public[keys().signing_id]
    for text in (public_pem(raw), base64.b64encode(raw).decode()):
        assert auditor.main([str(folder / "whole"), "--public-key", text]) == 0


@pytest.mark.parametrize(
    "arguments", [["absent"], ["whole", "--public-key", "nonsense"], ["whole", "--public-key", "whole"], ["."]]
)
def test_what_cannot_be_read_is_said(folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    paths = [str(folder / word) if word in {"absent", "whole", "."} else word for word in arguments]
    assert auditor.main(paths) == 2
    assert ": " in capsys.readouterr().out


def test_manage_py_needs_neither_database_nor_settings_for_it(folder: Path) -> None:
    lacking = {"DRIFTSENTRY_ENV": "production", "DATABASE_URL": "postgres://nobody@192.0.2.1:1/none", "SECRET_KEY": ""}
    command = [sys.executable, "manage.py", "audit_verify", "--export", str(folder / "first")]
    for more, code in ((["--export", str(folder / "second")], 0), ([f"--export={folder / 'altered'}"], 1)):
        done = subprocess.run(  # noqa: S603 - this very Python
            [*command, *more, "--public-key", str(folder / "key.pem")],
            env=os.environ | lacking,
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (code, "")


def test_an_auditor_needs_two_packages_and_this_folder(folder: Path) -> None:
    program = (
        "import sys\n"
        "sys.modules['orjson'] = sys.modules['django'] = sys.modules['psycopg'] = None\n"
        "from audit.auditor import main\n"
        "sys.exit(main(sys.argv[1:]))\n"
    )
    done = subprocess.run(  # noqa: S603 - this very Python
        [sys.executable, "-c", program, str(folder / "whole")],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
