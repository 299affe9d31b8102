"""The AsyncAPI document: valid by its own standard, made from the tables, and true of what goes over the wire."""

import json
from typing import Any

import pytest
from django.conf import settings
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # openapi-spec-validator brings it
from rest_framework.test import APIClient

from driftsentry.api import openapi
from driftsentry.realtime import protocol
from driftsentry.realtime.asyncapi import EXAMPLES, document
from driftsentry.realtime.events import EVENTS, FILTERS
from driftsentry.realtime.protocol import BadRequest, parse
from tests.realtime.frames import faults, fits_request, validator

STANDARD = settings.BASE_DIR / "tests" / "fixtures" / "asyncapi" / "3.0.0.json"
MESSAGES: dict[str, Any] = document()["components"]["messages"]
REQUESTS = ("subscribe", "unsubscribe", "resume", "ping", "authenticate")


def test_it_is_for_anybody_in_both_forms_of_the_path() -> None:
    for path in ("/api/asyncapi.json", "/api/asyncapi.json/"):
        answer = APIClient().get(path)
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert answer.json() == document()
    refused = APIClient().post("/api/asyncapi.json", {}, format="json")
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")


def test_the_rest_apis_page_leads_to_it_and_it_leads_back() -> None:
    assert openapi.document()["externalDocs"]["url"] == "/api/asyncapi.json"
    assert document()["info"]["externalDocs"]["url"] == "/api/docs"


def test_it_is_valid_asyncapi_3() -> None:
    found = Draft7Validator(json.loads(STANDARD.read_text())).iter_errors(document())
    assert [f"{error.json_path}: {error.message}" for error in found] == []


def references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [one for inner in part.values() for one in references(inner)]
    return [one for inner in part for one in references(inner)] if isinstance(part, list) else []


def test_what_it_refers_to_is_there() -> None:
    assert references(document())
    for reference in references(document()):
        found: Any = document()
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_it_holds_every_request_and_every_event_and_no_other() -> None:
    answers = {"ready", "heartbeat", "reset", "ack", "error"}
    assert set(MESSAGES) == {*REQUESTS, *answers, *EVENTS}
    operations = document()["operations"]
    asked = {name for name, operation in operations.items() if operation["action"] == "receive"}
    assert asked == set(REQUESTS)
    told = {one["$ref"].rsplit("/", 1)[1] for one in operations["tell"]["messages"]}
    assert told == {*EVENTS, *answers} - {"ack"}


def test_it_tells_the_filters_the_close_codes_and_why_a_past_may_be_gone() -> None:
    described = document()["components"]["schemas"]["Filter"]["properties"]
    assert set(described) == frozenset[str]().union(*FILTERS.values())
    codes = document()["channels"]["stream"]["x-close-codes"]
    named = {value for name, value in vars(protocol).items() if name.startswith("CLOSE_")}
    assert {int(code) for code in codes} >= named
    reasons = MESSAGES["reset"]["payload"]["properties"]["data"]["properties"]["reason"]["enum"]
    assert set(reasons) == set(protocol.RESETS)


@pytest.mark.parametrize("key", sorted(EXAMPLES))
def test_its_examples_fit_their_schemas(key: str) -> None:
    assert [error.message for error in validator(key).iter_errors(EXAMPLES[key])] == []
    if key in REQUESTS:
        parse(json.dumps(EXAMPLES[key]))


@pytest.mark.parametrize(
    "request_",
    [
        {"action": "ping"},
        {"action": "ping", "ref": None},
        {"action": "ping", "ref": 1.5},
        {"action": "ping", "ref": "x" * 101},
        {"action": "ping", "extra": 1},
        {"action": "nothing"},
        {},
        {"action": "subscribe"},
        {"action": "subscribe", "channel": "drifts", "filter": None},
        {"action": "subscribe", "channel": "drifts", "filter": {"resourceType": ["EC2", "RDS"], "region": "x"}},
        {"action": "subscribe", "channel": "drifts", "filter": {"resource_type": "EC2"}},
        {"action": "subscribe", "channel": "drifts", "filter": {"severity": []}},
        {"action": "subscribe", "channel": "drifts", "filter": {"stack": ["a"] * 51}},
        {"action": "subscribe", "channel": "users"},
        {"action": "resume", "after": -1, "epoch": ""},
        {"action": "resume", "after": 0, "epoch": "e" * 65},
        {"action": "resume", "after": 2**63, "epoch": ""},
        {"action": "resume", "after": 0},
        {"action": "authenticate", "token": "t"},
        {"action": "authenticate", "token": 1},
    ],
    ids=json.dumps,
)
def test_a_request_is_taken_where_the_document_says_so(request_: dict[str, Any]) -> None:
    try:
        parse(json.dumps(request_))
    except BadRequest:
        assert not fits_request(request_)
    else:
        assert fits_request(request_)


@pytest.mark.parametrize(
    "change",
    [
        {"prev": None},
        {"at": "yesterday"},
        {"more": 1},
        {"data": EXAMPLES["drift.created"]["data"] | {"actualState": {}}},
        {"data": {name: value for name, value in EXAMPLES["drift.created"]["data"].items() if name != "status"}},
        {"data": EXAMPLES["drift.created"]["data"] | {"costImpactMonthly": "12.50"}},
    ],
)
def test_a_frame_that_differs_would_be_noticed(change: dict[str, Any]) -> None:
    frame = EXAMPLES["drift.created"]
    assert faults(frame) == []
    assert faults(frame | change) != []
