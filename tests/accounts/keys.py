"""API keys for tests, made as admins and users make them."""

from collections.abc import Iterable
from dataclasses import dataclass

from rest_framework.test import APIClient

from accounts.actions.api_keys import CreatedKey, create_api_key, regenerate_own_key
from accounts.models import ApiKey, User
from driftsentry.api.access import Scope
from tests.conftest import World

ALL = tuple(Scope)


@dataclass(frozen=True, slots=True)
class Shown:
    """A key and what is kept of it."""

    text: str
    row: ApiKey

    @property
    def client(self) -> APIClient:
        return showing(self.text)


def showing(text: str) -> APIClient:
    """A client that shows a key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {text}")
    return client


def account_key(world: World, *scopes: Scope, admin: User | None = None, stack: str = "", name: str = "CI") -> Shown:
    """A key of an account; of the first tenant unless told another one's admin."""
    by = admin or world.owner
    return _shown(create_api_key(by.account_id, name=name, scopes=scopes, stack=stack, by=world.actor(by)))


def own_key(world: World, user: User, scopes: Iterable[Scope] = ()) -> Shown:
    """A user's own key, with other scopes than the usual ones where told."""
    made = _shown(regenerate_own_key(user.account_id, user.pk, by=world.actor(user)))
    if scopes:
        ApiKey.objects.filter(pk=made.row.pk).update(scopes=[scope.value for scope in scopes])
    return made


def _shown(made: CreatedKey) -> Shown:
    return Shown(made.text, made.row)
