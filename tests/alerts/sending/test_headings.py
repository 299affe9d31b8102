"""What stands before a title, and what does not since the title says it already."""

from dataclasses import replace

import pytest

from alerts.sending.email import subject_of
from alerts.sending.headings import marked
from tests.alerts.sending.messages import OPENED, RESOLVED


@pytest.mark.parametrize(
    ("before", "title", "stands"),
    [
        ("Critical", "sg-1 in prod", "Critical: "),
        ("Critical", "Critical drift: sg-1 in prod", ""),
        ("Critical", "critical drift: sg-1 in prod", ""),
        ("High", "Decision needed: sg-1 in prod", "High: "),
        ("", "sg-1 in prod", ""),
    ],
)
def test_a_severity_stands_before_a_title_that_does_not_begin_with_it(before: str, title: str, stands: str) -> None:
    assert marked(before, title) == stands


def test_a_subject_says_nothing_twice() -> None:
    opened = replace(OPENED, title="Critical drift: sg-1 in prod")
    assert subject_of(opened) == "[DriftSentry] Critical drift: sg-1 in prod"
    assert subject_of(replace(RESOLVED, title="Resolved: sg-1 in prod")) == "[DriftSentry] Resolved: sg-1 in prod"
