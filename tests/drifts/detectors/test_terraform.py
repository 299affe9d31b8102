"""`detector: terraform`, against a shell script that takes the commands of terraform."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drifts.detectors.base import BadConfig, Detection, DetectionError
from drifts.detectors.terraform import check, detect, is_credential
from drifts.ingest.errors import FormatError
from tests.drifts.detectors.fake_terraform import Fake, plan_of

CONFIG: dict[str, Any] = {"directory": "payments"}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    made = Fake(tmp_path)
    made.on_path(monkeypatch)
    return made


def reading(fake: Fake, say: Callable[[str], None] = lambda _: None, **more: Any) -> Detection:
    values: dict[str, Any] = {"config": CONFIG, "files_root": str(fake.root), "seconds": 30.0, "say": say}
    return Detection(**(values | more))


def test_a_directory_is_planned_and_its_drift_read(fake: Fake) -> None:
    lines: list[str] = []
    found = detect(reading(fake, lines.append))
    assert [finding.address for finding in found.findings] == ["aws_instance.web"]
    assert found.format == "terraform-plan"
    assert fake.noted("folder").strip() == str(fake.directory)
    plan, show = fake.noted("calls").splitlines()
    assert plan.startswith("plan -refresh-only -input=false -no-color -lock=false -json -out=/")
    assert show.startswith("show -no-color -json /")
    assert lines == ["$ terraform plan", "Refreshing state...", "$ terraform show"]


def test_nothing_of_the_plan_stays(fake: Fake) -> None:
    detect(reading(fake))
    out = next(one for one in fake.noted("calls").split() if one.startswith("-out="))
    assert not Path(out.removeprefix("-out=")).parent.exists()


def test_a_whole_plan_counts_what_is_pending_too(fake: Fake) -> None:
    detect(reading(fake, config={**CONFIG, "mode": "plan"}))
    assert "-refresh-only" not in fake.noted("calls")


def test_it_is_initialised_first_where_that_is_asked_for(fake: Fake) -> None:
    detect(reading(fake, config={**CONFIG, "init": True}))
    assert [line.split()[0] for line in fake.noted("calls").splitlines()] == ["init", "plan", "show"]


def test_another_binary_may_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tofu = Fake(tmp_path, "tofu")
    tofu.on_path(monkeypatch)
    assert detect(reading(tofu, config={**CONFIG, "binary": "tofu"})).findings


def test_the_environment_holds_the_secrets_and_variables_and_nothing_of_the_servers(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "SECRET_KEY", "AWS_SESSION_TOKEN", "TF_LOG"):
        monkeypatch.setenv(name, "the server's own")
    config = {**CONFIG, "variables": {"size": "small"}, "workspace": "blue"}
    detect(reading(fake, config=config, secrets={"AWS_ACCESS_KEY_ID": "key of the stack"}))
    found = dict(line.split("=", 1) for line in fake.noted("env").splitlines() if "=" in line)
    own = {name: text for name, text in found.items() if name not in {"PWD", "SHLVL", "_", "OLDPWD"}}
    home = own.pop("HOME")
    assert own.pop("TMPDIR") == home != str(Path.home())
    assert own.pop("PATH")
    assert own == {
        "AWS_ACCESS_KEY_ID": "key of the stack",
        "TF_VAR_size": "small",
        "TF_WORKSPACE": "blue",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
    }


def test_a_failure_is_told_in_the_tools_own_words(fake: Fake) -> None:
    fake.does("echo 'Refreshing...'; echo '│ Error: No valid credential sources found' >&2; exit 1")
    with pytest.raises(DetectionError, match="plan failed with status 1: No valid credential sources found"):
        detect(reading(fake))


MESSAGE = '{"@level":"info","@message":"aws_instance.web: Drift detected (update)","type":"resource_drift","change":{}}'
PROBLEM = (
    '{"@level":"error","@message":"Error: Reading the bucket failed","type":"diagnostic",'
    '"diagnostic":{"severity":"error","summary":"Reading the bucket failed","detail":"Access denied.\\n\\nTry again."}}'
)


def test_messages_are_told_and_values_are_not(fake: Fake) -> None:
    lines: list[str] = []
    fake.does(f"cat <<'END'\n{MESSAGE}\n{PROBLEM}\n{{no json\n[1]\n{{\"a\": 1}}\nEND\nexit 1")
    with pytest.raises(DetectionError, match="status 1: Reading the bucket failed"):
        detect(reading(fake, lines.append))
    assert lines[1:] == [
        "aws_instance.web: Drift detected (update)",
        "Error: Reading the bucket failed\nAccess denied.\n\nTry again.",
        *("{no json", "[1]", '{"a": 1}'),
    ]


def test_a_plan_that_failed_half_way_counts_for_what_it_reached_and_closes_nothing(fake: Fake) -> None:
    fake.plans({**plan_of(instance_type="m5.large"), "errored": True})
    fake.does("echo 'Error: one bucket may not be read'; echo plan > $out; exit 1")
    found = detect(reading(fake))
    assert (len(found.findings), found.complete) == (1, False)


def test_a_plan_that_is_none_is_refused(fake: Fake) -> None:
    (fake.directory / "plan.json").write_text("no plan")
    with pytest.raises(FormatError):
        detect(reading(fake))


def test_it_is_stopped_at_the_time_limit(fake: Fake) -> None:
    fake.does("sleep 300")
    with pytest.raises(DetectionError, match="time limit of 1 seconds"):
        detect(reading(fake, seconds=1.0))


def test_a_plan_that_is_too_large_is_not_read(fake: Fake) -> None:
    with pytest.raises(DetectionError, match="larger than"):
        detect(reading(fake, largest=10))


def test_without_the_tool_it_says_so(fake: Fake) -> None:
    fake.tool.unlink()
    with pytest.raises(DetectionError, match="no tofu on the worker's PATH"):
        detect(reading(fake, config={**CONFIG, "binary": "tofu"}))


def test_without_a_folder_that_is_open_nothing_is_run(fake: Fake) -> None:
    with pytest.raises(DetectionError, match="DRIFTSENTRY_TERRAFORM_ROOT"):
        detect(reading(fake, files_root=""))


@pytest.mark.parametrize("directory", ["elsewhere", "out", "payments/plan.json", "../bin"])
def test_what_is_not_below_that_folder_is_not_there(fake: Fake, directory: str) -> None:
    (fake.root / "out").symlink_to(fake.tools)
    with pytest.raises(DetectionError, match="There is no directory"):
        detect(reading(fake, config={"directory": directory}))
    assert not Path(f"{fake.tool}.calls").exists()


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        {"directory": "a/b", "binary": "tofu", "mode": "plan", "workspace": "x", "init": True},
        {**CONFIG, "variables": {"a": "b"}},
    ],
)
def test_a_good_config_will_do(config: Any) -> None:
    check(config, ["AWS_ACCESS_KEY_ID", "TF_VAR_db_password"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("directory", one) for one in (None, "", 1, "/etc", "../x", "a/../../b", "a\0b", "x" * 501, ["a"])),
        *(("binary", one) for one in ("bash", "/bin/terraform", 1, None, ["terraform"])),
        *(("mode", one) for one in ("apply", None, 1)),
        *(("workspace", one) for one in ("", "a b", "-x;y", 1)),
        ("variables", []),
        ("variables", {"a": 1}),
        ("variables", {"a b": "c"}),
        ("variables", {"a": "x\0"}),
        ("variables", {"a": "x" * 4001}),
        ("init", "yes"),
        ("chdir", "x"),
    ],
)
def test_a_config_that_will_not_do_is_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(BadConfig) as refused:
        check({**CONFIG, name: value}, [])
    assert refused.value.name == name


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "ARM_CLIENT_SECRET", "GITHUB_TOKEN", "TF_VAR_config", "TF_TOKEN_app_terraform_io"]
)
def test_credentials_may_be_secrets(name: str) -> None:
    assert is_credential(name)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "PATH",
            "HOME",
            "LD_PRELOAD",
            "GIT_SSH_COMMAND",
            "TF_CLI_ARGS",
            "TF_CLI_CONFIG_FILE",
            "TF_REATTACH_PROVIDERS",
        ),
        *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "KUBE_CONFIG_PATH"),
        *("GOOGLE_APPLICATION_CREDENTIALS", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "TF_LOG", "BASH_ENV", "DATABASE_URL"),
    ],
)
def test_what_would_run_a_program_or_read_a_file_may_not(name: str) -> None:
    assert not is_credential(name)
    with pytest.raises(BadConfig, match=name):
        check(CONFIG, [name])
