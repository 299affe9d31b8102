"""Every request of every test is watched: what it changes in a tenant's rows, its transaction's journal entries tell.

Triggers note each row that changes, with the transaction. After each request of a test's client the transactions that
it made are looked at: a changed row must be named by an entry of the same transaction, and every changed column must be
one that such an entry may leave unsaid, or be told by a fact of the row's table. So each action that any test uses is
compared, and a new one cannot be forgotten.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from psycopg import sql

from driftsentry.api.casing import camel

UNTOLD: Mapping[str, str] = {
    "accounts_second_factor": "a seed counts for nothing until it is confirmed; confirming and removing have entries",
    "audit_log": "it is the journal",
    "audit_head": "the end of the journal",
    "api_idempotent_request": "answers kept to be given again; what was done has its own entries",
    "django_session": "browser sessions; logging in has its entry",
    "django_admin_log": "the admin's own notes beside the journal",
    "django_content_type": "the names of the models",
    "django_migrations": "the schema's history",
    "accounts_one_time_token": "digests of mailed links; what is asked for and done with them has its entry",
    "costs_price_list": "public prices, no tenant's",
    "drifts_hidden_finding": "what rules hide of the latest scan: seen, not done; the scan's entry has the number",
    "drifts_scan_output": "the lines of a running detector",
    "alerts_told": "which channel has heard of which drift: what was told has its entry",
    "alerts_attempt": "tries at a delivery are rows of their own",
    "alerts_delivery": "deliveries are rows of their own: what they tell of has its entry",
}
"""Tables whose rows the journal does not tell, with the reason."""

OBSERVED: Mapping[str, frozenset[str]] = {
    "drifts_drift": frozenset(
        {
            "last_seen_at",
            "last_assessed_at",
            "occurrences",
            "alerted_at",
            "not_assessed_since",
            "not_assessed_reason",
            "is_flapping",
        }
    ),
    "drifts_stack": frozenset({"last_scan_at", "next_scan_at", "stale_at"}),
    "drifts_scan": frozenset({"deadline"}),
    "drifts_remediation_run": frozenset({"deadline", "leased_until", "next_try_at", "attempts", "answer_status"}),
    "alerts_channel": frozenset({"failing_since", "last_delivered_at", "resting_until"}),
    "accounts_user": frozenset({"last_login"}),
    "accounts_api_key": frozenset({"last_used_at", "last_used_address"}),
    "accounts_session": frozenset(
        {"refresh_digest", "previous_digest", "refreshed_at", "taken_up_at", "expires_at", "last_used_at"}
    ),
    "accounts_second_factor": frozenset({"last_step"}),
    "drifts_ignore_rule": frozenset({"last_hid_at", "hidden_total"}),
}
"""Columns that say when something was last seen or used: observations, which the journal does not repeat."""
EVERYWHERE = frozenset({"updated_at"})
OWN = ("_at", "_by_id", "reason", "note")
"""How columns end that repeat what every entry has of its own: when, by whom, and what they wrote."""
OTHERWISE: Mapping[str, Mapping[str, str]] = {
    "drifts_drift": {
        **dict.fromkeys(
            (
                *("expected_state", "actual_state", "difference", "difference_digest", "attribute_digests"),
                *("kind", "fidelity", "address", "resource_id", "resource_type", "provider_type", "region"),
                *("cloud_account", "consequence", "cost_basis", "cost_breakdown", "severity_reason", "severity_rank"),
            ),
            "drift.updated names the changed paths and what follows; states stay out of the journal",
        ),
        "attribution": "drift.attributed tells the event; the principal is personal",
        "decided_digests": "the difference's digest stands for them",
        "snooze_digests": "the difference's digest stands for them",
        "assignee_id": "drift.assigned names it, drift.unassigned says there is none",
        "snoozed_until": "drift.snoozed names it, drift.unsnoozed says there is none",
    },
    "drifts_scan": {
        "tool_version": "what a body says of its tool",
        "provider_versions": "the same of its providers",
        "hidden_by_rules": "scan.completed has their number",
        "not_assessed": "scan.completed says whether it is complete; what it did not look at stays with the scan",
        "not_assessed_count": "the same",
    },
    "drifts_remediation_run": {
        "status": "remediation.requested, succeeded and failed are kinds of their own",
        "message": "the pipeline's words stay in the run",
    },
    "drifts_stack": {
        "is_stale": "stack.stale says so; the next scan that succeeds ends it",
        "detector_secret_names": "stack.changed says that the secrets changed, and names none",
    },
    "drifts_group_member": {
        "outcome": "each member's own entry, and the group's with the numbers",
        "successor_id": "the successor's own entry",
        "error": "the group's entry has the numbers",
    },
    "drifts_approval": {"ended_because": "the entry that ended it: decided, lapsed, withdrawn"},
    "alerts_alert": {
        "snooze_digests": "the drift's own entries have its digests",
        "snoozed_until": "alert.snoozed names it, alert.unsnoozed says there is none",
        "assignee_id": "alert.assigned names it, alert.unassigned says there is none",
    },
    "alerts_channel": {
        "secrets": "secret: channel.changed says that they changed, channel.secret_rotated that the key did",
        "secret_hints": "the end of each secret",
        "previous_secret_until": "channel.secret_rotated says how long the former key signs",
        "destination": "what may be shown of the settings",
        "is_enabled": "channel.disabled is a kind of its own; an admin's change names it",
    },
    "accounts_user": {"password": "secret; each way of changing one has its own kind"},
    "accounts_session": {"revoked_because": "session.revoked says because"},
}
"""Columns that an entry tells in other words, with how."""
ERASING = "user.erased"
"""The kind that tells by itself that everything personal of somebody went, whatever the column."""

NOTES = """
CREATE SCHEMA IF NOT EXISTS watching;
CREATE UNLOGGED TABLE IF NOT EXISTS watching.change (
    id bigserial PRIMARY KEY, txid bigint NOT NULL, tab text NOT NULL, op text NOT NULL,
    ids text[] NOT NULL, cols text[] NOT NULL
);
CREATE OR REPLACE FUNCTION watching.ids(it jsonb, names text[]) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(it->>one), '{}') FROM unnest(names) one WHERE it->>one IS NOT NULL
$$;
CREATE OR REPLACE FUNCTION watching.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO watching.change (txid, tab, op, ids, cols)
        SELECT txid_current(), TG_TABLE_NAME, TG_OP, watching.ids(n.it, TG_ARGV[1:]),
               ARRAY(SELECT key FROM jsonb_each(n.it) WHERE value IS DISTINCT FROM o.it->key)
        FROM (SELECT to_jsonb(new_rows) AS it FROM new_rows) n
        JOIN (SELECT to_jsonb(old_rows) AS it FROM old_rows) o ON n.it->TG_ARGV[0] = o.it->TG_ARGV[0]
        WHERE n.it IS DISTINCT FROM o.it;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO watching.change (txid, tab, op, ids, cols)
        SELECT txid_current(), TG_TABLE_NAME, TG_OP, watching.ids(n.it, TG_ARGV[1:]), '{}'
        FROM (SELECT to_jsonb(new_rows) AS it FROM new_rows) n;
    ELSE
        INSERT INTO watching.change (txid, tab, op, ids, cols)
        SELECT txid_current(), TG_TABLE_NAME, TG_OP, watching.ids(o.it, TG_ARGV[1:]), '{}'
        FROM (SELECT to_jsonb(old_rows) AS it FROM old_rows) o;
    END IF;
    RETURN NULL;
