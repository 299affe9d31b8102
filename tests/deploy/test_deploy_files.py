"""What the deploy files name exists, and what they must not hold they do not."""

import re
from importlib import import_module

import pytest
import yaml
from django.core.management import get_commands
from django.urls import resolve

from tests.deploy.files import (
    KUBERNETES,
    PACKAGES,
    ROOT,
    Container,
    app_services,
    compose,
    containers,
    dockerfile_command,
    env_file,
    manifests,
    settings_read,
    text,
)

NOT_OURS = {"PATH"}
COMPOSE_ONLY = {"POSTGRES_PASSWORD"}
SECRETS = {"SECRET_KEY", "DATABASE_URL", "JWT_SIGNING_KEY", "MASKING_KEY", "POSTGRES_PASSWORD", "REDIS_URL"} | {
    "EXTERNAL_ID_KEY",
    "JOURNAL_SIGNING_KEYS",
}
INTERPOLATED = re.compile(r"\$\{([A-Z_]+)")
CONTAINERS = pytest.mark.parametrize("container", containers(), ids=lambda container: container.name)


def test_every_setting_the_code_reads_is_documented_and_the_other_way_round() -> None:
    assert settings_read() - NOT_OURS == set(env_file(".env.example")) - COMPOSE_ONLY


def test_compose_passes_only_documented_settings() -> None:
    given = {name for service in app_services().values() for name in service["environment"]}
    assert given <= set(env_file(".env.example"))
    assert set(INTERPOLATED.findall(text("deploy/docker-compose.yml"))) <= set(env_file(".env.example"))


def test_compose_lets_every_production_setting_through() -> None:
    documented = set(env_file(".env.example")) - COMPOSE_ONLY - {"DRIFTSENTRY_DATA_DIR", "PORT"}
    assert set(app_services()["worker"]["environment"]) == documented


def test_kubernetes_passes_only_documented_settings() -> None:
    documented = set(env_file(".env.example"))
    overlay = yaml.safe_load(text("deploy/kubernetes/overlays/example/kustomization.yaml"))
    literals = {line.split("=")[0] for line in overlay["configMapGenerator"][0]["literals"]}
    assert literals <= documented
    assert set(env_file("deploy/kubernetes/base/settings.env")) <= documented
    assert set(env_file("deploy/kubernetes/overlays/example/secrets.env.example")) <= documented


@CONTAINERS
def test_a_variable_of_a_container_is_a_setting_or_a_part_of_one(container: Container) -> None:
    given = {variable["name"]: variable.get("value", "") for variable in container.spec.get("env", [])}
    parts = {name for value in given.values() for name in re.findall(r"\$\((\w+)\)", value)}
    assert set(given) - parts <= set(env_file(".env.example"))


def test_no_secret_has_a_value_in_a_file() -> None:
    values = env_file(".env.example") | env_file("deploy/kubernetes/overlays/example/secrets.env.example")
    assert {name: values[name] for name in SECRETS if values[name]} == {}
    assert SECRETS.isdisjoint(env_file("deploy/kubernetes/base/settings.env"))
    assert [manifest for manifest in manifests() if manifest["kind"] == "Secret"] == []
    assert "secrets.env" in text("deploy/kubernetes/overlays/example/.gitignore").split()


def test_compose_asks_for_its_secrets_and_has_no_default_for_them() -> None:
    source = text("deploy/docker-compose.yml")
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ALLOWED_HOSTS", "JOURNAL_SIGNING_KEYS"):
        uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", source)
        assert uses, name
        assert all(use.startswith(":?") for use in uses), name


def test_the_image_is_built_without_a_secret_in_its_environment() -> None:
    lines = text("Dockerfile").replace("\\\n", " ").splitlines()
    kept = " ".join(line for line in lines if line.startswith(("ENV", "ARG", "LABEL")))
    assert [name for name in SECRETS if name in kept] == []


def test_the_image_holds_every_package_and_nothing_that_tests() -> None:
    admitted = {line[1:-1] for line in text(".dockerignore").splitlines() if re.fullmatch(r"![a-z]+/", line)}
    assert admitted == set(PACKAGES)


def test_the_three_commands_are_the_same_everywhere() -> None:
    services, deployed = app_services(), {container.name: container.command for container in containers()}
    assert deployed == {
        "web": dockerfile_command("CMD"),
        "worker": services["worker"]["command"],
        "migrate": services["migrate"]["command"],
    }
    assert "command" not in services["web"]
    assert all(f"`{' '.join(command)}`" in text("deploy/README.md") for command in deployed.values())


@CONTAINERS
def test_a_command_exists(container: Container) -> None:
    if container.command[0] == "daphne":
        module, name = container.command[-1].split(":")
        assert callable(getattr(import_module(module), name))
    else:
        assert container.command[:2] == ["python", "manage.py"]
        assert container.command[2] in get_commands()


@CONTAINERS
def test_a_probe_asks_for_a_route_that_exists(container: Container) -> None:
    probes = [container.spec[key]["httpGet"] for key in container.spec if key.endswith("Probe")]
    ports = {port["name"] for port in container.spec.get("ports", [])}
    assert bool(probes) == (container.name != "migrate")
    for probe in probes:
        assert probe["port"] in ports
        assert resolve(probe["path"])


@CONTAINERS
def test_a_container_can_do_nothing_but_its_work(container: Container) -> None:
    assert container.pod["securityContext"]["runAsNonRoot"] is True
    assert f"USER {container.pod['securityContext']['runAsUser']}:" in text("Dockerfile")
    assert container.pod["automountServiceAccountToken"] is False
    assert container.spec["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"requests", "limits"} <= set(container.spec["resources"])


def test_compose_services_of_ours_can_do_nothing_but_their_work() -> None:
    for service in app_services().values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]


def test_nothing_listens_on_an_outside_address() -> None:
    published = [port for service in compose()["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_the_workers_metrics_port_is_one_number_everywhere() -> None:
    (worker,) = [container for container in containers() if container.name == "worker"]
    port = app_services()["worker"]["environment"]["WORKER_METRICS_PORT"]
    assert env_file("deploy/kubernetes/base/settings.env")["WORKER_METRICS_PORT"] == port
    assert worker.spec["ports"] == [{"name": "metrics", "containerPort": int(port)}]
    assert f"worker:{port}" in text("deploy/prometheus/prometheus.yml")
    assert f":{port}/metrics" in " ".join(app_services()["worker"]["healthcheck"]["test"])


def test_every_manifest_of_the_base_is_in_its_kustomization() -> None:
    listed = yaml.safe_load((KUBERNETES / "base" / "kustomization.yaml").read_text())["resources"]
    assert set(listed) == {path.name for path in (KUBERNETES / "base").glob("*.yaml")} - {"kustomization.yaml"}


def test_the_workflow_calls_make_targets_that_exist() -> None:
    workflow = yaml.safe_load(text(".github/workflows/ci.yml"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    called = {step["run"].split()[1] for step in steps if step.get("run", "").startswith("make ")}
    assert called == {"audit", "check", "test"}
    assert all(re.search(rf"^{target}:", text("Makefile"), re.MULTILINE) for target in called)
    assert workflow["permissions"] == {"contents": "read"}


def test_no_deploy_file_names_a_package_index() -> None:
    paths = [ROOT / "Dockerfile", ROOT / ".github/workflows/ci.yml", *(ROOT / "deploy").rglob("*.yml")]
    assert [path for path in paths if "index-url" in path.read_text(encoding="utf-8")] == []
