"""What to do about a drift: how to put it back, and how to keep the change instead. Nothing of it is ever run here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drifts.findings import Json, Kind
from drifts.ingest.paths import steps_of
from drifts.remediation import hcl
from drifts.remediation.aws_calls import calls_for
from drifts.remediation.shell import Unsayable, command
from drifts.remediation.subject import Subject, TerraformAddress, is_known, terraform_address

MAX_HCL = 64 * 1024
MAX_ATTRIBUTES = 100
MAX_WARNINGS = 20

_BINARIES = {"terraform": "terraform", "opentofu": "tofu", "tofu": "tofu"}
_TYPE = re.compile(r"[a-z][a-z0-9]{0,40}_[a-z0-9_]{1,150}")
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_]+")

TARGETS = "-target applies what the resource depends on, too: read the plan before you say yes."
SHARED = "The code is shared by all instances of the resource; the values are those of {index}."
HIDDEN = "Sensitive and very long values are not kept here, so they are left to variables."
NOT_ALL = "More attributes differ than are shown."
CLOUDFORMATION = (
    "CloudFormation does not undo drift when the same template is applied again. Undo the change itself, or update the "
    "stack with a template that changes the property and then one that changes it back."
)
CLOUDFORMATION_KEEP = "Write the actual values into the template and update the stack with it."
UNMANAGED = (
    "No code wants it. Find out who made it; once you are sure, delete it by hand or with the tool that made it."
)
PULUMI_KEEP = "The command takes the actual values into Pulumi's state; write them into the program, too."
LOW = "The source says only that it differs, not how: there are no values to write."


@dataclass(frozen=True, slots=True)
class Way:
    """One way to put it back, or a part of it."""

    title: str
    commands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """How to keep the change."""

    hcl: str
    commands: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Advice:
    """All of it."""

    to_restore: tuple[Way, ...]
    to_keep: Keep
    warnings: tuple[str, ...]


def advise(one: Subject) -> Advice:
    """Say what can be done about a drift.

    Args:
        one: The drift.
    """
    calls = calls_for(one)
    found = _ADVISING.get(_tool(one), _nothing)(one)
    ways = (*found.to_restore, *(Way(call.title, (call.command,)) for call in calls))
    warnings = [one.consequence, *found.warnings, *(call.warning for call in calls)]
    return Advice(ways, found.to_keep, tuple(dict.fromkeys(text for text in warnings if text))[:MAX_WARNINGS])


def _tool(one: Subject) -> str:
    """What the stack is written in; where nobody said, the shape of the address and type tells."""
    tool = one.tool.strip().lower()
    if tool in _BINARIES:
        return "terraform"
    if tool in _ADVISING:
        return tool
    if one.address.startswith("urn:pulumi:"):
        return "pulumi"
    if one.provider_type.startswith("AWS::"):
        return "cloudformation"
    return "terraform" if terraform_address(one.address) or _TYPE.fullmatch(one.provider_type) else ""


def _nothing(one: Subject) -> Advice:  # noqa: ARG001 - one of several
    return Advice((), Keep("", (), ""), ())


def _terraform(one: Subject) -> Advice:
    address, binary = terraform_address(one.address), _BINARIES.get(one.tool.strip().lower(), "terraform")
    if one.kind is Kind.UNMANAGED:
        return _unmanaged(one, binary)
    if address is None:
        return _nothing(one)
    ways = _way("Apply the code to this resource", (binary, "apply", f"-target={one.address}"))
    if one.kind is Kind.DELETED:
        keep = Keep(_removed(one, address), _said((binary, "state", "rm", one.address)), _REMOVE)
        return Advice(ways, keep, (TARGETS,))
    patch, warnings = _patch(one, address)
    return Advice(ways, Keep(patch, (), _keep_note(address) if patch else LOW), (TARGETS, *warnings))


_REMOVE = "Take its block out of the code, then have the state forget it: by the command, or by the block `removed`."


def _keep_note(address: TerraformAddress) -> str:
    where = f" of {address.module.rstrip('.')}" if address.module else ""
    return f"Write these values into the code of {address.type}.{address.name}{where}; a plan then shows no change."


def _removed(one: Subject, address: TerraformAddress) -> str:
    plain = _without_keys(address)
    if address.index or plain != one.address:
        return ""  # the block speaks of all instances at once
    return f"removed {{\n  from = {plain}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"


def _without_keys(address: TerraformAddress) -> str:
    module = re.sub(r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]', "", address.module)
    return f"{module}{address.type}.{address.name}"


def _unmanaged(one: Subject, binary: str) -> Advice:
    warnings = (UNMANAGED,)
    if not _TYPE.fullmatch(one.provider_type) or not is_known(one.resource_id) or not one.resource_id:
        return Advice((), Keep("", (), ""), warnings)
    name = _NOT_IN_A_NAME.sub("_", one.resource_id).strip("_").lower()[:60] or "one"
    to = f"{one.provider_type}.{name if not name[0].isdigit() else 'r_' + name}"
    block = f"import {{\n  to = {to}\n  id = {hcl.quoted(one.resource_id)}\n}}\n"
    commands = _said((binary, "plan", "-generate-config-out=generated.tf"))
    if not one.resource_id.startswith("-"):
        commands += _said((binary, "import", to, one.resource_id))
    note = "Add the block and have the code generated, or write the resource and use the second command."
    return Advice((), Keep(block, commands, note), warnings)


def _patch(one: Subject, address: TerraformAddress) -> tuple[str, tuple[str, ...]]:
    """The attributes that differ, with their actual values, in the resource's block."""
    names = list(dict.fromkeys(_first(path) for path in sorted(one.difference)))
    lines: list[str] = []
    for name in names[:MAX_ATTRIBUTES]:
        lines += hcl.argument(name, _side(one, name, "actual"), _side(one, name, "expected"))
    if not lines:
        return "", ()
    head = f'resource "{address.type}" "{address.name}" {{\n'
    text = head + "\n".join(lines) + "\n}\n"
    warnings = [SHARED.format(index=address.index)] if address.index else []
    warnings += [HIDDEN] if "# (sensitive)" in text else []
    warnings += [NOT_ALL] if len(names) > MAX_ATTRIBUTES else []
    return (text, tuple(warnings)) if len(text) <= MAX_HCL else ("", (*warnings, NOT_ALL))


