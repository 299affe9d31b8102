"""Stacks, the scans of them, and the lasting record of each drift. Only `drifts.actions` writes them."""

from drifts.models.drifts import Drift, DriftQuerySet
from drifts.models.scans import Scan, ScanQuerySet
from drifts.models.stacks import Stack, StackQuerySet

__all__ = ["Drift", "DriftQuerySet", "Scan", "ScanQuerySet", "Stack", "StackQuerySet"]
