"""Fields that nobody may set: every column of every model, in either spelling, in the body of every writing route.

What a serializer does not know is refused by name, so one body carries many; what it knows and only reads is ignored;
what it does write is named in `WRITABLE`, which a new route or field fails until somebody has placed it there.
"""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps

from driftsentry.api.casing import camel
from tests.laws.routes import Route, call_named, calls
from tests.security.every_route.scene import Rows, Scene, valid_body

WRITES = [(route, method) for route, method, _ in calls() if method != "get" and route.name != "scans"]
WITH_BODY = [(route, method) for route, method in WRITES if method != "delete" and route.properties(method)]
EXTRA = (
    *("isStaff", "is_staff", "passwordHash", "password_hash", "hashedPassword", "roles", "permissions", "isAdmin"),
    *("tenant", "tenantId", "ownerId", "accountName", "createdBy", "approvedBy", "approved_by", "resolvedBy", "last4"),
    *("apiKey", "isRead", "canApprove", "__class__", "__proto__", "constructor", "_state", "pk", "-id", "account__id"),
    *("Role", "ROLE", "role ", " role", "role\u0000", "r\u03bfle", "role[]", "user.role", "user[role]"),
)
_STACK_WRITABLE = {
    *("name", "tool", "environment", "repositoryUrl", "owner", "labels", "isEnabled"),
    *("schedule", "detector", "detectorConfig", "detectorSecrets", "scanTimeLimitSeconds"),
}
_RULE = {
    *("name", "position", "severity", "because", "types", "kinds", "attributes", "environments", "test", "isEnabled"),
}
_CHANNEL = {
    *("name", "kind", "config", "secrets", "severities", "types", "stacks", "environments"),
    *("quietHours", "digestAbove", "isEnabled"),
}
_IGNORE_RULE = {
    *("name", "stack", "types", "addresses", "attributes", "kinds", "reason", "expiresAt", "isEnabled"),
}
WRITABLE: dict[tuple[str, str], set[str]] = {
    ("users", "post"): {"email", "name", "role"},
    ("user", "patch"): {"name", "role", "isActive"},
    ("me", "patch"): {"name"},
    ("my-settings", "put"): {"emailNotifications", "slackIntegration", "criticalAlertsOnly"},
    ("api-keys", "post"): {"name", "scopes", "stack", "expiresAt"},
    ("api-key", "patch"): {"name", "expiresAt"},
    ("stacks", "post"): _STACK_WRITABLE,
    ("stack", "put"): _STACK_WRITABLE,
    ("stack", "patch"): _STACK_WRITABLE,
    ("detection-settings", "patch"): {"alertAfterScans", "flapWindowDays"},
    ("notification-settings", "patch"): {
        *("reminderSeverities", "reminderAfterHours", "repeatEveryHours", "costThresholdMonthly"),
    },
    ("drift-approve", "post"): {"differenceDigest", "reason", "breakGlass"},  # the digest is compared, never set
    ("drift-reject", "post"): {"differenceDigest", "reason", "breakGlass"},
    ("drift-review", "post"): {"verdict", "note"},
    ("approval-policy", "put"): {
        *("needed", "appliesTo", "expiresHours", "breakGlass", "reviewWithinHours", "excludePrincipal"),
    },
    ("drift-triage", "post"): {"note"},
    ("drift-resolve", "post"): {"note"},
    ("drift-group-decision-undo", "post"): {"note"},
    ("drift-snooze", "post"): {"differenceDigest", "reason", "until"},
    ("drift-assign", "post"): {"assigneeId", "note"},
    ("alert-acknowledge", "post"): {"note"},
    ("alert-assign", "post"): {"assigneeId", "note"},
    ("alert-snooze", "post"): {"reason", "until"},
    ("drifts-bulk", "post"): {"action", "reason", "until", "assigneeId"},
    ("drift-group-decide", "post"): {"action", "reason"},
    ("drift-group-snooze", "post"): {"reason", "until"},
    ("drift-group-assign", "post"): {"assigneeId", "note"},
    ("drift-comments", "post"): {"text"},  # a comment's own words, and a column of another table's name
    ("ignore-rules", "post"): _IGNORE_RULE,
    ("ignore-rule", "put"): _IGNORE_RULE,
    ("ignore-rule", "patch"): _IGNORE_RULE,
    ("ignore-rules-preview", "post"): _IGNORE_RULE,
    ("stack-remediation-hook", "put"): {"kind", "url", "project", "ref", "secret", "isEnabled"},
    ("ignore-rules-import", "post"): {"text", "reason", "stack", "expiresAt"},
    ("noise-rule", "patch"): {"isEnabled", "reason"},
    ("channels", "post"): _CHANNEL,
    ("channel", "put"): _CHANNEL,
    ("channel", "patch"): _CHANNEL,
    ("severity-rules", "post"): _RULE,
    ("severity-rule", "put"): _RULE,
    ("severity-rule", "patch"): _RULE,
    ("drifts", "post"): {
        *("resourceId", "resourceType", "region", "expectedState", "actualState", "severity"),
        *("costImpactMonthly", "detectedBy", "stack"),
    },
}
"""The columns that a body may set, by route and method: everything else that is a column is not to be set."""
_STACK = {"id", "createdAt", "updatedAt", "detectorSecretNames", "nextScanAt", "lastScanAt", "isStale"}
_READ_OF_A_RULE = {"id", "source", "author", "createdAt", "updatedAt"}
_READ_OF_AN_IGNORE_RULE = {"id", "author", "hiddenTotal", "lastHitAt", "createdAt", "updatedAt"}
_READ_OF_A_CHANNEL = {
    *("id", "secretHints", "destination", "previousSecretUntil", "disabledAt", "disabledReason", "failingSince"),
    *("restingUntil", "lastDeliveredAt", "createdAt", "updatedAt"),
}
READ_ONLY: dict[tuple[str, str], set[str]] = {
    ("me", "patch"): {"id", "email", "role", "accountId", "settings", "createdAt", "updatedAt"},
    ("stacks", "post"): _STACK,
    ("stack", "put"): _STACK,
    ("stack", "patch"): _STACK,
    ("stack-remediation-hook", "put"): {"id", "createdAt", "updatedAt"},
    ("approval-policy", "put"): {"severity", "createdAt", "updatedAt"},
    ("ignore-rules", "post"): _READ_OF_AN_IGNORE_RULE,
    ("ignore-rule", "put"): _READ_OF_AN_IGNORE_RULE,
    ("ignore-rule", "patch"): _READ_OF_AN_IGNORE_RULE,
    ("channels", "post"): _READ_OF_A_CHANNEL,
    ("channel", "put"): _READ_OF_A_CHANNEL,
    ("channel", "patch"): _READ_OF_A_CHANNEL,
    ("severity-rules", "post"): _READ_OF_A_RULE,
    ("severity-rule", "put"): _READ_OF_A_RULE,
    ("severity-rule", "patch"): _READ_OF_A_RULE,
}
"""What a body may hold because the answer does, and what it says of it is ignored."""
GUARDED = (  # columns that no request of these tests may change on a row that is there
    *("id", "account_id", "role", "is_superuser", "is_active", "password", "email", "user_id", "recipient_id"),
    *("created_at", "created_by_id", "scopes", "digest", "prefix", "last4", "revoked_at", "fingerprint", "stack_id"),
    *("status", "approved_by_id", "rejected_by_id", "read_by_id", "refresh_digest", "erased_at", "last_login"),
)
OF_ITSELF = {  # what a request changes because that is what it is for
    "drift-triage": ("status",),
    "drift-approve": ("status", "approved_by_id"),
    "drift-reject": ("status", "rejected_by_id"),
    "drift-resolve": ("status",),
    "drift-group-decide": ("status", "approved_by_id", "rejected_by_id"),
    "drift-group-decision-undo": ("status",),
    "alerts-mark-all-read": ("read_by_id",),
    "alert-mark-read": ("read_by_id",),
    "delivery-redeliver": ("status",),
    "channel-redeliver-dead": ("status",),
    "alert-acknowledge": ("read_by_id",),
}
VALUES: dict[str, Any] = {"role": "admin", "status": "resolved", "scopes": ["audit"], "severity": "low"}


