"""What putting a drifted resource back would do: as it is stored, and in a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from drifts.findings import Consequence, Json, JsonObject, Step

MAX_NAMED = 20
"""Forcing attributes and dependents that a consequence names at most."""

MAX_PATH = 500
"""Characters of a forcing attribute's path that are kept."""

MAX_ADDRESS = 4096
"""Characters that a dependent's address may have."""

MAX_REASON = 300
"""Characters of a tool's reason that are kept."""

_SENTENCES: dict[Step, str] = {
    Step.NOTHING: "Applying the code as it is would not touch it",
    Step.UPDATE: "Putting it back would update it in place",
    Step.CREATE: "Putting it back would create it anew",
    Step.REPLACE: "Putting it back would REPLACE it",
    Step.DESTROY: "Applying the code would DESTROY it",
    Step.FORGET: "Applying the code would make the tool forget it; the resource itself would stay",
    Step.UNKNOWN: "No scan has told what putting it back would do",
}

_REASONS: dict[str, str] = {
    "replace_because_tainted": "It is marked as tainted.",
    "tainted": "It is marked as tainted.",
    "replace_by_request": "Somebody asked for the replacement.",
    "requested": "Somebody asked for the replacement.",
    "replace_by_triggers": "Something that it is replaced with changes.",
    "delete_because_no_resource_config": "Its code is gone.",
    "delete_because_no_module": "The code of its module is gone.",
    "delete_because_wrong_repetition": "Its code is repeated otherwise than before.",
    "delete_because_count_index": "Its code is repeated fewer times than before.",
    "delete_because_each_key": "Its code is no longer repeated for its key.",
    "delete_because_no_move_target": "It was moved to where no code stands.",
    "delete_because_enabled_false": "Its code is switched off.",
}
"""The tools' reasons that say more than the step does; all others are left out, unknown ones too."""

_IN_A_SENTENCE = 3
"""Forcing attributes that a sentence names."""


def stored(consequence: Consequence | None) -> JsonObject | None:
    """Return a consequence as a drift holds it; None where no scan told it.

    Args:
        consequence: As the scan told it.
    """
    if consequence is None:
        return None
    forced: list[Json] = list(consequence.forced_by)
    dependents: list[Json] = list(consequence.dependents)
    return {
        "step": consequence.step.value,
        "forced_by": forced,
        "dependents": dependents,
        "dependents_total": consequence.dependents_total,
        "reason": consequence.reason,
    }


def sentence_of(told: Mapping[str, Json]) -> str:
    """Say in a sentence what putting a resource back would do.

    Args:
        told: As stored.
    """
    step = Step(str(told.get("step", Step.UNKNOWN)))
    words = _SENTENCES[step]
    forced = told.get("forced_by")
    if isinstance(forced, list) and forced:
        more = f" and {len(forced) - _IN_A_SENTENCE} more" if len(forced) > _IN_A_SENTENCE else ""
        words += f", forced by {', '.join(str(path) for path in forced[:_IN_A_SENTENCE])}{more}"
    total = told.get("dependents_total")
    if isinstance(total, int) and total > 0:
        words += f"; {total} {'resource depends' if total == 1 else 'resources depend'} on it"
    reason = _REASONS.get(str(told.get("reason", "")), "")
    return f"{words}. {reason}".rstrip()
