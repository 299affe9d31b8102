"""The recipes for pipelines: valid where they are pasted, and their shell does what they say against a real server."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from accounts.models import ApiKey
from drifts.models import Drift, Scan
from driftsentry.api.access import Scope
from tests.accounts.keys import account_key
from tests.deploy.files import ROOT, text
from tests.drifts.scans import clean, drifted, instance, open_group
from tests.realtime.server import Server, environment, serving

GITHUB, GITLAB = "deploy/ci/github-actions.yml", "deploy/ci/gitlab-ci.yml"
SCHEMAS = {GITHUB: "vendor.github-workflows", GITLAB: "vendor.gitlab-ci"}
SECONDS = 120.0
TOOLS = ("curl", "jq", "gzip", "sh")


def steps() -> list[dict[str, Any]]:
    """The steps of the GitHub job."""
    found: list[dict[str, Any]] = yaml.safe_load(text(GITHUB))["jobs"]["drift"]["steps"]
    return found


def shell() -> str:
    """The shell that sends and judges, as the GitHub recipe has it."""
    found: str = steps()[-1]["run"]
    return found


@dataclass(frozen=True, slots=True)
class Ran:
    """What the shell did.

    Attributes:
        code: Its exit code.
        said: What it printed.
        complained: What it printed as an error.
    """

    code: int
    said: str
    complained: str


@pytest.fixture
def server(world: Any, tmp_path: Path) -> Iterator[Server]:
    """A real server on the tests' database."""
    with serving(tmp_path, environment()) as running:
        yield running


def run(folder: Path, server: Server, body: bytes, *, key: str, stack: str, fail_on: str = "critical") -> Ran:
    """Run the recipe's shell in a folder where the plan lies, with nothing of ours around it."""
    (folder / "drift.json").write_bytes(body)
    env = {
        "PATH": os.environ["PATH"],
        "DRIFTSENTRY_URL": f"http://127.0.0.1:{server.port}/",
        "DRIFTSENTRY_KEY": key,
        "STACK": stack,
        "FAIL_ON": fail_on,
    }
    done = subprocess.run(  # noqa: S603 - our own recipe
        ["sh", "-c", shell()],  # noqa: S607 - any POSIX shell
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert key not in done.stdout + done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("recipe", SCHEMAS)
def test_a_recipe_is_what_its_pipeline_takes(recipe: str) -> None:
    checker = shutil.which("check-jsonschema", path=str(Path(sys.executable).parent))
    assert checker
    command = [checker, "--builtin-schema", SCHEMAS[recipe], recipe]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 - our own tool
    assert done.returncode == 0, done.stdout + done.stderr


def test_both_recipes_run_the_same_shell() -> None:
    assert yaml.safe_load(text(GITLAB))["drift"]["script"][-1] == shell()


def test_both_recipes_name_the_same_settings() -> None:
    needed = {name for name in re.findall(r"\$\{?([A-Z_]+)", shell()) if name != "PATH"}
    assert needed == set(steps()[-1]["env"]) == {"DRIFTSENTRY_URL", "DRIFTSENTRY_KEY", "STACK", "FAIL_ON"}
    for name in needed:
        assert name in text(GITLAB)
        assert name in text("deploy/ci/README.md")


def test_no_recipe_keeps_the_plan() -> None:
    assert not re.search(r"artifacts|upload-artifact|cache:", text(GITHUB) + text(GITLAB))


def test_the_shell_fails_on_critical_drift_until_somebody_decides(world: Any, server: Server, tmp_path: Path) -> None:
    assert [tool for tool in TOOLS if shutil.which(tool) is None] == []
    key = account_key(world, Scope.INGEST, Scope.READ).text
    stack = "network & co"
    bad = drifted(instance(), open_group())
    first = run(tmp_path, server, bad, key=key, stack=stack)
    assert (first.code, first.complained) == (1, "")
    assert "critical: aws_security_group.door is modified." in first.said
    assert "aws_instance.web" not in first.said
    assert run(tmp_path, server, bad, key=key, stack=stack).code == 1
    assert Scan.objects.count() == 1
    door = Drift.objects.get(address="aws_security_group.door")
    decided = world.client(world.engineer).post(
        f"/api/v1/drifts/{door.pk}/reject", {"reason": "We opened it on purpose."}, format="json"
    )
    assert decided.status_code == 200
    passed = run(tmp_path, server, bad, key=key, stack=stack)
    assert (passed.code, passed.said) == (0, "No open drift of severity critical in network & co.\n")
    stricter = run(tmp_path, server, bad, key=key, stack=stack, fail_on="critical,high,medium,low")
    assert stricter.code == 1
    assert "aws_instance.web is modified." in stricter.said
    tidy = run(tmp_path, server, clean("aws_instance.web"), key=key, stack="another")
    assert tidy.code == 0
    partial = run(tmp_path, server, clean("aws_instance.web", complete=False), key=key, stack="another")
    assert partial.code == 0
    assert "The scan is incomplete: The plan is partial" in partial.said


def test_the_shell_says_when_it_could_not_be_told(world: Any, server: Server, tmp_path: Path) -> None:
    key = account_key(world, Scope.INGEST, Scope.READ)
    state = run(tmp_path, server, b'{"version": 4, "serial": 1, "lineage": "x"}', key=key.text, stack="a")
    assert state.code == 2
    assert "Terraform state file" in state.complained
    only_read = account_key(world, Scope.READ, name="reader").text
    assert run(tmp_path, server, clean("aws_instance.web"), key=only_read, stack="a").code == 2
    ApiKey.objects.filter(pk=key.row.pk).delete()
    assert run(tmp_path, server, clean("aws_instance.web"), key=key.text, stack="a").code == 2
    assert Scan.objects.count() == 0
