"""A person's authenticator: enrols over the API, as theirs would, and tells codes."""

import time
from dataclasses import dataclass
from typing import Any

from rest_framework.test import APIClient

from accounts import totp
from accounts.models import SecondFactor, User
from tests.accounts.signing import LOGIN, post
from tests.conftest import PASSWORD

MINE = "/api/v1/users/me/second-factor"


@dataclass(frozen=True, slots=True)
class Authenticator:
    """What a person holds.

    Attributes:
        user: Whose it is.
        secret: The seed.
        recovery_codes: As they were shown.
    """

    user: User
    secret: str
    recovery_codes: tuple[str, ...] = ()

    def code(self, ahead: int = 0) -> str:
        """The present code, or one of another step."""
        return totp.code_at(self.secret, int(time.time()) // totp.STEP_SECONDS + ahead)

    def unused_code(self) -> str:
        """A code that works, whichever were used before."""
        SecondFactor.objects.filter(user=self.user).update(last_step=0)
        return self.code()

    def wrong_code(self) -> str:
        """Six digits that are the code of no step nearby."""
        near = {self.code(ahead) for ahead in range(-3, 4)}
        return next(code for code in map("{:06d}".format, range(100)) if code not in near)


def begin(client: APIClient, user: User, password: str = PASSWORD) -> Authenticator:
    """Take a seed."""
    answer = client.post(MINE, {"currentPassword": password}, format="json")
    assert answer.status_code == 201
    return Authenticator(user, answer.json()["data"]["secret"])


def enrol(client: APIClient, user: User) -> Authenticator:
    """Take a seed and confirm it."""
    held = begin(client, user)
    answer = client.post(f"{MINE}/confirm", {"code": held.code()}, format="json")
    assert answer.status_code == 200
    return Authenticator(user, held.secret, tuple(answer.json()["data"]["recoveryCodes"]))


def log_in(user: User, code: str | None = None, password: str = PASSWORD) -> Any:
    """Log in over the API."""
    body = {"email": user.email, "password": password}
    return post(LOGIN, body if code is None else {**body, "code": code})
