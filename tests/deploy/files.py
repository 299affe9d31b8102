"""Read the deploy files as the tests need them: plain data, the same shape whatever the file."""

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"))
KUBERNETES = ROOT / "deploy" / "kubernetes"
SETTING = re.compile(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
READERS = {"str", "list", "bool", "int", "float", "get", "getenv"}


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a manifest.

    Attributes:
        name: `web`, `worker` or `migrate`.
        command: What it runs.
        spec: The container as written.
        pod: The pod it is in, as written.
    """

    name: str
    command: list[str]
    spec: dict[str, Any]
    pod: dict[str, Any]


def text(path: str) -> str:
    """A file of the project, by its path from the root."""
    return (ROOT / path).read_text(encoding="utf-8")


def env_file(path: str) -> dict[str, str]:
    """The names and values of an env file, those that are commented out too."""
    return dict(SETTING.findall(text(path)))


def compose() -> dict[str, Any]:
    """The compose file, its anchors merged."""
    loaded: dict[str, Any] = yaml.safe_load(text("deploy/docker-compose.yml"))
    return loaded


def app_services() -> dict[str, dict[str, Any]]:
    """The compose services that run our own image."""
    return {name: service for name, service in compose()["services"].items() if "build" in service}


def manifests() -> list[dict[str, Any]]:
    """Every Kubernetes document of the base and the example, kustomizations too."""
    paths = sorted(KUBERNETES.rglob("*.yaml"))
    return [document for path in paths for document in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def containers() -> list[Container]:
    """Every container of the manifests."""
    found = []
    for manifest in manifests():
        pod = manifest.get("spec", {}).get("template", {}).get("spec", {})
        found += [Container(spec["name"], spec["command"], spec, pod) for spec in pod.get("containers", [])]
    return found


def dockerfile_command(instruction: str) -> list[str]:
    """The JSON form of the Dockerfile's last `CMD`, or of its `HEALTHCHECK … CMD`."""
    pattern = r"^CMD (\[.*\])$" if instruction == "CMD" else r"^HEALTHCHECK.*?CMD (\[.*?\])$"
    command: list[str] = json.loads(re.findall(pattern, text("Dockerfile"), re.MULTILINE | re.DOTALL)[-1])
    return command


def settings_read() -> set[str]:
    """The environment variables that the code reads by name."""
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {name for path in sources for name in _names_read(ast.parse(path.read_text(encoding="utf-8")))}


def _names_read(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=reader, attr=attribute), args=[ast.Constant(value=str(name)), *_]):
                if attribute == "origins" or (attribute in READERS and _is_environment(reader)):
                    yield name
            case ast.Call(func=ast.Name(id="_listed"), args=[ast.Constant(value=str(name))]):
                yield name
            case ast.Subscript(value=reader, slice=ast.Constant(value=str(name))) if _is_environment(reader):
                yield name


def _is_environment(node: ast.expr) -> bool:
    return ast.unparse(node) in {"env", "os", "os.environ"}
