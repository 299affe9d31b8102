"""A stack's remediation hook: set, changed and removed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from audit import journal
from audit.actors import Actor
from drifts.models import RemediationHook, Stack
from drifts.remediation.requests import USUAL, BadHook, Target, check
from drifts.remediation_facts import StackHookChanged
from driftsentry.api.errors import Invalid, NotFound

FIELDS = ("kind", "url", "project", "ref", "is_enabled")
POINTING = ("kind", "host", "project", "ref", "is_enabled")
ADDRESS = frozenset({"kind", "url", "project"})
"""What says who gets the secret: once it changes, the secret is to be given anew."""


def hook_of(account_id: UUID, stack_id: UUID) -> RemediationHook:
    """A stack's hook, without its secret.

    Args:
        account_id: The tenant.
        stack_id: The stack.

    Raises:
        NotFound: The tenant has no such stack, or it has no hook.
    """
    hook = RemediationHook.objects.filter(account_id=account_id, stack_id=stack_id).defer("secret").first()
    if hook is None:
        raise NotFound
    return hook


def set_hook(account_id: UUID, stack_id: UUID, *, values: Mapping[str, Any], by: Actor) -> RemediationHook:
    """Set a stack's hook, in the place of the one before.

    Args:
        account_id: The tenant.
        stack_id: The stack.
        values: Its `kind`, other fields of `FIELDS`, which stay where they are left out and the kind stays, and
            `secret`, which may be left out where whoever is asked stays the same.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such stack.
        Invalid: The hook cannot work.
    """
    with journal.writing(account_id, by=by) as w:
        stack = Stack.objects.for_account(account_id).select_for_update(no_key=True).filter(pk=stack_id).first()
        if stack is None:
            raise NotFound
        before = RemediationHook.objects.filter(stack=stack).defer("secret").first()
        wanted, pointed = _wanted(before, values), _pointing(before)
        changed = _changed(before, wanted)
        secret = values.get("secret") or ""
        if not secret and (before is None or ADDRESS & set(changed)):
            raise Invalid.field("secret", "Give the secret: whoever is asked is another one than before.")
        _check(wanted, secret or _kept(before))
        told = (*changed, "secret") if secret else tuple(changed)
        hook = before or RemediationHook(account_id=account_id, stack=stack)
        for name, value in {**wanted, **({"secret": secret} if secret else {})}.items():
            setattr(hook, name, value)
        if before is None:
            hook.save(force_insert=True)
        elif told:
            hook.save(update_fields=[*told, "updated_at"])
        if told:
            changes = _changes(pointed, _pointing(hook))
            w.record(StackHookChanged(id=stack.pk, name=stack.name, changed=told, changes=changes))
    return hook_of(account_id, stack_id)


def remove_hook(account_id: UUID, stack_id: UUID, *, by: Actor) -> None:
    """Remove a stack's hook: what is approved from now on asks nobody, and what waits to be asked fails.

    Args:
        account_id: The tenant.
        stack_id: The stack.
        by: Who does it.

    Raises:
        NotFound: The tenant has no such stack, or it has no hook.
    """
    with journal.writing(account_id, by=by) as w:
        found = RemediationHook.objects.filter(account_id=account_id, stack_id=stack_id)
        hook = found.select_related("stack").defer("secret").first()
        if hook is None or not found.delete()[0]:
            raise NotFound
        changes = _changes(_pointing(hook), _pointing(None))
        w.record(StackHookChanged(id=stack_id, name=hook.stack.name, changed=("removed",), changes=changes))


def _wanted(before: RemediationHook | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are kept: what is left out stays as it is where the kind does, and else is as usual."""
    kind = str(values["kind"])
    kept = {name: getattr(before, name) for name in FIELDS} if before and before.kind == kind else {}
    told = {"url": USUAL.get(kind, ""), "project": "", "ref": "", "is_enabled": True, **kept, **values}
    texts = {name: str(told[name]).strip() for name in ("url", "project", "ref")}
    return {"kind": kind, **texts, "url": texts["url"] or USUAL.get(kind, ""), "is_enabled": bool(told["is_enabled"])}


def _changed(before: RemediationHook | None, wanted: Mapping[str, Any]) -> list[str]:
    return [name for name in FIELDS if before is None or getattr(before, name) != wanted[name]]


def _pointing(hook: RemediationHook | None) -> dict[str, object]:
    """Where a hook points, as the journal tells it: no secret, and of its address the host alone."""
    if hook is None:
        return dict.fromkeys(POINTING)
    url = urlsplit(hook.url)
    host = f"{url.hostname}:{url.port}" if url.port else url.hostname
    return dict(zip(POINTING, (hook.kind, host, hook.project or None, hook.ref or None, hook.is_enabled), strict=True))


def _changes(before: Mapping[str, object], after: Mapping[str, object]) -> dict[str, list[object]]:
    return {name: [was, after[name]] for name, was in before.items() if was != after[name]}


def _kept(before: RemediationHook | None) -> str:
    """The secret as it is, for looking at it again.

    Raises:
        Undecipherable: It was written with a key that is gone.
    """
    return before.secret if before else ""


def _check(wanted: Mapping[str, Any], secret: str) -> None:
    target = Target(**{name: wanted[name] for name in FIELDS if name != "is_enabled"}, secret=secret)
    try:
        check(target, private_hosts=settings.REMEDIATION_PRIVATE_HOSTS)
    except BadHook as error:
        raise Invalid.field(error.field, error.message) from error
