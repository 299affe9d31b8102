"""Stacks, the scans of them, and the lasting record of each drift. Only `drifts.actions` writes them."""

from drifts.models.approvals import (
    ApprovalPolicy,
    ApprovalPolicyQuerySet,
    DriftApproval,
    DriftApprovalQuerySet,
    DriftReview,
    DriftReviewQuerySet,
)
from drifts.models.detection_settings import DetectionSettings
from drifts.models.drifts import Assessed, Drift, DriftQuerySet
from drifts.models.groups import DriftGroupDecision, DriftGroupDecisionQuerySet, DriftGroupMember
from drifts.models.ignoring import (
    HiddenFinding,
    HiddenFindingQuerySet,
    IgnoreRule,
    IgnoreRuleQuerySet,
    NoiseChoice,
    NoiseChoiceQuerySet,
)
from drifts.models.remediation import RemediationHook, RemediationRun, RemediationRunQuerySet
from drifts.models.scans import Scan, ScanOutput, ScanQuerySet
from drifts.models.severity_rules import SeverityRule, SeverityRuleQuerySet
from drifts.models.stacks import Stack, StackQuerySet, StackSecrets

__all__ = [
    "ApprovalPolicy",
    "ApprovalPolicyQuerySet",
    "Assessed",
    "DetectionSettings",
    "Drift",
    "DriftApproval",
    "DriftApprovalQuerySet",
    "DriftGroupDecision",
    "DriftGroupDecisionQuerySet",
    "DriftGroupMember",
    "DriftQuerySet",
    "DriftReview",
    "DriftReviewQuerySet",
    "HiddenFinding",
    "HiddenFindingQuerySet",
    "IgnoreRule",
    "IgnoreRuleQuerySet",
    "NoiseChoice",
    "NoiseChoiceQuerySet",
    "RemediationHook",
    "RemediationRun",
    "RemediationRunQuerySet",
    "Scan",
    "ScanOutput",
    "ScanQuerySet",
    "SeverityRule",
    "SeverityRuleQuerySet",
    "Stack",
    "StackQuerySet",
    "StackSecrets",
]
