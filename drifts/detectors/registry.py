"""All detectors by name. A detector's module is loaded when it is first needed: cloud libraries take long to import."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from drifts.detectors.base import Detecting

DETECTORS: dict[str, tuple[str, str]] = {
    "aws": ("A Terraform state against live AWS", "drifts.detectors.aws.detector"),
    "cloudformation": ("CloudFormation's own drift detection", "drifts.detectors.cloudformation"),
    "terraform": ("terraform or tofu plan in a checked-out directory", "drifts.detectors.terraform"),
}
"""The name on the wire; its title for a person, and the module whose `DETECTOR` it is."""


@lru_cache
def detecting(name: str) -> Detecting:
    """Load a detector.

    Args:
        name: One of `DETECTORS`.

    Raises:
        KeyError: There is none of that name.
    """
    found: Detecting = import_module(DETECTORS[name][1]).DETECTOR
    return found
