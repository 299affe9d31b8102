"""What is sent by mistake: named, and told what to send instead."""

from __future__ import annotations

import json

import pytest

from drifts.ingest.errors import UnrecognisedFormat
from drifts.ingest.formats.near_misses import NEAR_MISSES, NearMiss
from drifts.ingest.formats.registry import FORMATS
from drifts.ingest.pipeline import assess
from tests.drifts.ingest.cases import READ, Case, name
from tests.drifts.ingest.plans import assessed

LOG = {"@level": "info", "@message": "Terraform 1.9.8"}
UNKNOWN_TO_ALL = [miss for miss in NEAR_MISSES if not miss.keys <= LOG.keys()]


def test_a_log_that_is_said_to_be_a_plan_is_named() -> None:
    with pytest.raises(UnrecognisedFormat, match="the format terraform-plan-stream"):
        assess(json.dumps(LOG).encode(), limit=1000, format_name="terraform-plan")


@pytest.mark.parametrize("miss", UNKNOWN_TO_ALL, ids=lambda miss: " ".join(sorted(miss.keys)))
def test_a_file_with_these_keys_is_named_and_told_what_to_send(miss: NearMiss) -> None:
    with pytest.raises(UnrecognisedFormat) as refused:
        assessed(json.dumps(dict.fromkeys(miss.keys, "x")).encode())
    assert refused.value.message == miss.what
    assert refused.value.hint.startswith(miss.send)
    assert all(one.name in refused.value.hint for one in FORMATS)


@pytest.mark.parametrize("case", READ, ids=name)
def test_no_file_that_a_parser_reads_is_taken_for_one(case: Case) -> None:
    assert case.read().format in {one.name for one in FORMATS}


def test_every_line_says_what_it_is_and_what_to_send() -> None:
    assert all(one.what.endswith(".") and one.send.endswith(".") for one in NEAR_MISSES)
    assert len({one.keys for one in NEAR_MISSES}) == len(NEAR_MISSES)
