"""A live server does what its OpenAPI document says, whoever asks; `make fuzz-api` asks at length."""

import pytest

from tests.conftest import World
from tests.laws.tenants import furnish
from tests.realtime.server import Server, environment
from tests.security.schema_fuzz import NOBODY, ROLES, Bounds, fuzz

SHORT = Bounds(seconds=5, examples=2, phases="fuzzing,stateful")


@pytest.mark.parametrize("who", [*ROLES, "key:read", NOBODY])
def test_the_server_does_what_its_document_says(world: World, server: Server, who: str) -> None:
    furnish(world, world.account.pk, owner="acme", number=2)
    ran = fuzz(server.port, who, account=world.account.name, bounds=SHORT, env=environment())
    assert ran.returncode == 0, ran.stdout[-20_000:]
    assert "Selected: 0/" not in ran.stdout
