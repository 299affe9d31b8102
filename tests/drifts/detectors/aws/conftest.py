"""Moto's server for these tests: real HTTP on 127.0.0.1, one process-wide server, emptied before each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drifts.detectors.aws.cloud import Cloud, running


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The server's address."""
    with running() as address:
        yield address


@pytest.fixture
def cloud(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An empty account, and a folder for states."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    cloud = Cloud(moto, tmp_path)
    cloud.reset()
    with cloud.watched():
        yield cloud
