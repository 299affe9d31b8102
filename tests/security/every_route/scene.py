"""Two tenants with one of everything: whoever attacks, and what the other one must not lose."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql
from rest_framework.test import APIClient

from accounts import actions
from accounts.models import User
from alerts.actions import warn_user
from alerts.models import Alert
from audit import journal
from drifts.actions.grouping import drift_groups
from driftsentry.api.access import Role, Scope
from tests.accounts.keys import account_key, own_key
from tests.conftest import SYSTEM, World
from tests.laws.routes import Route, text_of
from tests.laws.tenants import BUILT_IN, furnish

TABLES = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = current_schema() AND column_name = 'account_id' AND data_type = 'uuid' ORDER BY table_name
"""
KINDS = {  # what the id in a path names, by how the path begins
    "/api/v1/users/me/sessions/": "accounts_session",
    "/api/v1/users/": "accounts_user",
    "/api/v1/api-keys/": "accounts_api_key",
    "/api/v1/stacks/": "drifts_stack",
    "/api/v1/scans/": "drifts_scan",
    "/api/v1/drifts/": "drifts_drift",
    "/api/v1/drift-groups/decisions/": "drifts_group_decision",
    "/api/v1/drift-groups/": "drift group",
    "/api/v1/alerts/": "alerts_alert",
    "/api/v1/channels/": "alerts_channel",
    "/api/v1/deliveries/": "alerts_delivery",
    "/api/v1/approval-policies/": "drifts_approval_policy",
    "/api/v1/severity-rules/": "drifts_severity_rule",
    "/api/v1/ignore-rules/": "drifts_ignore_rule",
    "/api/v1/noise-rules/": "drifts_noise_choice",
}
Rows = dict[str, list[dict[str, Any]]]
KEPT = {"idempotency-key": "one that both tenants use"}
KEPT_BODY = {"name": "made under a key"}
_numbers = count(1)


def rows_of(account_id: UUID) -> Rows:
    """Every row of a tenant by its table, whatever the model."""
    found: Rows = {}
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        for table in [str(name) for (name,) in cursor.fetchall()]:
            statement = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE account_id = %s ORDER BY 1")
            cursor.execute(statement.format(sql.Identifier(table)), [account_id])
            found[table] = [row if isinstance(row, dict) else json.loads(row) for (row,) in cursor.fetchall()]
        cursor.execute("SELECT to_jsonb(t) FROM accounts_account t WHERE id = %s", [account_id])
        found["accounts_account"] = [row if isinstance(row, dict) else json.loads(row) for (row,) in cursor.fetchall()]
    return found


def ids_in(rows: Rows) -> dict[str, list[str]]:
    """The ids of some rows, by their table."""
    named = {table: [str(row["id"]) for row in some if "id" in row] for table, some in rows.items()}
    return {table: ids for table, ids in named.items() if ids and "-" in ids[0]}


def references_in(rows: Rows) -> set[str]:
    """Every id that some rows point to."""
    return {
        str(value)
        for some in rows.values()
        for row in some
        for name, value in row.items()
        if name.endswith("_id") and name != "resource_id" and isinstance(value, str)
    }


def kind_of(route: Route) -> str:
    """The table of what the id in a route's path names."""
    found = next((table for begin, table in KINDS.items() if route.path().startswith(begin)), None)
    assert found, f"say in KINDS what the id of {route.path()} names"
    return found


def valid_body(route: Route, method: str) -> dict[str, Any]:
    """A body that a route takes: what the OpenAPI document does not say of it is said here."""
    number = next(_numbers)
    better = {
        "email": f"new-{number}@acme.example",
        "scopes": ["read"],
        "resourceId": f"i-{number}",
        "actualState": {"size": number},
    }
    found: dict[str, Any] = dict(route.body(method))
    found |= {name: value for name, value in better.items() if name in found}
    return found | ({"name": f"one {number}"} if "name" in found else {})


