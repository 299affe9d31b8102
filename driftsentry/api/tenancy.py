"""Whose data a request may see: every queryset of a view starts from the account of its user."""

from typing import Any
from uuid import UUID


def account_id_of(request: Any) -> UUID:
    """The account of a request's user.

    Args:
        request: An authenticated DRF request.
    """
    ident: UUID = request.user.account_id
    return ident


def is_described(view: Any) -> bool:
    """Whether a view is only being looked at by drf-spectacular, with no user.

    Args:
        view: The view.
    """
    return bool(getattr(view, "swagger_fake_view", False))
