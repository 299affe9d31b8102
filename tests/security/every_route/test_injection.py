"""SQL, templates, format strings and hostile numbers, through every path, query parameter and body field.

Three witnesses: a sequence that any injected SQL would move, the statements themselves (what is sent is never part of
one, always a parameter of it), and the answers (no fault of the server, no word of the database, nothing evaluated).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection

from tests.laws.routes import Route, call_named, calls, guarded, named, text_of
from tests.security.every_route.scene import Scene, valid_body

SEQUENCE, MARK = "attack_sequence", "attackmark"
NEXT = f"(SELECT nextval('{SEQUENCE}'))"
SQL = [
    *(f"{MARK}' OR '1'='1", f"{MARK}' AND '1'='2", f'{MARK}" OR ""="', f"{MARK}') OR ('1'='1", f"{MARK}'--"),
    *(f"{MARK}'; SELECT nextval('{SEQUENCE}'); --", f"1; SELECT nextval('{SEQUENCE}') -- {MARK}"),
    *(f"{MARK}' || {NEXT}::text || '", f"{NEXT}::text --{MARK}", f"{MARK}\\'; {NEXT} --", f"{MARK}/**/OR/**/1=1#"),
    *(f"{MARK}' OR pg_sleep(30) IS NULL--", f"{MARK}' UNION SELECT email, password FROM accounts_user--"),  # noqa: S608 - sent, not run
    *(f"{MARK}%' OR 1=1 --", f"{MARK}$$; {NEXT}; $$", f"{MARK}%s%s%(x)s", f"-created_at; {NEXT} --{MARK}"),
    *(f"CASE WHEN {NEXT}>0 THEN id END --{MARK}", f"{MARK}\u02bc OR 1=1--", f"{MARK}\uff07 OR 1=1--"),
]
PRODUCT = "55873453"
TEMPLATES = [
    *("{{7351*7600.537}}", "{{ settings.SECRET_KEY }}", "{% debug %}", "{% load log %}{% get_admin_log 9 as x %}"),
    *("${7351*7603}", "#{7351*7603}", "<%= 7351*7603 %>", "{{7351*7603}}", "{{''.__class__.__mro__}}", "*{7351*7603}"),
    *(
        "{0.__class__.__init__.__globals__}",
        "{request.user.password}",
        "%(password)s",
        "%n%n%n%x",
        "${jndi:ldap://x/y}",
    ),
    *("$(id)", "`id`", "|id", "__import__('os').system('id')", "../../../../etc/passwd", "file:///etc/passwd"),
]
ODD = [
    *(
        "\u0000",
        "a\u0000b",
        "\ufffe",
        "\u202emoc.live",
        "\u200b",
        "a\r\nSet-Cookie: a=b",
        "\u001b[31m",
        "\U0001f4a9" * 50,
    ),
    *(
        "NaN",
        "Infinity",
        "-1",
        "1e400",
        "1e-400",
        "9" * 400,
        "-" + "9" * 30,
        "0x10",
        "1_0",
        "٣",
        "²",
        "1.",
        "+1",
        "--1",
    ),
    *("null", "true", "[]", "{}", "[[[[", "9999-12-31T23:59:59.999999Z", "0000-00-00", "2026-13-45T99:99:99Z"),
    *(
        "2026-01-01T00:00:00+99:99",
        "10000-01-01T00:00:00Z",
        ",",
        "," * 500,
        "all,all",
        " ",
        "%",
        "_",
        "\\",
        "x" * 10_000,
    ),
]
PAYLOADS = [*SQL, *TEMPLATES, *ODD]
WRONG_KINDS: list[str] = [
    *(
        "1e400",
        "-1e400",
        "9" * 400,
        "1" + "0" * 30 + ".5",
        "-9223372036854775809",
        "1e-400",
        "0.1e1",
        "true",
        "null",
        "[]",
    ),
    *(
        "{}",
        "[[[]]]",
        '{"a": {"b": [null]}}',
        '[""]',
        '["\\u202e"]',
        '"\\ud83d\\ude00"',
        '{"": ""}',
        '{"__proto__": 1}',
    ),
]
FORBIDDEN = (
    *("psycopg", "SyntaxError", "syntax error at", "django.db", "Traceback", "pg_catalog", "relation ", "SELECT "),
    *("accounts_user", PRODUCT, "SECRET_KEY'", "root:x:", "__globals__'", "uid=0", "bcrypt"),
)
READS = [route for route in guarded() if "get" in route.actions]
WRITES = [
    (route, method) for route, method, _ in calls() if method not in {"get", "delete"} and route.properties(method)
]


def spelt(text: str) -> str:
    """A query's or a path's value, with whatever UTF-8 can spell."""
    return quote(text, safe="")


@pytest.fixture(scope="module")
def sequence(scene: Scene) -> Iterator[None]:
    """What any injected statement would move: not even a rollback would undo that."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SEQUENCE {SEQUENCE}")
        cursor.execute(f"GRANT ALL ON SEQUENCE {SEQUENCE} TO PUBLIC")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SEQUENCE {SEQUENCE}")


def moved() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT is_called FROM {SEQUENCE}")  # noqa: S608 - a constant of ours
        return bool(cursor.fetchone()[0])


def sleepers() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()"
        )
        return int(cursor.fetchone()[0])


