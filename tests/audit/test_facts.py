"""Facts: one class per kind and version, and a wire shape that is kept for ever."""

import json
import subprocess
import sys
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints
from uuid import UUID

import pytest
from django.conf import settings

import drifts.facts
from audit.facts import REGISTRY, Fact, register, sentence

GOLDEN = Path(__file__).parent / "golden"
EXAMPLES: dict[Any, Any] = {
    str: "words",
    bool: True,
    int: 7,
    UUID: UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    Decimal: Decimal("12.5"),
    datetime: datetime(2026, 1, 2, 3, 4, 5, 678900, tzinfo=UTC),
    object: "anything",
}
KINDS = sorted(REGISTRY)


def example_of(kind: Any) -> Any:
    """A value of a field's type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {tuple, list}:
        return origin((example_of(inner[0]),))
    if origin is dict:
        return {"name": example_of(inner[1])}
    if NoneType in inner:
        return example_of(next(one for one in inner if one is not NoneType))
    return EXAMPLES[kind]


def wire(fact: type[Fact]) -> dict[str, Any]:
    hints = get_type_hints(fact)
    made = fact(**{field.name: example_of(hints[field.name]) for field in fields(fact)})
    return {"kind": fact.kind, "v": fact.v, "data": made.data()}


@pytest.mark.parametrize(("kind", "v"), KINDS)
def test_a_fact_looks_on_the_wire_as_it_always_has(kind: str, v: int) -> None:
    now = wire(REGISTRY[kind, v])
    golden = GOLDEN / f"{kind}.v{v}.json"
    assert golden.exists(), f"A new kind needs {golden.name}, holding: {json.dumps(now)}"
    assert now == json.loads(golden.read_text()), "The shape of a kind is kept for ever: make a new kind or version."


def test_every_kind_that_ever_was_is_still_known() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {f"{kind}.v{v}.json" for kind, v in KINDS}


def test_every_process_knows_every_kind_from_its_start() -> None:
    code = "import django; django.setup(); from audit.facts import REGISTRY; print(*(f'{k}.v{v}' for k, v in REGISTRY))"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True, timeout=60
    )
    assert set(done.stdout.split()) == {path.stem for path in GOLDEN.iterdir()}


def test_every_fact_with_a_kind_is_registered() -> None:
    facts = [fact for fact in descendants(Fact) if "kind" in vars(fact) and not fact.__module__.startswith("tests.")]
    assert {(fact.kind, fact.v) for fact in facts} == set(REGISTRY)


def descendants(parent: type[Fact]) -> set[type[Fact]]:
    return {parent}.union(*(descendants(child) for child in parent.__subclasses__())) - {Fact}


@pytest.mark.parametrize(("kind", "v"), KINDS)
def test_a_kind_is_subject_and_past_tense_and_can_be_told_in_words(kind: str, v: int) -> None:
    subject, _, verb = kind.partition(".")
    assert subject.isidentifier()
    assert verb.isidentifier()
    words = sentence(kind, v, wire(REGISTRY[kind, v])["data"], "because")
    assert words.endswith(": because")
    assert "?" not in words, "the sentence names a field that the fact lacks"


def test_two_facts_of_one_kind_are_refused() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Copy(Fact):
        kind: ClassVar[str] = "drift.approved"

    with pytest.raises(ValueError, match=r"Two facts are called drift\.approved v1"):
        register(Copy)
    assert REGISTRY["drift.approved", 1] is drifts.facts.DriftApproved


def test_free_text_is_no_part_of_the_data() -> None:
    assert drifts.facts.DriftCommented(text="my telephone is 555").data() == {"id": None}


def test_money_is_text_with_two_decimals_and_times_are_utc() -> None:
    east = datetime(2026, 1, 2, 1, 0, tzinfo=timezone(timedelta(hours=2)))
    changed = drifts.facts.StackChanged(name="x", changes={"a": [Decimal("7.125"), east]})
    assert changed.data()["changes"] == {"a": ["7.12", "2026-01-01T23:00:00.000000Z"]}


@pytest.mark.parametrize("value", [1.5, b"bytes", {1}, object()])
def test_a_fact_refuses_what_json_would_not_give_back(value: object) -> None:
    with pytest.raises(TypeError, match="A fact cannot hold"):
        drifts.facts.StackChanged(name="x", changes={"a": [value]}).data()


def test_a_sentence_of_an_older_entry_or_an_unknown_kind_is_still_readable() -> None:
    assert sentence("drift.resolved", 1, {}, "") == "Resolved (?)"
    assert sentence("nobody.knows", 3, {}, "but why") == "nobody.knows: but why"
