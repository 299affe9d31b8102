"""The demo's account and its three people."""

from accounts.actions import create_account, create_user
from accounts.models import Account, User
from audit.actors import Actor
from driftsentry.api.access import Role

ACCOUNT = "demo"
PEOPLE = (
    ("admin@driftsentry.local", "admin123", "Ada Admin", Role.ADMIN),
    ("engineer@driftsentry.local", "engineer123", "Edda Engineer", Role.ENGINEER),
    ("viewer@driftsentry.local", "viewer123", "Vera Viewer", Role.VIEWER),
)


def seed_people(*, by: Actor) -> tuple[Account, dict[Role, User]]:
    """Find the account and its people, or make them.

    Args:
        by: Who does it.

    Returns:
        The account, and its users by role.
    """
    account = Account.objects.filter(name=ACCOUNT).first() or create_account(ACCOUNT, by=by)
    people = {}
    for email, password, name, role in PEOPLE:
        known = User.objects.filter(email=email).first()
        people[role] = known or create_user(account, email=email, name=name, role=role, password=password, by=by)
    return account, people