END $$;
"""
TRIGGERS = """
CREATE TRIGGER watching_i AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION watching.note({args});
CREATE TRIGGER watching_u AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION watching.note({args});
CREATE TRIGGER watching_d AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION watching.note({args});
"""
OURS = frozenset({"drifts", "alerts", "costs", "accounts", "audit", "api"})
LAST = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM watching.change_id_seq"
BLOATED = "SELECT schemaname, relname FROM pg_stat_user_tables WHERE n_dead_tup > 2000 AND schemaname <> 'watching'"
TIDY_EVERY = 100
"""Tests."""
CHANGED = "SELECT txid, tab, op, ids, cols FROM watching.change WHERE id > %s ORDER BY id LIMIT 5000"

TELLING: Mapping[str, Sequence[str]] = {
    "audit_log": ("kind", "drift_id", "actor_id", "data"),
    "accounts_domain": ("name",),
}
"""By which columns entries, and rows that they do not call by an id, are known; others by their ids."""

_watchers: list["Watcher"] = []


@dataclass(frozen=True, slots=True)
class Change:
    """A row that changed, or a journal entry that was appended.

    Attributes:
        txid: The transaction.
        table: Its table.
        op: INSERT, UPDATE or DELETE.
        ids: Its own id and those of what it belongs to; of an entry all that it tells.
        columns: What of it changed, where it was there before and is still.
    """

    txid: int
    table: str
    op: str
    ids: frozenset[str]
    columns: frozenset[str]

    def __str__(self) -> str:
        return f"{self.op} {self.table} {', '.join(sorted(self.columns))}".strip()


class Watcher:
    """Compares what requests change with what the journal tells of it, over a connection of its own."""

    def __init__(self) -> None:
        self._connection = psycopg.connect(**_address(), autocommit=True)
        self._connection.execute("SET lock_timeout = '1s'")
        self._tests = 0
        self.awake = True

    def close(self) -> None:
        self._connection.close()

    def now(self) -> int:
        """The number of the last change so far."""
        found = self._connection.execute(LAST).fetchone()
        return int(found[0]) if found else 0

    def untold_since(self, number: int, *, entries: bool = True) -> list[str]:
        """What changed after that and is not told, in words.

        Args:
            number: What `now` said before.
            entries: Whether each transaction has to have entries; otherwise those without any are left alone.
        """
        by_transaction: dict[int, list[Change]] = defaultdict(list)
        for txid, table, op, ids, columns in self._connection.execute(CHANGED, [number]).fetchall():
            by_transaction[txid].append(Change(txid, table, op, frozenset(ids), frozenset(columns)))
        wanted = [
            changes
            for changes in by_transaction.values()
            if entries or any(one.table == "audit_log" for one in changes)
        ]
        return [words for changes in wanted for words in _untold(changes)]

    def tidy(self) -> None:
        """Now and then, let the tests' tables not grow by what was deleted: nothing else vacuums them here."""
        self._tests += 1
        if self._tests % TIDY_EVERY:
            return
        for schema, table in self._connection.execute(BLOATED).fetchall():
            with suppress(psycopg.errors.LockNotAvailable):
                self._connection.execute(sql.SQL("VACUUM {}").format(sql.Identifier(schema, table)))
        with suppress(psycopg.errors.LockNotAvailable):
            self._connection.execute("TRUNCATE watching.change")


