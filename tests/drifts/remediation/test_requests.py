"""The request that asks a pipeline: signed, addressed as each kind wants it, its secret in no text of ours."""

import base64
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from drifts.remediation.requests import (
    USUAL,
    BadHook,
    Target,
    Told,
    asking,
    check,
    is_web,
    should_retry,
    told_in,
)

SIGNING = "whsec_" + base64.b64encode(b"k" * 32).decode()
TOKEN = "ghp_0123456789abcdef"
IDENT = "01890a5d-ac96-774b-bcce-b302099a8057"
NOW = datetime.now(UTC)
DATA = {"runId": IDENT, "address": "aws_instance.web", "reason": "Prüfen: $HOME"}


def target(kind: str = "generic", **more: Any) -> Target:
    usual = {
        "generic": {"url": "https://ci.example/hook", "secret": SIGNING},
        "github": {"url": USUAL["github"], "project": "acme/infra", "secret": TOKEN},
        "gitlab": {"url": USUAL["gitlab"], "project": "acme/infra", "ref": "main", "secret": TOKEN},
    }[kind]
    return Target(**{"kind": kind, **usual, **more})


def test_a_generic_request_is_signed_as_standard_webhooks_are() -> None:
    made = asking(target(), IDENT, DATA, at=datetime.now(UTC))  # a receiver refuses what is five minutes old
    read = Webhook(SIGNING).verify(made.content, dict(made.headers))
    assert (read["type"], read["data"], made.headers["webhook-id"]) == ("remediation.requested", DATA, IDENT)
    assert made.url == "https://ci.example/hook"


def test_github_gets_a_repository_dispatch() -> None:
    made = asking(target("github"), IDENT, DATA, at=NOW)
    assert made.url == "https://api.github.com/repos/acme/infra/dispatches"
    assert made.headers["authorization"] == f"Bearer {TOKEN}"
    body = json.loads(made.content)
    assert (body["event_type"], body["client_payload"]["data"]) == ("driftsentry_remediation", DATA)
    assert len(body["client_payload"]) <= 10


def test_gitlab_gets_a_pipeline_trigger() -> None:
    made = asking(target("gitlab"), IDENT, DATA, at=NOW)
    assert made.url == "https://gitlab.com/api/v4/projects/acme%2Finfra/trigger/pipeline"
    form = parse_qs(made.content.decode())
    assert (form["token"], form["ref"]) == ([TOKEN], ["main"])
    payload = json.loads(base64.b64decode(form["variables[DRIFTSENTRY_PAYLOAD]"][0]))
    assert payload["data"] == DATA


@pytest.mark.parametrize("kind", sorted(USUAL))
def test_each_try_bears_the_same_id_and_no_secret_is_shown(kind: str) -> None:
    made = asking(target(kind), IDENT, DATA, at=NOW)
    assert made.headers["webhook-id"] == IDENT
    assert not {TOKEN, SIGNING} & {word for text in (repr(made), repr(target(kind))) for word in text.split("'")}
    check(target(kind), private_hosts=())


WRONG = [
    ("generic", "url", "http://ci.example/"),
    ("generic", "url", "https://"),
    ("generic", "url", "ftp://ci.example/"),
    ("generic", "url", "https://user:secret@ci.example/"),
    ("generic", "url", "https://ci.example/#x"),
    ("generic", "url", "https://ci.example:99999/"),
    ("generic", "url", "https://ci.example/\n"),
    ("generic", "url", "https://[::1/"),
    ("generic", "url", "https://xn--a/"),
    ("generic", "project", "a/b"),
    ("generic", "secret", "whsec_short"),
    ("generic", "secret", base64.b64encode(b"k" * 32).decode()),
    ("generic", "secret", ""),
    ("github", "project", "acme"),
    ("github", "project", "acme/../x"),
    ("github", "project", "../infra"),
    ("github", "project", "acme/.."),
    ("github", "ref", "main"),
    ("github", "secret", "with space"),
    ("github", "url", "https://api.github.com/?x=1"),
    ("gitlab", "project", "a b"),
    ("gitlab", "ref", ""),
    ("gitlab", "ref", "-x"),
    ("gitlab", "secret", "short"),
]


@pytest.mark.parametrize(("kind", "name", "value"), WRONG)
def test_a_hook_that_cannot_work_is_refused_and_its_secret_is_not_repeated(kind: str, name: str, value: str) -> None:
    with pytest.raises(BadHook) as error:
        check(target(kind, **{name: value}), private_hosts=())
    assert error.value.field == name
    assert not value or name != "secret" or value not in error.value.message


def test_hosts_that_the_operator_lists_may_be_asked_without_tls() -> None:
    check(target(url="http://127.0.0.1:8080/x"), private_hosts=("127.0.0.1",))
    with pytest.raises(BadHook):
        check(target(kind="generic", url="http://127.0.0.2/"), private_hosts=("127.0.0.1",))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(BadHook, match="generic"):
        check(Target(kind="jenkins", url="https://x.example", secret="x"), private_hosts=())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"id": 7, "web_url": "https://gitlab.example/p/7"}', Told("7", "https://gitlab.example/p/7")),
        (b'{"id": "r-1", "url": "javascript:alert(1)"}', Told("r-1", "")),
        (b'{"id": true}', Told()),
        (b'{"id": {"a": 1}, "url": 5}', Told()),
        (b"[1]", Told()),
        (b"", Told()),
        (b'{"id": "cut', Told()),
        (b"[" * 100_000, Told()),
    ],
)
def test_what_an_answer_tells_is_read_and_nothing_else(body: bytes, told: Told) -> None:
    assert told_in(body) == told


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_answer_is_too_strange(body: bytes) -> None:
    assert len(told_in(body).external_id) <= 200


@given(st.text() | st.none() | st.integers())
def test_only_web_addresses_are_shown(url: object) -> None:
    assert not is_web(url) or str(url).lower().startswith(("http://", "https://"))


def test_what_may_pass_is_tried_again() -> None:
    assert [status for status in (400, 401, 404, 408, 410, 422, 429, 500, 503) if should_retry(status)] == [
        *(408, 429, 500, 503),
    ]
