"""Who people are, for whoever reads of them: what is kept tells ids, so that a person can be forgotten."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from accounts.models import User

PEOPLE = ("assigneeId", "previousAssigneeId")
"""The fields of facts that hold a user's id and that a sentence names."""


def names_in(account_id: UUID, facts: Iterable[dict[str, Any]]) -> dict[str, str]:
    """The names of the people whom some facts tell of; one query, where there are any.

    Args:
        account_id: The tenant.
        facts: The facts, as the journal keeps them.

    Returns:
        Name by id; of an erased person what stands for it.
    """
    ids = {str(fact[name]) for fact in facts for name in PEOPLE if fact.get(name)}
    if not ids:
        return {}
    rows = User.objects.filter(account_id=account_id, pk__in=ids)
    return {str(ident): name for ident, name in rows.values_list("pk", "name")}
