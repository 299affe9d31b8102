"""What every test may ask for: an owner, an engineer, a viewer of one account, and an outsider of another."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.db import connection
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from accounts import actions
from accounts.models import Account, User
from accounts.tokens import TokenPair
from audit.actors import Actor
from driftsentry.api import tenancy
from driftsentry.api.access import Role
from driftsentry.local.processes import wait_until
from tests.emptying import empty_only_what_is_filled
from tests.peopling import Rows, put, taken
from tests.watching import told, watching

PASSWORD = "correct horse battery"
SYSTEM = Actor.system("test")

# Tests look at every tenant's rows. Their requests do not: each begins behind the wall (driftsentry.api.tenancy).
_lifted = ExitStack()
_lifted.enter_context(tenancy.lifted("tests look at every tenant's rows"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Last of all, a line for each test that failed: a runner's log often ends in what one of them said at length."""
    yield
    failed = [*terminalreporter.stats.get("failed", ()), *terminalreporter.stats.get("error", ())]
    for report in failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        said = crash.message if crash else str(report.longrepr)
        terminalreporter.write_line(f"{report.nodeid}: {said.partition(chr(10))[0]}"[:200])


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Cheap bcrypt: the tests make many users."""
    patch = pytest.MonkeyPatch()
    patch.setattr(BCryptSHA256PasswordHasher, "rounds", 4)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def static_files_when_asked_for() -> Iterator[None]:
    """Each test client starts the middleware anew: it must not read the folders of static files each time."""
    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "WHITENOISE_AUTOREFRESH", True, raising=False)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def unguarded_log_ins() -> Iterator[None]:
    """No test waits for what another one has failed at; those about the guard turn it on."""
    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "THROTTLE_LOGIN", "")
    yield
    patch.undo()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the tests empty the journal between them; `tests/audit` shows that the trigger refuses when it is there."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_no_truncate")
        cursor.execute("ALTER TABLE audit_checkpoint DISABLE TRIGGER audit_checkpoint_no_truncate")
    patch = pytest.MonkeyPatch()
    empty_only_what_is_filled(patch)
    with django_db_blocker.unblock(), watching():
        yield
    patch.undo()


@pytest.fixture(autouse=True)
def told_by_the_journal(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test does: what it changed under the journal's eyes, the journal tells."""
    with told(awake=request.node.get_closest_marker("untold") is None):
        yield


@pytest.fixture(autouse=True)
def connections_given_back() -> Iterator[None]:
    """A thread that ends without closing its connection takes it from the pool for good: sixteen such, and all stands.

    The main thread keeps one.
    """
    before = max(lent(), 1)
    yield
    assert wait_until(lambda: lent() <= before, seconds=10.0), "A thread has not given its connection back."


def lent() -> int:
    """How many connections to the database are out of the pool."""
    pool = connection._connection_pools.get(connection.alias)  # type: ignore[attr-defined]
    stats = pool.get_stats() if pool else {}
    return int(stats.get("pool_size", 0) - stats.get("pool_available", 0))


@dataclass(frozen=True, slots=True)
class World:
    """Two tenants and their people.

    Attributes:
        account: The tenant that the tests are about.
        owner: Its admin.
        engineer: Its engineer.
        viewer: Its viewer.
        other_account: Another tenant.
        outsider: The admin of the other one.
    """

    account: Account
    owner: User
    engineer: User
    viewer: User
    other_account: Account
    outsider: User

    def sign_in(self, user: User) -> TokenPair:
        """Open a session for a user."""
        return actions.log_in(email=user.email, password=PASSWORD, by=Actor(None, "", "system", "127.0.0.1")).tokens

    def access_token(self, user: User) -> str:
        """A real access token of a fresh session."""
        return self.sign_in(user).access

    def client(self, user: User) -> APIClient:
        """An API client that is signed in."""
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {self.access_token(user)}")
        return client

    def actor(self, user: User) -> Actor:
        """A user as the journal knows them."""
        return Actor(id=user.pk, email=user.email, role=user.role)


def _user(account: Account, name: str, role: Role) -> User:
    email = f"{name}@{account.name}.example"
    return actions.create_user(account, email=email, name=name.title(), role=role, password=PASSWORD, by=SYSTEM)


def people() -> World:
    """Make the two tenants and their people."""
    account = actions.create_account("acme", by=SYSTEM)
    other = actions.create_account("rival", by=SYSTEM)
    return World(
        account=account,
        owner=_user(account, "alice", Role.ADMIN),
        engineer=_user(account, "bob", Role.ENGINEER),
        viewer=_user(account, "carol", Role.VIEWER),
        other_account=other,
        outsider=_user(other, "mallory", Role.ADMIN),
    )


_made: list[tuple[World, Rows]] = []


@pytest.fixture
def world(transactional_db: None) -> World:
    """The people; journal transactions are durable, so the database is emptied after each test."""
    if not _made:
        _made.append((people(), taken()))
        return _made[0][0]
    first, rows = _made[0]
    ids = put(rows)
    users = {str(user.pk): user for user in User.objects.select_related("account")}

    def again(user: User) -> User:
        return users[ids[str(user.pk)]]

    return World(
        account=again(first.owner).account,
        owner=again(first.owner),
        engineer=again(first.engineer),
        viewer=again(first.viewer),
        other_account=again(first.outsider).account,
        outsider=again(first.outsider),
    )
