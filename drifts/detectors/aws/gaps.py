"""What a reading could not look at, told so that nobody takes it for clean and the list stays short. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from drifts.detectors.aws.outcome import Placed, Unseen
from drifts.detectors.terraform_state import StateResource
from drifts.findings import Gap, NotAssessed

MAX_GAPS = 1000
"""As `Assessment.not_assessed` is bounded."""

_SEVERAL = "Several reasons."


def types_left_out(
    resources: Iterable[StateResource], read: frozenset[str], chosen: frozenset[str], *, unmanaged: bool
) -> list[NotAssessed]:
    """Name the types that are not looked at.

    Args:
        resources: The state's.
        read: The types that the scanner can read.
        chosen: Those of them that the stack asks for.
        unmanaged: Whether it asks for unmanaged ones: then a type left out matters without being in the state, too.
    """
    counted = Counter(one.provider_type for one in resources)
    left_out = counted.keys() | (read if unmanaged else frozenset())
    return [
        NotAssessed(
            Gap.TYPE,
            name,
            f"Not among the types that this stack asks for ({counted[name]} in the state)."
            if name in read
            else f"This scanner does not read the type ({counted[name]} in the state).",
        )
        for name in sorted(left_out - chosen)
    ]


def gaps_of(
    unseen: Iterable[Unseen], placed: Iterable[Placed], unlisted: Mapping[str, str], partly: Iterable[NotAssessed]
) -> list[NotAssessed]:
    """Name what could not be looked up: a whole type where all of it failed for one reason, else one by one.

    Args:
        unseen: Resources that could not be looked up.
        placed: All resources that were to be looked up, those included.
        unlisted: Types whose unmanaged resources could not be listed, and why.
        partly: Resources of which a part could not be read.
    """
    by_type: dict[str, list[Unseen]] = defaultdict(list)
    for one in unseen:
        by_type[one.placed.provider_type].append(one)
    there = Counter(one.provider_type for one in placed)
    gaps = [NotAssessed(Gap.TYPE, name, reason) for name, reason in sorted(unlisted.items())]
    for name, several in sorted(by_type.items()):
        reasons = {one.reason for one in several}
        if len(several) == there[name] and len(reasons) == 1 and name not in unlisted:
            gaps.append(NotAssessed(Gap.TYPE, name, reasons.pop()))
        else:
            gaps.extend(NotAssessed(Gap.RESOURCE, one.placed.resource.identity, one.reason) for one in several)
    return [*gaps, *partly]


def bounded(gaps: list[NotAssessed], type_of: Mapping[str, str]) -> tuple[NotAssessed, ...]:
    """Return at most `MAX_GAPS`: past that, whole types instead of their resources, and past that, everything.

    Args:
        gaps: All of them.
        type_of: The type of each identity that the gaps name.
    """
    if len(gaps) <= MAX_GAPS:
        return tuple(gaps)
    whole: dict[str, str] = {}
    for one in gaps:
        name = one.name if one.what is Gap.TYPE else type_of.get(one.name, "*")
        whole[name] = one.reason if whole.get(name, one.reason) == one.reason else _SEVERAL
    if len(whole) > MAX_GAPS:
        return (NotAssessed(Gap.ALL, "", f"{len(gaps)} parts of the state were not looked at."),)
    return tuple(NotAssessed(Gap.TYPE, name, reason) for name, reason in sorted(whole.items()))
