"""A state's file is read below the one folder that is open, and nowhere else, whatever its name says."""

import os
from pathlib import Path

import pytest

from drifts.detectors.base import DetectionError
from drifts.detectors.terraform_state_file import read_file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The open folder, with a state in it and secrets beside it."""
    (tmp_path / "secret.tfstate").write_bytes(b"secret")
    (tmp_path / "open").mkdir()
    root = tmp_path / "open"
    (root / "prod").mkdir()
    (root / "prod" / "a.tfstate").write_bytes(b"{}")
    return root


def read(root: Path, name: str, largest: int = 100) -> bytes:
    return read_file(name, root=str(root), largest=largest)


def test_a_file_below_the_folder_is_read(root: Path) -> None:
    assert read(root, "file:prod/a.tfstate") == b"{}"
    assert read(root, f"file://{root}/prod/a.tfstate") == b"{}"


OUTSIDE = ["file:../secret.tfstate", "file:prod/../../secret.tfstate", "file:/etc/passwd", "file:///etc/hostname"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_no_name_leads_out_of_it(root: Path, name: str) -> None:
    with pytest.raises(DetectionError, match="not below the folder"):
        read(root, name)


def test_no_link_leads_out_of_it(root: Path) -> None:
    (root / "link.tfstate").symlink_to(root.parent / "secret.tfstate")
    (root / "folder").symlink_to(root.parent)
    for name in ("file:link.tfstate", "file:folder/secret.tfstate"):
        with pytest.raises(DetectionError, match="by a link"):
            read(root, name)


def test_the_folder_itself_may_be_a_link(root: Path) -> None:
    (root.parent / "alias").symlink_to(root)
    assert read(root.parent / "alias", "file:prod/a.tfstate") == b"{}"


def test_what_is_no_regular_file_is_refused_without_waiting(root: Path) -> None:
    os.mkfifo(root / "pipe")
    with pytest.raises(DetectionError, match="no regular file"):
        read(root, "file:pipe")
    with pytest.raises(DetectionError, match=r"no regular file|cannot be read"):
        read(root, "file:prod")


def test_a_file_that_is_too_large_or_not_there_is_refused(root: Path) -> None:
    with pytest.raises(DetectionError, match="larger than 1 bytes"):
        read(root, "file:prod/a.tfstate", largest=1)
    with pytest.raises(DetectionError, match="not there"):
        read(root, "file:prod/b.tfstate")
    with pytest.raises(DetectionError, match="not there"):
        read(root, "file:\0")


def test_without_an_open_folder_no_file_is_read() -> None:
    with pytest.raises(DetectionError, match="not open to stacks"):
        read_file("file:a", root="", largest=1)
