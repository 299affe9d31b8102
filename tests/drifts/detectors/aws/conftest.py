"""Moto's server for these tests: real HTTP on 127.0.0.1, one process-wide server, emptied before each test."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.drifts.detectors.aws.cloud import Cloud, running


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """The server's address."""
    with running() as address:
        yield address


def _await_earlier_scans() -> None:
    """A scan that ran out of time leaves calls under way: none of them may count as the next test's."""
    for thread in threading.enumerate():
        if thread.name.startswith("aws_"):
            thread.join(timeout=60)


@pytest.fixture
def cloud(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """An empty account, and a folder for states."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    _await_earlier_scans()
    cloud = Cloud(moto, tmp_path)
    cloud.reset()
    with cloud.watched():
        yield cloud
