"""`detector: terraform`: a plan of a checked-out directory, made by `terraform` or `tofu` and read as if it were sent.

The tool gets an environment of its own: `PATH`, an empty home, and the stack's secrets and variables; nothing that this
server is configured with. It takes no lock on the state: reading needs none, and a tool that is stopped at its time
limit would leave the lock behind for people to break. What people watch are its messages, not the plan itself: that one
shows values, and nothing of it is kept but what the format reads.

Source: https://developer.hashicorp.com/terraform/cli/commands/plan, /show, /config/environment-variables
"""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import time
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from drifts.detectors import processes
from drifts.detectors.aws.trail_config import NAME as ATTRIBUTION
from drifts.detectors.aws.trail_config import is_attribution
from drifts.detectors.base import BadConfig, BadSecrets, Detecting, Detection, DetectionError
from drifts.detectors.processes import Command
from drifts.findings import Assessment, Json, JsonObject
from drifts.ingest.formats.base import Mode, ParseOptions
from drifts.ingest.pipeline import assess

BINARIES = ("terraform", "tofu")
MODES = ("refresh-only", "plan")
KNOWN = {
    "directory": "the folder of the configuration, named from DRIFTSENTRY_TERRAFORM_ROOT on: network/prod",
    "binary": f"one of: {', '.join(BINARIES)}",
    "mode": f"one of: {', '.join(MODES)}",
    ATTRIBUTION: "how CloudTrail is read: regions, roleArn, externalId, endpointUrl",
    "workspace": "the workspace's name",
    "variables": "input variables, each a text",
    "init": "true: run init first",
}
"""Every name of the config, and what it is."""
MAX_DIRECTORY = 500
MAX_VARIABLES = 50
MAX_VARIABLE = 4000
KEPT_LINES = 40
"""Of what the tool says, for the words of a failure."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_WORKSPACE = re.compile(r"[A-Za-z0-9_.-]{1,90}")
_CREDENTIAL = re.compile(
    r"(?:AWS|ARM|AZURE|AZDO|GOOGLE|OS|OCI|ALICLOUD|HCLOUD|DIGITALOCEAN|SPACES|LINODE|SCW|OVH|VAULT|CONSUL|NOMAD|GITHUB|"
    r"GITLAB|BITBUCKET|CLOUDFLARE|FASTLY|DNSIMPLE|DD|DATADOG|NEW_RELIC|GRAFANA|PAGERDUTY|OKTA|AUTH0|KUBE|MONGODB_ATLAS|"
    r"SNOWFLAKE|VSPHERE|PROXMOX|SENTRY|HEROKU|FLY|RENDER|VERCEL|NS1|TF_HTTP|HTTP|HTTPS|NO)_[A-Za-z0-9_]{1,100}"
)
"""Environment variables by which providers and backends take their credentials."""
_OF_TERRAFORM = re.compile(r"TF_(?:VAR|TOKEN)_[A-Za-z0-9_-]{1,100}")
_LEADS_ELSEWHERE = re.compile(
    r".*(?:FILE|FILENAME|PATHS?|DIR|DIRECTORY|HOME|EXEC|COMMAND|PLUGINS?|CONFIG|CREDENTIALS_FULL_URI)"
)
"""Of these none may name a file or a program of this machine, or the place where its own credentials are handed out."""
_A_FILE = frozenset({"GOOGLE_APPLICATION_CREDENTIALS"})
_PROBLEM = re.compile(r"^[\s│╷╵|]*Error: (?P<words>.+)")


@dataclass(frozen=True, slots=True)
class _Work:
    """One reading: where it works, with what, and until when."""

    binary: str
    folder: Path
    scratch: Path
    environment: Mapping[str, str]
    detection: Detection
    deadline: float
    last: deque[str]

    def run(self, *arguments: str, into: Path | None = None) -> int:
        """Run the tool, its lines told to whoever watches."""
        self.detection.say(f"$ {Path(self.binary).name} {' '.join(arguments[:1])}")
        command = Command(
            argv=[self.binary, *arguments],
            folder=self.folder,
            environment=self.environment,
            into=into,
            largest=self.detection.largest,
        )
        try:
            return processes.run(command, deadline=self.deadline, say=self._hear)
        except processes.OutOfTime:
            words = f"It took longer than the stack's time limit of {self.detection.seconds:.0f} seconds."
            raise DetectionError(words) from None
        except processes.TooLarge:
            raise DetectionError("The plan is larger than MAX_SCAN_BODY_BYTES allows.") from None
        except OSError as error:
            raise DetectionError(f"{Path(self.binary).name} could not be started ({type(error).__name__}).") from error

    def _hear(self, line: str) -> None:
        words = words_of(line)
        self.last.extend(words.splitlines())
        self.detection.say(words)

    def failure(self, what: str, status: int) -> DetectionError:
        """What went wrong, in the tool's own words where it has some."""
        own = next((found["words"] for line in self.last if (found := _PROBLEM.match(line))), "")
        words = f": {own[:300]}" if own else "; the scan's output tells more."
        return DetectionError(f"{what} failed with status {status}{words}")


def detect(detection: Detection) -> Assessment:
    """Plan, and read the plan.

    Args:
        detection: What to read.

    Raises:
        DetectionError: The tool is not there, the directory may not be read, or the tool failed.
        FormatError: The plan could not be read.
    """
    config = detection.config
    with tempfile.TemporaryDirectory(prefix="driftsentry-terraform-", ignore_cleanup_errors=True) as scratch:
        work = _Work(
            binary=_binary(str(config.get("binary") or BINARIES[0])),
            folder=folder_below(detection.files_root, str(config["directory"])),
            scratch=Path(scratch),
            environment=environment_of(detection, Path(scratch)),
            detection=detection,
            deadline=time.monotonic() + detection.seconds,
            last=deque(maxlen=KEPT_LINES),
        )
        return _read(work, refresh_only=config.get("mode", MODES[0]) == MODES[0])


