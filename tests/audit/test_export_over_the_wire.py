"""The export from a real server: sent piece by piece, and no whole file where something goes wrong in the middle."""

from io import BytesIO
from pathlib import Path

import httpx

from audit.export_verification import lines_of, verify
from audit.exporting import BATCH
from tests.audit.entries import append, entries, run
from tests.conftest import World
from tests.realtime.server import Server, environment, serving


def fetched(server: Server, token: str) -> tuple[bytes, bool]:
    """What arrived of an export, and whether the answer came to its end as HTTP sees it."""
    body, ended = b"", True
    url = f"http://127.0.0.1:{server.port}/api/v1/audit-logs/export"
    with httpx.stream("GET", url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as answer:
        assert answer.status_code == 200
        try:
            for piece in answer.iter_bytes():
                body += piece
        except httpx.HTTPError:
            ended = False
    return body, ended


def test_it_arrives_whole_and_a_failure_in_the_middle_does_not_look_so(world: World, tmp_path: Path) -> None:
    append(world.account.pk, *map(str, range(3 * BATCH)))
    token = world.access_token(world.owner)
    with serving(tmp_path, environment()) as server:
        body, ended = fetched(server, token)
        outcome = verify(lines_of(BytesIO(body)))
        assert (outcome.valid, outcome.entries, ended) == (True, len(entries(world.account.pk)), True)
        run("ALTER TABLE audit_log DISABLE TRIGGER audit_log_append_only")
        try:
            run("DELETE FROM audit_log WHERE account_id = %s AND seq = %s", world.account.pk, 2 * BATCH + 7)
        finally:
            run("ALTER TABLE audit_log ENABLE TRIGGER audit_log_append_only")
        body, ended = fetched(server, token)
        outcome = verify(lines_of(BytesIO(body)))
        assert not outcome.valid
        assert outcome.reason.startswith("the file is cut off")
        assert outcome.entries == 2 * BATCH
        assert not ended
        assert "journal_export_broken" in server.log_lines()
