"""May they? Each view names, per action, the permission of the contract's matrix that it needs."""

from typing import Any

from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.principals import KeyHolder, may
from accounts.refusals import note_refusal
from driftsentry.api.access import MATRIX, Permission, Reach

DESCRIBES_ITSELF = "metadata"


class HasPermission(BasePermission):
    """Allows what the matrix allows; a view's action without a permission is refused to all."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Does the user's role, or the key's scope, hold what the view's action needs? A refusal is journaled.

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
        self.message = _why_not(request.user, permission, getattr(view, "reach", {}).get(action))
        if self.message:
            note_refusal(request, permission)
        return not self.message


def check_stack(request: Request, name: str) -> None:
    """Refuse an API key that is limited to a stack another one: nothing is written, and the refusal is journaled.

    Args:
        request: Of whoever may ingest.
        name: The stack's name, as they gave it.

    Raises:
        PermissionDenied: It is another one than theirs.
    """
    who: Any = request.user
    if isinstance(who, KeyHolder) and who.stack_id is not None and name.strip() != who.stack_name:
        note_refusal(request, Permission.INGEST)
        raise PermissionDenied(f"This API key is limited to the stack {who.stack_name}: name it.")


def _why_not(who: Any, permission: Permission, reach: Reach | None) -> str:
    """Why somebody may not, in words for them; empty where they may. What no view has placed is the whole account's."""
    if not may(who, permission):
        scope = MATRIX[permission].scope
        if not isinstance(who, KeyHolder):
            return "Your role does not allow this."
        if scope is None:
            return "No API key may do this; log in."
        return f"This needs an API key with the scope {scope}, of somebody whose role allows it."
    if isinstance(who, KeyHolder) and who.stack_id is not None and reach is not Reach.STACK:
        return f"This API key is limited to the stack {who.stack_name}, and this is about the whole account."
    return ""


def _action(view: Any, method: str) -> str | None:
    if hasattr(view, "action"):
        action: str | None = view.action
        return action
    return {"options": DESCRIBES_ITSELF, "head": "get"}.get(method, method)
