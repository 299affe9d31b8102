"""May they? Each view names, per action, the permission of the contract's matrix that it needs."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from driftsentry.api.access import allowed


class HasPermission(BasePermission):
    """Allows what the matrix allows; a view's action without a permission is refused to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Does the user's role hold what the view's action needs?

        Args:
            request: Holds the user.
            view: Names its permissions by action, or by method where it has no actions.
        """
        if request.user is None or not request.user.is_authenticated:
            return False
        action = getattr(view, "action", None) or (request.method or "").lower()
        permission = getattr(view, "permissions", {}).get(action)
        if permission is None:
            return action is None or action == "metadata"
        return allowed(request.user.role, permission)