def _first(path: str) -> str:
    return str(steps_of(path)[0]) if path else ""


def _side(one: Subject, name: str, side: str) -> Json:
    """An attribute's whole value; where the state is too large to hold it, the difference may."""
    state = one.actual if side == "actual" else one.expected
    return state[name] if name in state else one.difference.get(name, {}).get(side)


def _pulumi(one: Subject) -> Advice:
    if one.kind is Kind.UNMANAGED:
        return Advice((), Keep("", (), ""), (UNMANAGED,))
    ways = _way("Apply the program to this resource", ("pulumi", "up", f"--target={one.address}"))
    keep = Keep("", _said(("pulumi", "refresh", f"--target={one.address}")), PULUMI_KEEP)
    return Advice(ways, keep, ())


def _cloudformation(one: Subject) -> Advice:
    if one.kind is Kind.UNMANAGED:
        return Advice((), Keep("", (), ""), (UNMANAGED,))
    return Advice((), Keep("", (), CLOUDFORMATION_KEEP), (CLOUDFORMATION,))


_ADVISING: dict[str, Callable[[Subject], Advice]] = {
    "terraform": _terraform,
    "pulumi": _pulumi,
    "cloudformation": _cloudformation,
}


def _way(title: str, argv: tuple[str, ...]) -> tuple[Way, ...]:
    commands = _said(argv)
    return (Way(title, commands),) if commands else ()


def _said(argv: tuple[str, ...]) -> tuple[str, ...]:
    """A command, or nothing where it cannot be said safely."""
    return tuple(_try(argv))


def _try(argv: tuple[str, ...]) -> Iterator[str]:
    try:
        if all(is_known(argument) for argument in argv):
            yield command(argv)
    except Unsayable:
        return
