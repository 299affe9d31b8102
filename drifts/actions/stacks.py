"""Stacks: made by a person or by their first scan, described, and removed while nothing hangs on them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from audit import journal
from audit.actors import Actor
from audit.journal import Writer
from drifts.actions import detection, freshness
from drifts.facts import StackChanged, StackCreated, StackDeleted
from drifts.models import Stack
from driftsentry.api.errors import Conflict, Invalid, NotFound

FIELDS = ("name", "tool", "environment", "repository_url", "owner", "labels", "is_enabled", *detection.FIELDS)
MAX_NAME = 200
TAKEN = "There is already a stack of this name."


def create_stack(account_id: UUID, *, values: Mapping[str, Any], by: Actor) -> Stack:
    """Make a stack.

    Args:
        account_id: The tenant.
        values: Its fields, of `FIELDS`, and `detector_secrets`.
        by: Who does it.

    Raises:
        Invalid: Its name or schedule is not usable, or its detector cannot work with its config.
        Conflict: The name is taken.
    """
    with journal.writing(account_id, by=by) as w:
        stack = Stack(account_id=account_id, **_allowed(values))
        secrets = detection.secrets_after(stack, values.get("detector_secrets") or {})
        detection.check_detector(stack)
        freshness.schedule_anew(stack, now=w.now)
        _save(stack, force_insert=True)
        detection.keep_secrets(stack, secrets)
        w.record(StackCreated(id=stack.pk, name=stack.name))
    return stack


def change_stack(account_id: UUID, stack_id: UUID, *, values: Mapping[str, Any], by: Actor) -> Stack:
    """Change a stack's description.

    Args:
        account_id: The tenant.
        stack_id: The stack.
        values: New values, of `FIELDS`, and `detector_secrets`: those that are set anew, or None to remove one.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such stack.
        Invalid: Its name or schedule is not usable, or its detector cannot work with its config.
        Conflict: The new name is taken.
    """
    with journal.writing(account_id, by=by) as w:
        stack = _locked(account_id, stack_id)
        changes = _change(stack, _allowed(values))
        given = values.get("detector_secrets") or {}
        if given:
            detection.keep_secrets(stack, detection.secrets_after(stack, given))
            removed = sorted(name for name, text in given.items() if text is None)
            changes["detector_secrets"] = [removed, sorted(given.keys() - set(removed))]
        if changes:
            _settle(stack, changes, now=w.now)
            w.record(StackChanged(id=stack.pk, name=stack.name, changes=changes))
    return stack


def _change(stack: Stack, values: Mapping[str, Any]) -> dict[str, list[object]]:
    """Set what is new; what that is, is told as the journal may have it."""
    changes = {}
    for name, new in values.items():
        before = getattr(stack, name)
        if before != new:
            changes[name] = detection.told(name, before, new)
            setattr(stack, name, new)
    return changes


def _settle(stack: Stack, changes: Mapping[str, object], *, now: datetime) -> None:
    """Look at what the changes mean for the stack's detector and schedule, and save it all."""
    if detection.CHECKED & changes.keys():
        detection.check_detector(stack)
    saved = {name for name in changes if name in FIELDS}
    if detection.RESCHEDULING & changes.keys():
        freshness.schedule_anew(stack, now=now)
        saved |= set(freshness.FIELDS)
    if "detector_secrets" in changes:
        saved.add("detector_secret_names")
    _save(stack, update_fields=sorted(saved))


def delete_stack(account_id: UUID, stack_id: UUID, *, by: Actor) -> None:
    """Remove a stack that has never been scanned.

    Args:
        account_id: The tenant.
        stack_id: The stack.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such stack.
        Conflict: It has scans or drifts, which are kept.
    """
    with journal.writing(account_id, by=by) as w:
        stack = _locked(account_id, stack_id)
        try:
            stack.delete()
        except ProtectedError as error:
            raise Conflict("This stack has scans or drifts, which are kept; disable it instead.") from error
        w.record(StackDeleted(id=stack_id, name=stack.name))


def stack_for_scan(w: Writer, name: str, *, environment: str, tool: str) -> Stack:
    """Find the stack that a scan names, or make it.

    Args:
        w: The open journal.
        name: As the sender names it.
        environment: As the sender says; it fills in what the stack does not know yet.
        tool: What describes it, for a new stack.

    Raises:
        Invalid: The name is empty, too long or not printable.
        Conflict: The stack is disabled.
    """
    name = valid_name(name)
    wanted = {"environment": environment, "tool": tool}
    stack, made = Stack.objects.get_or_create(account_id=w.account_id, name=name, defaults=wanted)
    if made:
        w.record(StackCreated(id=stack.pk, name=stack.name))
    if not stack.is_enabled:
        raise Conflict(f"The stack {name} is disabled; enable it before scanning it.")
    if environment and not stack.environment:
        stack.environment = environment
        stack.save(update_fields=["environment"])
        w.record(StackChanged(id=stack.pk, name=stack.name, changes={"environment": ["", environment]}))
    return stack


def valid_name(name: str, *, field: str = "stack") -> str:
    """A stack's name, trimmed.

    Args:
        name: As given.
        field: Where it was given, for the refusal.

    Raises:
        Invalid: It is empty, too long, not printable, or one that no filter could ask for.
    """
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise Invalid.field(field, f"Name the stack: 1 to {MAX_NAME} printable characters.")
    if "," in name or name == "all":
        raise Invalid.field(field, "A stack's name has no comma and is not `all`: filters could not ask for it.")
    return name


def _allowed(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a stack's fields, its name and schedule as they are kept."""
    known = {name: values[name] for name in FIELDS if name in values}
    if "name" in known:
        known["name"] = valid_name(known["name"], field="name")
    if "schedule" in known:
        known["schedule"] = detection.normal_schedule(known["schedule"])
    return known


def _locked(account_id: UUID, stack_id: UUID) -> Stack:
    stack = Stack.objects.for_account(account_id).select_for_update().filter(pk=stack_id).first()
    if stack is None:
        raise NotFound
    return stack


def _save(stack: Stack, **how: Any) -> None:
    try:
        with transaction.atomic():
            stack.save(**how)
    except IntegrityError as error:
        raise Conflict(TAKEN) from error
