"""Pulumi's property values: secrets, values not known yet, and what providers note for themselves.

Source: https://www.pulumi.com/docs/iac/concepts/secrets/ and the wire format of property values (sdk/proto).
"""

from __future__ import annotations

from dataclasses import dataclass

from drifts.findings import Json, JsonObject, Mask
from drifts.ingest.errors import FormatError
from drifts.ingest.json_text import decode_exact

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks a special object, among them secrets."""

SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the signature of secrets, none itself
"""What stands under it for a secret."""

HIDDEN = "[secret]"
"""What Pulumi writes for a secret in most outputs; it stands here for a ciphertext, too, which no two outputs share."""

CHANGED = "[secret], changed"
"""What stands for a secret that the engine says has changed and that reads the same on both sides."""

UNKNOWN: frozenset[str] = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What stands for a boolean, a number, a text, a list, an asset, an archive or an object that is not known yet."""

_OWN = frozenset({"__defaults", "__meta", "__internal"})
"""Members that providers note for themselves."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A value as it can be compared."""

    value: Json
    sensitive: Mask = False
    unknown: Mask = False


@dataclass(frozen=True, slots=True)
class OpenedObject:
    """An object as it can be compared."""

    value: JsonObject
    sensitive: Mask = False
    unknown: Mask = False


def opened(value: Json) -> Opened:
    """Return a value without what is special to Pulumi.

    Args:
        value: Decoded, of bounded depth.
    """
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            plain = _plain(value.get("plaintext", value.get("value")))
            return Opened(HIDDEN if plain is None else plain, sensitive=True)
        whole = opened_object(value)
        return Opened(whole.value, whole.sensitive, whole.unknown)
    if isinstance(value, list):
        items = [opened(one) for one in value]
        return Opened([one.value for one in items], [one.sensitive for one in items], [one.unknown for one in items])
    if value == HIDDEN:
        return Opened(value, sensitive=True)
    return Opened(value, unknown=isinstance(value, str) and value in UNKNOWN)


def _plain(value: Json) -> Json:
    """Return what a secret's plain text says, which is JSON: elsewhere the secret is spelt out without quotes."""
    if not isinstance(value, str):
        return value
    try:
        return decode_exact(value, "A secret")
    except FormatError:
        return value


def opened_object(values: JsonObject) -> OpenedObject:
    """Return an object without what is special to Pulumi.

    Args:
        values: Its members, decoded, of bounded depth.
    """
    members = {name: opened(one) for name, one in values.items() if name not in _OWN}
    return OpenedObject(
        {name: one.value for name, one in members.items()},
        {name: one.sensitive for name, one in members.items()},
        {name: one.unknown for name, one in members.items()},
    )


def at(value: Json, steps: tuple[str | int, ...]) -> Json:
    """Return what stands at a path; None where nothing does.

    Args:
        value: What is walked into.
        steps: The path.
    """
    for step in steps:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step] if step < len(value) else None
        else:
            return None
    return value
