"""What tests of prices need around them: credentials that are none, and no prices left over."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from costs.current_prices import forget_prices

KEY, SECRET = "AKIDEXAMPLEOFATEST", "a-secret-key-that-nobody-may-see"


@pytest.fixture
def aws_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Credentials in the environment, and nothing of this machine's own."""
    without_credentials(monkeypatch, tmp_path)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)


@pytest.fixture
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No credentials anywhere."""
    without_credentials(monkeypatch, tmp_path)


@pytest.fixture
def fresh_prices() -> Iterator[None]:
    """Let this process know no prices but the package's, before and after."""
    forget_prices()
    yield
    forget_prices()


def without_credentials(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