def _read(work: _Work, *, refresh_only: bool) -> Assessment:
    if work.detection.config.get("init") is True:
        status = work.run("init", "-input=false", "-no-color")
        if status:
            raise work.failure("init", status)
    plan, shown = work.scratch / "plan", work.scratch / "plan.json"
    status = work.run(
        "plan",
        *(["-refresh-only"] if refresh_only else []),
        *("-input=false", "-no-color", "-lock=false", "-json", f"-out={plan}"),
    )
    if status and not plan.exists():  # one that failed half-way may have left a plan of what it did reach
        raise work.failure("plan", status)
    status = work.run("show", "-no-color", "-json", str(plan), into=shown)
    if status:
        raise work.failure("show", status)
    if shown.stat().st_size > work.detection.largest:
        raise DetectionError("The plan is larger than MAX_SCAN_BODY_BYTES allows.")
    mode = Mode.DRIFT if refresh_only else Mode.PLAN
    return assess(
        shown.read_bytes(),
        limit=work.detection.largest,
        format_name="terraform-plan",
        options=ParseOptions(mode=mode),
    )


def words_of(line: str) -> str:
    """What a line of the tool says to a person: of one in JSON its message, and the details of a diagnostic.

    Args:
        line: As the tool wrote it.
    """
    try:
        told = json.loads(line) if line.startswith("{") else None
    except (ValueError, RecursionError):
        return line
    if not isinstance(told, dict) or not isinstance(told.get("@message"), str):
        return line
    diagnostic = told.get("diagnostic")
    detail = diagnostic.get("detail") if isinstance(diagnostic, dict) else ""
    return f"{told['@message']}\n{detail}" if isinstance(detail, str) and detail else str(told["@message"])


def folder_below(root: str, directory: str) -> Path:
    """The directory of a stack, wherever links lead.

    Args:
        root: The folder that the operator has opened; '' for none.
        directory: Below it.

    Raises:
        DetectionError: None is open, it is not there, or it is not below it.
    """
    if not root:
        raise DetectionError("This server runs no terraform: its operator has not set DRIFTSENTRY_TERRAFORM_ROOT.")
    try:
        base = Path(root).resolve(strict=True)
        found = (base / directory).resolve(strict=True)
    except OSError as error:
        raise DetectionError(f"There is no directory {directory} on the worker.") from error
    if not found.is_relative_to(base) or not found.is_dir():
        raise DetectionError(f"There is no directory {directory} on the worker.")
    return found


def environment_of(detection: Detection, home: Path) -> dict[str, str]:
    """All of the tool's environment.

    Args:
        detection: Holds the secrets and the variables.
        home: An empty folder.
    """
    config = detection.config
    variables = config.get("variables")
    named = variables if isinstance(variables, dict) else {}
    fixed = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "TMPDIR": str(home),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
    }
    if config.get("workspace"):
        fixed["TF_WORKSPACE"] = str(config["workspace"])
    return {**detection.secrets, **{f"TF_VAR_{name}": str(text) for name, text in named.items()}, **fixed}


def _binary(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DetectionError(f"There is no {name} on the worker's PATH.")
    return found


def check(config: JsonObject, secrets: Collection[str]) -> None:
    """Refuse a config that will not do.

    Args:
        config: As a person wrote it.
        secrets: The names of the stack's secrets: the tool gets them as environment variables.

    Raises:
        BadConfig: The first thing that is wrong with it.
    """
    for name in config:
        if name not in KNOWN:
            raise BadConfig(name[:100], f"Known are: {', '.join(KNOWN)}.")
    for name, right in (
        ("directory", _is_directory(config.get("directory"))),
        ("binary", config.get("binary", BINARIES[0]) in BINARIES),
        ("mode", config.get("mode", MODES[0]) in MODES),
        ("workspace", _is_workspace(config.get("workspace"))),
        ("variables", _are_variables(config.get("variables", {}))),
        ("init", isinstance(config.get("init", False), bool)),
        (ATTRIBUTION, is_attribution(config.get(ATTRIBUTION))),
    ):
        if not right:
            raise BadConfig(name, f"It takes {KNOWN[name]}.")
    for name in sorted(secrets):
        if not is_credential(name):
            words = (
                "Secrets are named as the environment variables of providers are: AWS_ACCESS_KEY_ID, TF_VAR_password."
            )
            raise BadSecrets(f"{name}: {words}")


def is_credential(name: str) -> bool:
    """Whether a secret may become the tool's environment variable of this name.

    Args:
        name: The secret's name.
    """
    if _OF_TERRAFORM.fullmatch(name):
        return True
    return bool(_CREDENTIAL.fullmatch(name)) and not _LEADS_ELSEWHERE.fullmatch(name) and name not in _A_FILE


def _is_directory(value: Json) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_DIRECTORY or not value.isprintable():
        return False
    parts = Path(value).parts
    return not Path(value).is_absolute() and ".." not in parts


def _is_workspace(value: Json) -> bool:
    return value is None or (isinstance(value, str) and _WORKSPACE.fullmatch(value) is not None)


def _are_variables(value: Json) -> bool:
    if not isinstance(value, dict) or len(value) > MAX_VARIABLES:
        return False
    return all(
        _NAME.fullmatch(name) and isinstance(text, str) and len(text) <= MAX_VARIABLE and "\x00" not in text
        for name, text in value.items()
    )


DETECTOR = Detecting(check=check, detect=detect)
