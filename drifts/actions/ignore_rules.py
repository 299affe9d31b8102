"""Ignore rules: written, changed, taken away, imported, and read as the judging asks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions.locks import hold
from drifts.findings import Kind
from drifts.ingest import driftignore
from drifts.ingest.ignoring import MAX_GLOBS, MAX_RULES, glob_fault
from drifts.ingest.ignoring import IgnoreRule as AskedRule
from drifts.models import IgnoreRule
from drifts.rule_facts import IgnoreRuleChanged, IgnoreRuleCreated, IgnoreRuleDeleted
from driftsentry.api.errors import Conflict, Invalid, NotFound

GLOB_LISTS = ("types", "addresses", "attributes")
HIDES = ("stack", *GLOB_LISTS, "kinds")
FIELDS = ("name", *HIDES, "reason", "expires_at", "is_enabled")
NEW: Mapping[str, Any] = {
    "name": "",
    "stack": "*",
    "types": (),
    "addresses": (),
    "attributes": (),
    "kinds": (Kind.MODIFIED,),
    "expires_at": None,
    "is_enabled": True,
}
"""What a rule says where its author says nothing; a reason has to be said."""
REASON_LENGTH = range(10, 1001)
MAX_NAME = 200
MAX_COMPLAINTS = 50
FULL = f"An account has at most {MAX_RULES} ignore rules; take one away first."


def create_ignore_rule(account_id: UUID, *, values: Mapping[str, Any], by: Actor) -> IgnoreRule:
    """Write a rule. Scans from now on are judged by it.

    Args:
        account_id: The tenant.
        values: Its fields, of `FIELDS`; a reason among them.
        by: Who does it.

    Raises:
        Invalid: A field says what no rule may say.
        Conflict: The account has as many rules as it may.
    """
    with journal.writing(account_id, by=by) as w:
        _must_have_room(account_id, 1)
        return _create(w, values)


def change_ignore_rule(account_id: UUID, rule_id: UUID, *, values: Mapping[str, Any], by: Actor) -> IgnoreRule:
    """Change a rule. What it no longer hides comes back with the next scans.

    Args:
        account_id: The tenant.
        rule_id: The rule.
        values: New values, of `FIELDS`.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such rule.
        Invalid: A field says what no rule may say.
    """
    with journal.writing(account_id, by=by) as w:
        rule = _locked(account_id, rule_id)
        given = {name: values[name] for name in FIELDS if name in values}
        checked = _checked({**{name: getattr(rule, name) for name in FIELDS}, **given}, now=w.now, given=given)
        changes = {name: [getattr(rule, name), new] for name, new in checked.items() if getattr(rule, name) != new}
        for name, (_, new) in changes.items():
            setattr(rule, name, new)
        if changes:
            rule.save(update_fields=[*changes, "updated_at"])
            reason = changes.pop("reason", [None, ""])[1]
            w.record(IgnoreRuleChanged(id=rule.pk, name=rule.title, changes=changes, text=reason))
    return rule


def delete_ignore_rule(account_id: UUID, rule_id: UUID, *, by: Actor) -> None:
    """Take a rule away. What it hid comes back with the next scans, which say that it was hidden.

    Args:
        account_id: The tenant.
        rule_id: The rule.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such rule.
    """
    with journal.writing(account_id, by=by) as w:
        rule = _locked(account_id, rule_id)
        rule.deleted_at = w.now
        rule.save(update_fields=["deleted_at", "updated_at"])
        w.record(IgnoreRuleDeleted(id=rule.pk, name=rule.title))


def import_driftignore(
    account_id: UUID, text: str, *, reason: str, stack: str = "*", expires_at: datetime | None = None, by: Actor
) -> list[IgnoreRule]:
    """Write a rule for each line of a `.driftignore`, or none.

    Args:
        account_id: The tenant.
        text: The file.
        reason: Why; of every rule.
        stack: Glob over the stacks that the rules are for.
        expires_at: Until when they hide.
        by: Who does it.

    Raises:
        Invalid: A line cannot be kept (each is named), or the file says nothing.
        Conflict: The account would have more rules than it may.
    """
    lines, complaints = driftignore.read(text)
    if complaints:
        shown = complaints[:MAX_COMPLAINTS]
        errors = [{"field": f"line {one.number}", "message": f"{one.words} ({one.text})"} for one in shown]
        raise Invalid("This .driftignore cannot be imported; nothing of it was kept.", details={"errors": errors})
    if not lines:
        raise Invalid("This .driftignore ignores nothing.")
    with journal.writing(account_id, by=by) as w:
        _must_have_room(account_id, len(lines))
        shared = {"reason": reason, "stack": stack, "expires_at": expires_at}
        return [_create(w, {**_values_of(line), **shared}) for line in lines]


def _values_of(line: driftignore.Line) -> dict[str, Any]:
    return {
        "name": f".driftignore: {line.text}"[:MAX_NAME],
        "types": [line.type],
        "addresses": [] if line.address == "*" else [line.address],
        "attributes": [line.attribute] if line.attribute else [],
        "kinds": [kind.value for kind in line.kinds],
    }


def checked_rule(values: Mapping[str, Any]) -> AskedRule:
    """A rule as the judging would ask it, before it is saved.

    Args:
        values: Its fields, of `FIELDS`; the reason may be missing yet.

    Raises:
        Invalid: A field says what no rule may say.
    """
    return asked(IgnoreRule(**_checked({"reason": "not said yet", **values}, now=timezone.now(), given=values)))


def asked(rule: IgnoreRule) -> AskedRule:
    """A rule as the judging asks it.

    Args:
        rule: As it is kept.
    """
    return AskedRule(
        id=str(rule.pk),
        name=rule.title,
        stack=rule.stack,
        types=tuple(rule.types) or ("*",),
        addresses=tuple(rule.addresses) or ("*",),
        attributes=tuple(rule.attributes),
        kinds=frozenset(Kind(one) for one in rule.kinds),
        expires_at=rule.expires_at,
    )


def asked_rules(account_id: UUID, now: datetime) -> tuple[AskedRule, ...]:
    """The rules that hide something now, oldest first: where several fit, the first is credited.

    Args:
        account_id: The tenant.
        now: The time.
    """
    rules = IgnoreRule.objects.filter(account_id=account_id).counting(now).order_by("id")
    return tuple(asked(rule) for rule in rules[:MAX_RULES])


def _create(w: Writer, values: Mapping[str, Any]) -> IgnoreRule:
    checked = _checked(values, now=w.now, given=values)
    rule = IgnoreRule(account_id=w.account_id, author_id=w.actor.user_id, **checked)
    rule.save(force_insert=True)
    told: dict[str, object] = {name: checked[name] for name in checked if name not in {"name", "reason"}}
    w.record(IgnoreRuleCreated(id=rule.pk, name=rule.title, rule=told, text=rule.reason))
    return rule


def _checked(values: Mapping[str, Any], *, now: datetime, given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a rule, complete and sound.

    Raises:
        Invalid: One of them is not.
    """
    said = {**NEW, "reason": "", **values}
    found = {
        **said,
        **{name: list(said[name]) for name in GLOB_LISTS},
        "name": said["name"].strip(),
        "kinds": sorted({str(one) for one in said["kinds"]}),
        "reason": said["reason"].strip(),
    }
    faults = dict(_faults(found))
    if given.get("expires_at") and given["expires_at"] <= now:
        faults["expires_at"] = "A time that lies ahead."
    if faults:
        errors = [{"field": _WIRE.get(name, name), "message": words} for name, words in faults.items()]
        raise Invalid("This ignore rule cannot be kept.", details={"errors": errors})
    return found


