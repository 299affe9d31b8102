"""A `terraform` for tests: a shell script that takes the same commands and notes how it was called."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SCRIPT = """#!/bin/sh
echo "$@" >> "$0.calls"
env > "$0.env"
pwd > "$0.folder"
case "$1" in
  init) echo "Initializing the backend..." ;;
  plan)
    for one in "$@"; do case "$one" in -out=*) out="${one#-out=}" ;; esac; done
    . ./behaviour
    echo plan > "$out" ;;
  show) cat ./plan.json ;;
esac
"""
BEFORE = {"id": "i-1", "instance_type": "t3.micro", "availability_zone": "eu-central-1a"}


def plan_of(**actual: Any) -> dict[str, Any]:
    """What `show -json` says of a refresh-only plan that found an instance otherwise than recorded."""
    entry = {
        "address": "aws_instance.web",
        "mode": "managed",
        "type": "aws_instance",
        "name": "web",
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": {"actions": ["update"], "before": BEFORE, "after": BEFORE | actual, "after_unknown": {}},
    }
    return {"format_version": "1.2", "terraform_version": "1.11.0", "resource_drift": [entry] if actual else []}


class Fake:
    """The tool, on the path, and a checked-out directory that says what it does.

    Attributes:
        root: The folder that is open to detectors.
        directory: The checked-out one, below it.
    """

    def __init__(self, folder: Path, name: str = "terraform") -> None:
        self.tools, self.root = folder / "bin", folder / "checkouts"
        self.directory = self.root / "payments"
        self.tool = self.tools / name
        for made in (self.tools, self.directory):
            made.mkdir(parents=True)
        self.tool.write_text(SCRIPT)
        self.tool.chmod(0o700)
        self.plans(plan_of(instance_type="m5.large"))
        self.does("echo 'Refreshing state...'")

    def plans(self, plan: dict[str, Any]) -> None:
        """Say what the plan shows."""
        (self.directory / "plan.json").write_text(json.dumps(plan))

    def does(self, shell: str) -> None:
        """Say what planning does, in shell, before it writes its plan to `$out`."""
        (self.directory / "behaviour").write_text(shell)

    def noted(self, what: str) -> str:
        """How it was called: `calls`, `env` or `folder`."""
        return Path(f"{self.tool}.{what}").read_text()

    def on_path(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let it be found."""
        monkeypatch.setenv("PATH", f"{self.tools}:{os.environ['PATH']}")
