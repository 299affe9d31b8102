"""What the drifts count for Prometheus, each counter with its labels from the process's start."""

from prometheus_client import Counter

from drifts.findings import Severity
from drifts.transitions import Action

SCANS = Counter("driftsentry_scans", "Scans recorded by this process.", ["status"])
STALE = Counter("driftsentry_stacks_stale", "Stacks that this process found not to be scanned as their schedule says.")
OPENED = Counter("driftsentry_drifts_opened", "Drifts opened by this process.", ["severity"])
DECISIONS = Counter("driftsentry_decisions", "Decisions taken through this process.", ["action"])

for _status in ("succeeded", "failed"):
    SCANS.labels(status=_status)
for _severity in Severity:
    OPENED.labels(severity=_severity.value)
for _action in Action:
    DECISIONS.labels(action=_action.value)