@dataclass(frozen=True, slots=True)
class Scene:
    """What an attack plays in.

    Attributes:
        world: The tenants; `acme` attacks, `rival` is attacked.
        attackers: A client of each role and each kind of API key of `acme`.
        theirs: One id of each table of `rival`, its account's among them, and what can be named otherwise.
        secrets: Texts of `rival` that no answer may hold.
    """

    world: World
    attackers: dict[str, APIClient]
    theirs: dict[str, str]
    secrets: frozenset[str]

    def their_rows(self) -> Rows:
        return rows_of(self.world.other_account.pk)

    def my_rows(self) -> Rows:
        return rows_of(self.world.account.pk)

    def my_id(self, route: Route) -> str:
        """An id of mine that a route is about: of the engineer where it is of a person."""
        table = kind_of(route)
        if table == "accounts_user":
            return str(self.world.engineer.pk)
        if route.name in BUILT_IN:
            return BUILT_IN[route.name][0]
        if table == "drift group":
            return str(drift_groups(self.world.account.pk)[0].id)
        if table == "alerts_delivery":  # one to a user alone is nobody else's
            return next(str(row["id"]) for row in self.my_rows()[table] if row["channel_id"])
        return ids_in(self.my_rows())[table][0]

    def leaks(self, answer: Any, *sent: str) -> set[str]:
        """What an answer tells of the other tenant, but for what was sent."""
        text = text_of(answer)
        return {secret for secret in self.secrets if secret in text and not any(secret in one for one in sent)}


def set_up(world: World) -> Scene:
    """Furnish both tenants, and arm the attackers."""
    furnish(world, world.account.pk, owner="acme", number=2)
    furnish(world, world.other_account.pk, owner="rival", number=2)
    for user in (world.owner, world.engineer, world.viewer, world.outsider):
        own_key(world, user)
        with journal.writing(user.account_id, by=world.actor(user)) as w:
            kind, severity = Alert.Types.SESSION_REUSED, Alert.Severities.HIGH
            warn_user(w, user.pk, type=kind, severity=severity, title=f"Only for {user.email}", message="mine")
        world.sign_in(user)
    kept = world.client(world.outsider).post("/api/v1/stacks", KEPT_BODY, format="json", headers=KEPT)
    assert kept.status_code == 201
    attackers = dict(_attackers(world))
    theirs = rows_of(world.other_account.pk)
    named = {table: ids[0] for table, ids in ids_in(theirs).items()}
    named["drift group"] = str(drift_groups(world.other_account.pk)[0].id)
    named |= {"stack name": theirs["drifts_stack"][0]["name"], "e-mail": world.outsider.email, "account name": "rival"}
    return Scene(world, attackers, named, frozenset(_secrets(theirs)))


def _attackers(world: World) -> Iterator[tuple[str, APIClient]]:
    root = actions.create_user(
        world.account, email="root@acme.example", name="Root", role=Role.ADMIN, password=None, by=SYSTEM
    )
    User.objects.filter(pk=root.pk).update(is_superuser=True)
    for user in (world.owner, world.engineer, world.viewer, root):
        client = APIClient()
        opened = actions.open_session(User.objects.get(pk=user.pk), by=world.actor(user))
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {opened.tokens.access}")
        yield (user.role if user != root else "superuser"), client
    for scope in Scope:
        yield f"key for {scope}", account_key(world, scope).client
    yield "key for all", account_key(world, *Scope).client
    yield "own key", own_key(world, world.owner, Scope).client
    mine = rows_of(world.account.pk)["drifts_stack"][0]["name"]
    yield "key of a stack", account_key(world, Scope.READ, Scope.INGEST, stack=mine).client


def _secrets(rows: Rows) -> Iterator[str]:
    for ids in ids_in(rows).values():
        yield from ids
    for table, columns in {
        "accounts_user": ("email",),
        "accounts_account": ("name",),
        "accounts_api_key": ("prefix",),
        "drifts_stack": ("name",),
        "drifts_drift": ("resource_id", "fingerprint"),
    }.items():
        yield from (row[column] for row in rows[table] for column in columns)