def _untold(changes: Sequence[Change]) -> Iterator[str]:
    entries = [one for one in changes if one.table == "audit_log"]
    told = " ".join(text for entry in entries for text in entry.ids)
    for one in changes:
        if one.table == "audit_log" or is_observation(one):
            continue
        if not entries:
            yield f"{one}: no entry at all"
        elif not any(ident in told for ident in one.ids):
            yield f"{one}: not named by its transaction's entries"
        elif ERASING not in told:
            unsaid = sorted(column for column in one.columns - unneeded(one) if not is_told(column, told))
            if unsaid:
                yield f"{one.op} {one.table}: the entries do not tell {', '.join(unsaid)}"


def is_observation(change: Change) -> bool:
    """Whether only what was seen or used was noted."""
    return change.op == "UPDATE" and change.columns <= unneeded(change)


def unneeded(change: Change) -> frozenset[str]:
    """The columns of its table that no entry has to name."""
    otherwise = OTHERWISE.get(change.table, {}).keys()
    return EVERYWHERE | OBSERVED.get(change.table, frozenset()) | otherwise


def is_told(column: str, told: str) -> bool:
    """Whether entries name a column, or it is what every entry holds: its time, its actor, a person's own words."""
    name = column.removesuffix("_id")
    names = {name, camel(name), name.removeprefix("is_")}
    return column.endswith(OWN) or any(one in told for one in names)


def install() -> None:
    """Let triggers note the changes of every table that the journal tells, and the entries."""
    with connection.cursor() as cursor:
        cursor.execute(NOTES)
        for table, key, ids in _watched():
            cursor.execute(TRIGGERS.format(table=table, args=", ".join(f"'{one}'" for one in (key, *ids))))


def _watched() -> Iterator[tuple[str, str, list[str]]]:
    for model in apps.get_models():
        meta = model._meta
        if meta.db_table != "audit_log" and (meta.db_table in UNTOLD or meta.app_label not in OURS):
            continue
        key = str(meta.pk.column)
        names = [str(field.column) for field in meta.concrete_fields if str(field.column).endswith("_id")]
        told = TELLING.get(meta.db_table, names)
        yield meta.db_table, key, list(dict.fromkeys([key, *(name for name in told if name != "account_id")]))


def _address() -> dict[str, Any]:
    params = connection.get_connection_params()
    return {name: params[name] for name in ("dbname", "host", "port", "user", "password") if params.get(name)}


@contextmanager
def watching() -> Iterator[None]:
    """Watch every request of a test's client: one whose changes the journal does not tell fails."""
    install()
    watcher, patch, send = Watcher(), pytest.MonkeyPatch(), Client.request
    _watchers.append(watcher)

    def watched(client: Client, **request: Any) -> Any:
        if not watcher.awake:
            return send(client, **request)
        number = watcher.now()
        answer = send(client, **request)
        untold = watcher.untold_since(number)
        assert not untold, f"{request.get('REQUEST_METHOD')} {request.get('PATH_INFO')} changes untold: {untold}"
        return answer

    patch.setattr(Client, "request", watched)
    try:
        yield
    finally:
        patch.undo()
        _watchers.remove(watcher)
        watcher.close()


@contextmanager
def told(*, awake: bool) -> Iterator[None]:
    """Whatever a test does, and however: entries tell all that their transaction changed.

    Args:
        awake: False for a test that says why its changes are not told (`@pytest.mark.untold`).
    """
    if not _watchers:
        yield
        return
    watcher = _watchers[0]
    watcher.tidy()
    watcher.awake, number = awake, watcher.now()
    yield
    watcher.awake = True
    untold = watcher.untold_since(number, entries=False) if awake else []
    assert not untold, f"Journal entries do not tell: {untold}"