_WIRE = {"expires_at": "expiresAt"}


def _faults(values: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    found = [("stack", glob_fault(values["stack"]))]
    for name in GLOB_LISTS:
        globs = values[name]
        too_many = f"At most {MAX_GLOBS} globs." if len(globs) > MAX_GLOBS else ""
        found.append((name, too_many or next((words for one in globs if (words := glob_fault(one))), "")))
    if not values["kinds"] or set(values["kinds"]) - {one.value for one in Kind}:
        found.append(("kinds", f"Of: {', '.join(Kind)}."))
    elif values["attributes"] and values["kinds"] != [Kind.MODIFIED.value]:
        found.append(
            ("kinds", "A rule over attributes hides modifications only: a deleted or unmanaged resource has none.")
        )
    if len(values["name"]) > MAX_NAME or not values["name"].isprintable():
        found.append(("name", f"At most {MAX_NAME} printable characters."))
    if len(values["reason"]) not in REASON_LENGTH:
        found.append(("reason", "Say why in 10 to 1000 characters."))
    return [one for one in found if one[1]]


def _must_have_room(account_id: UUID, more: int) -> None:
    hold(f"ignore rules {account_id}")
    if IgnoreRule.objects.for_account(account_id).count() + more > MAX_RULES:
        raise Conflict(FULL)


def _locked(account_id: UUID, rule_id: UUID) -> IgnoreRule:
    rule = IgnoreRule.objects.for_account(account_id).select_for_update().filter(pk=rule_id).first()
    if rule is None:
        raise NotFound
    return rule
