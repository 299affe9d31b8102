"""Masks: trees shaped like a value, with `True` where something holds. Tools' masks may disagree with each other."""

from __future__ import annotations

from drifts.findings import Json, Mask


def as_mask(value: Json) -> Mask:
    """Read a tool's mask; whatever is neither `true` nor a container says nothing."""
    if isinstance(value, dict):
        return {key: as_mask(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_mask(one) for one in value]
    return value is True


def covers_any(mask: Mask) -> bool:
    """Say whether a mask covers anything at all."""
    if isinstance(mask, dict):
        return any(covers_any(one) for one in mask.values())
    if isinstance(mask, list):
        return any(covers_any(one) for one in mask)
    return mask


def child(mask: Mask, at: str | int) -> Mask:
    """Return the part of a mask for one member or item; a bare `True` covers all below it."""
    if isinstance(mask, dict) and isinstance(at, str):
        return mask.get(at, False)
    if isinstance(mask, list) and isinstance(at, int):
        return mask[at] if at < len(mask) else False
    return mask is True


def union(one: Mask, other: Mask) -> Mask:
    """Join two masks: what either covers is covered, and where their shapes disagree, all of it."""
    if one is True or other is True:
        return True
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: union(child(one, key), child(other, key)) for key in {**one, **other}}
    if isinstance(one, list) and isinstance(other, list):
        return [union(child(one, index), child(other, index)) for index in range(max(len(one), len(other)))]
    if not covers_any(other):
        return one
    return True if covers_any(one) else other
