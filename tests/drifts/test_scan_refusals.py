"""Bodies that are no scan: the contract's answer, not one row anywhere, and the process goes on."""

import gzip
import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import Settings

from tests.drifts.scans import STACK, drifted, instance

URL = f"/api/v1/scans?stack={STACK}"
GOOD = drifted(instance())
DEEP = 10_000

BODIES: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "VALIDATION_ERROR"),
    "blank": (b" \n\t ", 400, "VALIDATION_ERROR"),
    "garbage": (b"\xde\xad\xbe\xef" * 50, 400, "VALIDATION_ERROR"),
    "a word": (b"hello", 400, "VALIDATION_ERROR"),
    "truncated": (GOOD[: len(GOOD) // 2], 400, "VALIDATION_ERROR"),
    "without its last brace": (GOOD[:-1], 400, "VALIDATION_ERROR"),
    "NUL bytes": (b"\0" * 100, 400, "VALIDATION_ERROR"),
    "a NUL byte inside": (GOOD.replace(b"1.9.5", b"1.9\0.5"), 400, "VALIDATION_ERROR"),
    "deep lists": (b"[" * DEEP + b"]" * DEEP, 400, "VALIDATION_ERROR"),
    "deep objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400, "VALIDATION_ERROR"),
    "deep state": (
        GOOD.replace(b'"t3.large"', b"[" * DEEP + b"]" * DEEP),
        400,
        "VALIDATION_ERROR",
    ),
    "NaN": (b'{"format_version": NaN, "resource_drift": []}', 400, "VALIDATION_ERROR"),
    "cut gzip": (gzip.compress(GOOD)[:-10], 400, "VALIDATION_ERROR"),
    "damaged gzip": (gzip.compress(GOOD)[:40] + b"\0" * 40, 400, "VALIDATION_ERROR"),
    "a list": (b"[1, 2, 3]", 422, "UNPROCESSABLE"),
    "a number": (b"7", 422, "UNPROCESSABLE"),
    "another document": (b'{"hello": "world"}', 422, "UNPROCESSABLE"),
    "a state": (b'{"version": 4, "lineage": "x", "serial": 1, "resources": []}', 422, "UNPROCESSABLE"),
    "wrong major version": (GOOD.replace(b'"1.2"', b'"2.0"'), 422, "UNPROCESSABLE"),
    "no version": (b'{"resource_drift": [], "resource_changes": []}', 422, "UNPROCESSABLE"),
    "a binary plan": (b"PK\x03\x04" + b"\1" * 60, 422, "UNPROCESSABLE"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"\1" * 60, 422, "UNPROCESSABLE"),
}


def rows() -> dict[str, int]:
    """How many rows each table holds."""
    counts = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608 - names of tables
            counts[table] = cursor.fetchone()[0]
    return counts


def refused(world: Any, body: bytes, *, url: str = URL, **more: Any) -> Any:
    """Send a body that is refused, and see that no row of any table came of it."""
    client = world.client(world.engineer)
    before = rows()
    answer = client.generic("POST", url, body, content_type="application/json", **more)
    assert rows() == before
    return answer


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_scan_is_refused(world: Any, name: str) -> None:
    body, status, code = BODIES[name]
    answer = refused(world, body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["message"]
    assert error["traceId"] == answer["x-correlation-id"]
    assert "Traceback" not in answer.content.decode()


@pytest.mark.parametrize("name", [name for name, (_, status, _) in BODIES.items() if status == 422])
def test_what_no_parser_knows_is_told_what_was_expected(world: Any, name: str) -> None:
    body, _, _ = BODIES[name]
    assert refused(world, body).json()["error"]["details"]["hint"]


def test_after_all_of_them_a_good_one_is_taken(world: Any) -> None:
    for body, _, _ in BODIES.values():
        refused(world, body)
    answer = world.client(world.engineer).generic("POST", URL, GOOD)
    assert (answer.status_code, answer.json()["data"]["driftsNew"]) == (201, 1)


def test_the_format_named_must_be_known(world: Any) -> None:
    answer = refused(world, GOOD, url=f"{URL}&format=excel")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "UNPROCESSABLE")
    assert "terraform-plan" in json.dumps(answer.json()["error"])


def test_a_body_past_the_limit_is_too_large(world: Any, settings: Settings) -> None:
    settings.MAX_SCAN_BODY_BYTES = len(GOOD) - 1
    answer = refused(world, GOOD)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


def test_a_body_at_the_limit_is_not(world: Any, settings: Settings) -> None:
    settings.MAX_SCAN_BODY_BYTES = len(GOOD)
    assert world.client(world.engineer).generic("POST", URL, GOOD).status_code == 201


def test_a_gzip_bomb_is_too_large(world: Any, settings: Settings) -> None:
    settings.MAX_SCAN_BODY_BYTES = 1 << 20
    bomb = gzip.compress(b" " * (64 << 20), 9)
    assert len(bomb) < settings.MAX_SCAN_BODY_BYTES
    answer = refused(world, bomb, HTTP_CONTENT_ENCODING="gzip")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "ä"])
def test_an_encoding_that_is_not_read_is_unsupported(world: Any, encoding: str) -> None:
    answer = refused(world, GOOD, HTTP_CONTENT_ENCODING=encoding)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert answer.json()["error"]["details"]["hint"]


def test_plain_bytes_announced_as_gzip_are_refused(world: Any) -> None:
    assert refused(world, GOOD, HTTP_CONTENT_ENCODING="gzip").status_code == 400


QUERIES = [
    ("", "stack"),
    ("?stack=", "stack"),
    ("?stack=%20%20", "stack"),
    ("?stack=a%00b", "stack"),
    ("?stack=a%0Ab", "stack"),
    (f"?stack={'x' * 201}", "stack"),
    ("?stack=a&complete=maybe", "complete"),
    ("?stack=a&complete=1", "complete"),
    ("?stack=a&mode=everything", "mode"),
    ("?stack=a&detectedBy=me", "detectedBy"),
    ("?stack=a&environment=" + "x" * 61, "environment"),
    ("?stack=a&environment=a%00", "environment"),
    ("?stack=a&stak=b", "stak"),
    ("?stack=a&page=1", "page"),
]


@pytest.mark.parametrize(("query", "field"), QUERIES)
def test_a_query_that_is_wrong_is_refused_by_name(world: Any, query: str, field: str) -> None:
    answer = refused(world, GOOD, url=f"/api/v1/scans{query}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "VALIDATION_ERROR")
    assert [one["field"] for one in error["details"]["errors"]] == [field]


def test_every_table_is_looked_at(world: Any) -> None:
    assert {model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed} <= set(
        rows()
    )