def columns() -> list[str]:
    """Every column of every model, as Python and as the wire spell it."""
    names = {
        spelt
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        for spelt in (field.name, field.attname)
    }
    return sorted({*names, *map(camel, names), *EXTRA})


def value_of(scene: Scene, name: str) -> Any:
    """Something that would hurt."""
    plain = name.strip().lower().replace("_", "")
    if plain in VALUES:
        return VALUES[plain]
    if plain.endswith("at"):
        return "2001-01-01T00:00:00Z"
    return True if plain.startswith("is") else scene.theirs["accounts_account"]


def guarded_columns(rows: Rows) -> dict[str, Any]:
    """The columns that must stay, by table, row and name."""
    return {
        f"{table} {row['id']} {name}": row[name]
        for table, some in rows.items()
        for row in some
        if "id" in row
        for name in GUARDED
        if name in row
    }


def assert_kept(before: Rows, after: Rows, *but: str) -> None:
    """All guarded columns of the rows that were there are the same, but for those named."""
    now = guarded_columns(after)
    changed = {key for key, value in guarded_columns(before).items() if now.get(key, value) != value}
    assert {key for key in changed if key.rsplit(" ", 1)[1] not in but} == set()


def send(scene: Scene, route: Route, method: str, body: Any, *, who: str = "admin", query: str = "") -> Any:
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    text = body if isinstance(body, str) else json.dumps(body)
    return scene.attackers[who].generic(method.upper(), path + query, text, "application/json")


