"""Hypothesis strategies: states and masks of any shape."""

from __future__ import annotations

from hypothesis import strategies as st

from drifts.findings import Json, JsonObject, Mask

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
"""Texts that a database stores."""

NAMES = st.sampled_from(
    ["id", "name", "tags", "tags_all", "ingress", "policy", "size", "rule", "a b", "x.y", "host_name"]
)
"""Attributes, some of them with a rule of their own."""

SCALARS: st.SearchStrategy[Json] = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)

VALUES: st.SearchStrategy[Json] = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES | TEXTS, inside, max_size=3),
    max_leaves=10,
)

STATES: st.SearchStrategy[JsonObject] = st.dictionaries(NAMES | TEXTS, VALUES, min_size=1, max_size=5)

MASKS: st.SearchStrategy[Mask] = st.recursive(
    st.booleans(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=4),
    max_leaves=10,
)
