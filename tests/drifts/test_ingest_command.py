"""`manage.py ingest`: from a file and from standard input, a table for people, one line and exit code 1 for errors."""

import io
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.actions import create_account
from audit.actors import Actor
from drifts.models import Drift, Scan, Stack
from tests.drifts.scans import STACK, WEB, clean, drifted, ingest, instance, open_group, spelt_otherwise
from tests.realtime.server import environment

PATIENCE_SECONDS = 60.0


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.json"
    path.write_bytes(drifted(instance(), open_group(), clean=("aws_vpc.main",)))
    return path


def run(file: Path | str, **more: Any) -> str:
    """Run it in this process, and return what it printed."""
    out = StringIO()
    call_command("ingest", str(file), **{"stack": STACK, "account": "acme", **more}, stdout=out)
    return out.getvalue()


def manage(*words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run `manage.py ingest` as a process of its own."""
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", "ingest", *words],
        input=given,
        capture_output=True,
        cwd=settings.BASE_DIR,
        env=environment(),
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def test_a_file_is_read_and_what_was_found_is_printed_in_a_table(world: Any, plan: Path) -> None:
    printed = run(plan)
    scan = Scan.objects.get()
    assert f"Scan {scan.pk} of {STACK} (terraform-plan 1.9.5): recorded." in printed
    assert "3 resources checked: 2 new, 0 changed, 0 seen again, 0 resolved, 0 noise." in printed
    assert f"Open drifts of {STACK}" in printed
    for drift in Drift.objects.all():
        assert drift.address in printed
        assert drift.severity in printed
    assert printed.index("critical") < printed.index(WEB)
    assert f"{Drift.objects.get(address=WEB).cost_impact_monthly:+,.2f}" in printed
    assert "unpriced" in printed
    assert scan.detected_by == "manual"


def test_a_second_time_it_says_that_it_knows_the_bytes(world: Any, plan: Path) -> None:
    run(plan)
    assert "known already" in run(plan)
    assert Scan.objects.count() == 1


def test_it_says_why_nothing_was_resolved(world: Any, tmp_path: Path) -> None:
    ingest(world, drifted(instance()))
    path = tmp_path / "partial.json"
    path.write_bytes(clean(WEB, complete=False))
    assert "Nothing was resolved: The plan is partial" in run(path)


def test_without_an_open_drift_it_prints_no_table(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "clean.json"
    path.write_bytes(clean(WEB))
    assert "Open drifts" not in run(path)


def test_what_is_said_beside_the_file_counts(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(spelt_otherwise(drifted(instance())))
    run(path, environment="production", format="terraform-plan", complete=True)
    assert (Stack.objects.get().environment, Scan.objects.get().is_complete) == ("production", True)


def test_a_dash_reads_standard_input(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(drifted(instance()))))
    assert "1 new" in run("-")
    assert Drift.objects.get().address == WEB


def test_in_a_pipe_it_works_and_ends_with_0(world: Any) -> None:
    done = manage("-", "--stack", STACK, "--account", "acme", given=drifted(instance()))
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"1 new" in done.stdout
    assert Drift.objects.get().address == WEB


def test_an_error_is_one_line_and_ends_with_1(world: Any) -> None:
    done = manage("-", "--stack", STACK, "--account", "acme", given=b'{"hello": "world"}')
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.decode().strip().splitlines()) == 1
    assert b"terraform show -json" in done.stderr
    assert not Scan.objects.exists()


REFUSED = [
    (b"", "empty"),
    (drifted(instance())[:-5], "JSON"),
    (drifted().replace(b'"1.2"', b'"3.0"'), "format_version"),
]


@pytest.mark.parametrize(("body", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_a_body_that_is_no_scan_is_an_error_in_words(world: Any, tmp_path: Path, body: bytes, words: str) -> None:
    path = tmp_path / "body"
    path.write_bytes(body)
    with pytest.raises(CommandError, match=words):
        run(path)
    assert not Stack.objects.exists()


def test_a_file_that_is_not_there_is_an_error_in_words(world: Any, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run(tmp_path / "nothing.json")
    with pytest.raises(CommandError, match="cannot be read: Is a directory"):
        run(tmp_path)


def test_a_name_that_is_no_stacks_is_an_error_in_words(world: Any, plan: Path) -> None:
    with pytest.raises(CommandError):
        run(plan, stack="a\nb")


def test_a_disabled_stack_is_an_error_in_words(world: Any, plan: Path) -> None:
    run(plan)
    Stack.objects.update(is_enabled=False)
    with pytest.raises(CommandError, match="disabled"):
        run(plan, complete=True)


def test_with_several_accounts_it_asks_for_one(world: Any, plan: Path) -> None:
    with pytest.raises(CommandError, match="--account"):
        run(plan, account=None)
    with pytest.raises(CommandError, match="'nobody'"):
        run(plan, account="nobody")
    assert not Scan.objects.exists()


def test_with_one_account_it_needs_none(transactional_db: None, plan: Path) -> None:
    with pytest.raises(CommandError, match="no account yet"):
        run(plan, account=None)
    account = create_account("only", by=Actor.system("test"))
    assert "2 new" in run(plan, account=None)
    assert {drift.account for drift in Drift.objects.all()} == {account}