def unknown_to(answer: Any) -> set[str]:
    """The fields that a refusal names as unknown."""
    if answer.status_code != 400:
        return set()
    errors = answer.json()["error"]["details"].get("errors", [])
    return {one["field"] for one in errors if one["message"] == "This field is not known here."}


@pytest.mark.parametrize(("route", "method"), WITH_BODY, ids=call_named)
def test_a_body_sets_the_columns_that_are_named_and_no_other(scene: Scene, route: Route, method: str) -> None:
    writable = set(route.properties(method)) & set(columns())
    assert writable <= WRITABLE.get((route.name, method), set()), "place the new field"
    names = [name for name in columns() if name not in route.properties(method)]
    before, passed = scene.my_rows(), set()
    for start in range(0, len(names), 20):
        some = names[start : start + 20]
        answer = send(scene, route, method, valid_body(route, method) | {name: value_of(scene, name) for name in some})
        assert answer.status_code < 500
        if "\u0000" in "".join(some):  # the body is refused as a whole
            assert answer.status_code == 400
            continue
        passed |= set(some) - unknown_to(answer)
    assert passed <= READ_ONLY.get((route.name, method), set()), "known to the serializer, and not to be written"
    for name in passed:
        answer = send(scene, route, method, valid_body(route, method) | {name: value_of(scene, name)})
        assert answer.status_code in {200, 201, 400, 409}
    assert_kept(before, scene.my_rows(), "name")


@pytest.mark.parametrize(("route", "method"), WRITES, ids=call_named)
def test_a_query_or_an_unread_body_sets_nothing(scene: Scene, route: Route, method: str) -> None:
    """Where a route takes no body, a body is not read; and no query parameter stands for a field of one."""
    hurtful = {name: value_of(scene, name) for name in columns() if "\u0000" not in name}
    if method == "delete" or route.name in {"my-api-key-regenerate"}:
        return  # what they do to a row, they do: `test_privilege` says to which
    before = scene.my_rows()
    bodies = [valid_body(route, method)] if route.properties(method) else [hurtful, [hurtful], "x", None]
    for body in bodies:
        answer = send(scene, route, method, body, query="?" + urlencode(hurtful))
        assert answer.status_code < 500
    assert_kept(before, scene.my_rows(), *OF_ITSELF.get(route.name, ()))


