"""Django's log-in backend, which looks a browser's user up before it is known of which account they are."""

from typing import Any

from django.contrib.auth.backends import ModelBackend

from accounts.models import User
from driftsentry.api import tenancy


class AccountBackend(ModelBackend):
    """Users of every account, by the id that a browser's session keeps."""

    def get_user(self, user_id: Any) -> User | None:
        """The user of a browser's session.

        Args:
            user_id: As the session keeps it.
        """
        with tenancy.lifted("whose session it is, only the user says"):
            user = super().get_user(user_id)
        return user if isinstance(user, User) else None
