"""Many messages as one: nothing is lost from the counts, and two digests are as good as one of both."""

from hypothesis import given
from hypothesis import strategies as st

from alerts.digests import Digest, digest_in, digest_of, first_of
from alerts.occasions import Occasion, Type
from alerts.routing import SEVERITIES, severity_rank
from alerts.sending.message import Item, Message

occasions = st.builds(
    Occasion,
    key=st.just("key"),
    type=st.sampled_from([Type.DRIFT_DETECTED, Type.DRIFT_RECURRED, Type.DRIFT_RESOLVED]),
    severity=st.sampled_from(SEVERITIES),
    title=st.text("abc", min_size=1, max_size=3),
    text=st.just(""),
    stack=st.sampled_from(["", "prod", "staging"]),
    resolves=st.booleans(),
)
many = st.lists(occasions, max_size=25)


def summed_up(found: list[Occasion]) -> Digest:
    lines = tuple(Item(title=one.title, severity=one.severity, link="https://x.example") for one in first_of(found))
    return digest_of(found, lines)


@given(many)
def test_it_names_the_gravest_and_counts_all(found: list[Occasion]) -> None:
    digest = summed_up(found)
    assert digest.total == len(found) == sum(digest.severities.values()) == sum(digest.types.values())
    ranks = sorted(severity_rank(one.severity) for one in found)
    assert [severity_rank(one.severity) for one in digest.items] == ranks[:10]
    assert digest.severity == (SEVERITIES[ranks[0]] if ranks else "")


@given(many, many)
def test_two_as_one_are_as_one_of_both(first: list[Occasion], second: list[Occasion]) -> None:
    both, whole = summed_up(first) + summed_up(second), summed_up([*first, *second])
    assert both.total == whole.total
    assert (both.severities, both.types, both.stacks) == (whole.severities, whole.types, whole.stacks)
    assert [one.severity for one in both.items] == [one.severity for one in whole.items]


@given(many)
def test_what_is_kept_in_a_message_is_found_again(found: list[Occasion]) -> None:
    digest = summed_up(found)
    kept = Message(
        id="1",
        type="digest",
        severity=digest.severity,
        title=digest.title,
        text=digest.text,
        link="x",
        at="now",
        account="acme",
        episode="e",
        items=digest.items,
        data={"digest": digest.data()},
    )
    assert digest_in(Message.read(kept.stored()), "") == digest


def test_its_title_says_what_it_counts_and_where() -> None:
    def of(*types: Type, stack: str = "prod") -> str:
        made = [Occasion(key="", type=one, severity="low", title="t", text="", stack=stack) for one in types]
        return summed_up(made).title

    assert of(Type.DRIFT_DETECTED, Type.DRIFT_RECURRED) == "2 drifts in prod"
    assert of(Type.DRIFT_RESOLVED, Type.DRIFT_RESOLVED) == "2 drifts resolved in prod"
    assert of(Type.DRIFT_DETECTED, Type.DRIFT_RESOLVED) == "2 messages in prod"
    assert of(Type.APPROVAL_NEEDED, stack="") == "1 decision needed"


def test_its_words_count_the_severities_unless_all_are_of_one() -> None:
    def of(*severities: str) -> str:
        made = [
            Occasion(key="", type=Type.DRIFT_DETECTED, severity=one, title="t", text="", stack="prod")
            for one in severities
        ]
        return summed_up(made).text

    assert of("low", "low") == "All are low."
    assert of("low", "critical", "low") == "These are 1 critical, 2 low; the gravest come first."


def test_of_very_many_stacks_those_with_most_are_counted_and_the_rest_is_a_number() -> None:
    made = [
        Occasion(key="", type=Type.DRIFT_DETECTED, severity="low", title="t", text="", stack=f"stack-{number}")
        for number in range(40)
    ]
    digest = summed_up(made)
    assert (digest.total, len(digest.stacks)) == (40, 20)
    assert "elsewhere 35" in digest.text