@contextmanager
def statements() -> Iterator[list[str]]:
    """The text of every statement that is run, without its parameters."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        seen.append(str(sql))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


@pytest.fixture
def watched(sequence: None) -> Iterator[None]:
    """No test here runs a statement of the attacker's, nor one that holds a piece of what they sent."""
    with statements() as seen:
        yield
    assert seen
    assert [one for one in seen if MARK in one or SEQUENCE in one or "pg_sleep" in one] == []
    assert not moved()
    assert sleepers() == 0


def harmless(answer: Any, payload: str) -> str:
    """Nothing of it is heard of in the answer, whose text comes back: one that is streamed can be read once."""
    assert answer.status_code < 500, payload[:80]
    text = text_of(answer)
    found = [word for word in FORBIDDEN if word in text and word not in payload]
    assert found == [], payload[:80]
    assert "Set-Cookie" not in answer.headers
    return text


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("route", [route for route in READS if route.query("get")], ids=named)
def test_a_query_parameter_is_a_value_and_nothing_more(scene: Scene, route: Route) -> None:
    client = scene.attackers["admin"]
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    for place, name in enumerate(route.query("get")):
        unknown = client.get(f"{path}?{name}={MARK}")
        of_unknown = shape(text_of(unknown))
        for payload in (*SQL, *TEMPLATES, *ODD[place % 2 :: 2]):
            answer = client.get(f"{path}?{name}={spelt(payload)}")
            text = harmless(answer, payload)
            if payload in SQL and "," not in payload:
                assert (answer.status_code, shape(text)) == (unknown.status_code, of_unknown), (name, payload)


def shape(text: str) -> Any:
    """What an answer tells: a refusal's code, or how many a list has."""
    told = json.loads(text)
    if not told["success"]:
        return told["error"]["code"]
    data = told["data"]
    return data["pagination"].get("total") if "pagination" in data else len(data.get("items", ()))


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("route", READS, ids=named)
def test_the_name_of_a_query_parameter_is_no_column(scene: Scene, route: Route) -> None:
    client = scene.attackers["admin"]
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    for name in [*SQL, "account__users__password__startswith", "pk__in", "id__gt", "stack__account_id", "_connector"]:
        answer = client.get(f"{path}?{spelt(name)}=x")
        harmless(answer, name)
        assert answer.status_code in {200, 400}
        if route.query("get"):
            assert answer.status_code == 400, name


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(("route", "method", "action"), [call for call in calls() if call[0].takes_id], ids=call_named)
def test_an_id_in_a_path_is_a_value_and_nothing_more(scene: Scene, route: Route, method: str, action: str) -> None:
    client = scene.attackers["admin"]
    text = "" if method == "get" else json.dumps(valid_body(route, method))
    for payload in (*SQL, *TEMPLATES):
        if "/" in payload:
            continue  # another path
        answer = client.generic(
            method.upper(), route.path("PLACE").replace("PLACE", spelt(payload)), text, "application/json"
        )
        harmless(answer, payload)
        assert answer.status_code == 404


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize(("route", "method"), WRITES, ids=call_named)
def test_a_field_of_a_body_is_a_value_and_nothing_more(scene: Scene, route: Route, method: str) -> None:
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    client = scene.attackers["admin"]
    for place, (name, kind) in enumerate(route.properties(method).items()):
        for payload in PAYLOADS[place % 4 :: 4]:  # each field a part: many fields times all of them would take minutes
            wrong: Any = {"array": [payload], "object": {payload: payload}}.get(kind, payload)
            body = json.dumps(valid_body(route, method) | {name: wrong})
            harmless(client.generic(method.upper(), path, body, "application/json"), payload)
        rest = json.dumps({other: value for other, value in valid_body(route, method).items() if other != name})[1:-1]
        for raw in WRONG_KINDS:
            text = f'{{{rest}{", " if rest else ""}"{name}": {raw}}}'
            harmless(client.generic(method.upper(), path, text, "application/json"), raw)


@pytest.mark.usefixtures("watched")
def test_open_routes_take_hostile_words_for_words(scene: Scene, client: Any) -> None:
    bodies = {
        "/api/v1/auth/login": ("email", "password", "code"),
        "/api/v1/auth/refresh": ("refreshToken",),
        "/api/v1/auth/password/forgot": ("email",),
        "/api/v1/auth/password/reset": ("token", "newPassword"),
        "/api/v1/auth/sso/token": ("code", "verifier"),
    }
    for path, fields in bodies.items():
        for payload in (*SQL, *TEMPLATES, *ODD[:12]):
            answer = client.post(path, json.dumps(dict.fromkeys(fields, payload)), "application/json")
            harmless(answer, payload)
            assert answer.status_code in {202, 400, 401, 404, 429}, (path, payload)


@pytest.mark.usefixtures("watched")
@pytest.mark.parametrize("size", [100_000, 1_000_000])
def test_a_text_of_a_megabyte_is_refused_or_kept(scene: Scene, size: int) -> None:
    client = scene.attackers["admin"]
    for name in ("name", "owner", "labels"):
        answer = client.post("/api/v1/stacks", {"name": "big", name: "x" * size}, format="json")
        assert answer.status_code == 400
    answer = client.get("/api/v1/drifts", {"search": "x" * size})
    harmless(answer, "x")


def test_the_witnesses_would_see_an_injection(sequence: None) -> None:
    with statements() as seen, connection.cursor() as cursor:
        cursor.execute(f"SELECT '{MARK}' || {NEXT}::text")
    assert any(MARK in one for one in seen)
    assert moved()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SEQUENCE {SEQUENCE} RESTART")
    assert not moved()
