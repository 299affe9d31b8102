"""What can happen to an account's rules: of severity, of noise, of what is ignored, and of when it is told."""

from dataclasses import dataclass
from typing import ClassVar

from audit.facts import Fact, register


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRuleCreated(Fact):
    """An account has a severity rule of its own; the next scans are judged by it."""

    kind: ClassVar[str] = "severity_rule.created"
    sentence: ClassVar[str] = "Severity rule {name} created ({severity})"
    name: str
    severity: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRuleChanged(Fact):
    """A severity rule changed; old and new values of what changed."""

    kind: ClassVar[str] = "severity_rule.changed"
    sentence: ClassVar[str] = "Severity rule {name} changed"
    name: str
    changes: dict[str, list[object]]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class SeverityRuleDeleted(Fact):
    """A severity rule was removed; the next scans are judged without it."""

    kind: ClassVar[str] = "severity_rule.deleted"
    sentence: ClassVar[str] = "Severity rule {name} deleted"
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionSettingsChanged(Fact):
    """An account asked for something else of detection; old and new values of what changed."""

    kind: ClassVar[str] = "detection_settings.changed"
    sentence: ClassVar[str] = "Detection settings changed"
    changes: dict[str, list[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfIgnoreRule(Fact):
    name: str


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRuleCreated(_OfIgnoreRule):
    """Somebody said what they do not want to see; the reason is the fact's text."""

    kind: ClassVar[str] = "ignore_rule.created"
    sentence: ClassVar[str] = "Ignore rule {name} created"
    rule: dict[str, object]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRuleChanged(_OfIgnoreRule):
    """What an ignore rule hides, or until when, changed; old and new values of what changed."""

    kind: ClassVar[str] = "ignore_rule.changed"
    sentence: ClassVar[str] = "Ignore rule {name} changed"
    changes: dict[str, list[object]]


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoreRuleDeleted(_OfIgnoreRule):
    """An ignore rule was taken away: what it hid comes back with the next scans."""

    kind: ClassVar[str] = "ignore_rule.deleted"
    sentence: ClassVar[str] = "Ignore rule {name} deleted"


@register
@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRuleSwitched(Fact):
    """A built-in noise rule was switched on or off for the account."""

    kind: ClassVar[str] = "noise_rule.switched"
    sentence: ClassVar[str] = "Noise rule {rule} switched: enabled is {isEnabled}"
    rule: str
    is_enabled: bool
