"""May they? Each view names, per action, the permission of the contract's matrix that it needs."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from driftsentry.api.access import allowed

DESCRIBES_ITSELF = "metadata"


class HasPermission(BasePermission):
    """Allows what the matrix allows; a view's action without a permission is refused to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Does the user's role hold what the view's action needs?

        Args:
            request: Holds the user.
            view: Names its permissions by action, or by method where it has no actions.

        Returns:
            True as well for a method that the view does not have: DRF then answers 405.
        """
        if request.user is None or not request.user.is_authenticated:
            return False
        method = (request.method or "").lower()
        if not hasattr(view, method):
            return True
        action = _action(view, method)
        permission = getattr(view, "permissions", {}).get(action)
        if permission is None:
            return action == DESCRIBES_ITSELF
        return allowed(request.user.role, permission)


def _action(view: Any, method: str) -> str | None:
    if hasattr(view, "action"):
        action: str | None = view.action
        return action
    return {"options": DESCRIBES_ITSELF, "head": "get"}.get(method, method)