TRICKS: dict[str, tuple[str, bytes]] = {
    "a form": (
        "application/x-www-form-urlencoded",
        b"name=x&role=admin&email=x@acme.example&reason=long+enough",
    ),
    "a form in parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\r\n--b--\r\n',
    ),
    "plain text": ("text/plain", b'{"name": "x", "role": "admin"}'),
    "a look-alike": ("application/json-patch+json", b'[{"op": "replace", "path": "/role", "value": "admin"}]'),
    "a merge": ("application/merge-patch+json", b'{"role": "admin"}'),
    "xml": ("application/xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><name>&e;</name>'),
    "yaml": ("application/yaml", b"!!python/object/apply:os.system ['true']"),
    "pickle": ("application/python-pickle", b"cos\nsystem\n(S'true'\ntR."),
    "no type": ("", b'{"name": "x"}'),
    "two types": ("application/json, text/plain", b'{"name": "x"}'),
    "nonsense": ("application", b"{}"),
}
MALFORMED: dict[str, tuple[str, bytes]] = {
    "another encoding": ("application/json; charset=utf-16", '{"name": "x"}'.encode("utf-16")),
    "utf-7": ("application/json; charset=utf-7", b"+AHsAIg-name"),
    "unknown charset": ("application/json; charset=nonsense", b'{"name": "\xff"}'),
    "an array": ("application/json", b'[{"name": "x", "role": "admin"}]'),
    "a text": ("application/json", b'"role=admin"'),
    "a number": ("application/json", b"1"),
    "a boolean": ("application/json", b"true"),
    "two objects": ("application/json", b'{"name": "x"}{"role": "admin"}'),
    "a comment": ("application/json", b'{"name": "x" /* */ }'),
    "single quotes": ("application/json", b"{'name': 'x'}"),
    "no number": ("application/json", b'{"name": NaN}'),
    "infinite": ("application/json", b'{"name": -Infinity}'),
    "cut": ("application/json", b'{"name": "x'),
    "lone surrogate": ("application/json", b'{"name": "\\ud800"}'),
    "deep": ("application/json", b'{"name": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"),
    "deep objects": ("application/json", b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
}


@pytest.mark.parametrize(("route", "method"), WITH_BODY, ids=call_named)
def test_what_is_no_json_object_sets_nothing(scene: Scene, route: Route, method: str) -> None:
    path = route.path(scene.my_id(route)) if route.takes_id else route.path()
    before = scene.my_rows()
    for tricks, refused in ((TRICKS, {400, 415}), (MALFORMED, {400})):
        for trick, (kind, body) in tricks.items():
            answer = scene.attackers["admin"].generic(method.upper(), path, body, kind)  # type: ignore[arg-type] # takes bytes
            assert answer.status_code in refused, trick
            assert answer.json()["success"] is False
    assert_kept(before, scene.my_rows())


@pytest.mark.parametrize(("route", "method"), WITH_BODY, ids=call_named)
def test_a_field_that_comes_twice_or_holds_more_than_it_should_sets_nothing_else(
    scene: Scene, route: Route, method: str
) -> None:
    before, body = scene.my_rows(), valid_body(route, method)
    plain = json.dumps({name: value for name, value in body.items() if name != "role"})[1:-1]
    twice = f'{{{plain}{", " if plain else ""}"role": "viewer", "role": "admin"}}'
    if "role" not in route.properties(method):
        found = send(scene, route, method, twice)
        assert found.status_code in {200, 400}
        assert "role" in unknown_to(found) | READ_ONLY.get((route.name, method), set())
    for name, kind in route.properties(method).items():
        nested = {"id": scene.theirs["accounts_user"], "role": "admin", "isSuperuser": True, "$ne": None}
        hostile: list[Any] = [nested, [nested], [[]], {}]
        for wrong in hostile:
            if kind == "object" and isinstance(wrong, dict):
                continue
            answer = send(scene, route, method, valid_body(route, method) | {name: wrong})
            assert answer.status_code == 400, (name, wrong)
    assert_kept(before, scene.my_rows())


def test_a_known_role_that_comes_twice_is_the_last_one(scene: Scene) -> None:
    """Nobody reads the first and another one the last: the body is read once."""
    client = scene.attackers["admin"]
    text = '{"email": "twice@acme.example", "name": "Twice", "role": "admin", "role": "viewer"}'
    made = client.generic("POST", "/api/v1/users", text, "application/json")
    assert made.json()["data"]["role"] == "viewer"


def test_the_columns_tried_are_those_of_every_model() -> None:
    assert {"isSuperuser", "is_superuser", "accountId", "account_id", "refreshDigest", "approvedById"} <= set(columns())
