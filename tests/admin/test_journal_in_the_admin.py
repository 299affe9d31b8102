"""The journal's page in the admin: whether it holds, and the signed export."""

from io import BytesIO

from django.conf import settings

from audit.export_verification import lines_of, verify
from tests.admin.conftest import browser
from tests.audit.entries import entries, run, unprotected
from tests.conftest import World


def test_its_page_says_whether_it_holds_and_links_to_the_export_and_the_checkpoints(world: World) -> None:
    client = browser(world.owner)
    page = f"/admin/audit/audithead/{world.account.pk}/change/"
    shown = client.get(page).content.decode()
    assert "Yes: " in shown
    assert f"/admin/audit/audithead/{world.account.pk}/export/" in shown
    assert "/admin/audit/auditcheckpoint/" in shown
    with unprotected():
        run("UPDATE audit_log SET kind = 'x' WHERE account_id = %s AND seq = 2", world.account.pk)
        assert "NO, at entry 2: the entry was altered." in client.get(page).content.decode()


def test_the_export_is_that_of_the_api_and_of_ones_own_account(world: World) -> None:
    client = browser(world.owner)
    answer = client.get(f"/admin/audit/audithead/{world.account.pk}/export/")
    body = b"".join(answer)
    outcome = verify(lines_of(BytesIO(body)), trusted=settings.JOURNAL_KEYS.public)
    assert (outcome.valid, outcome.entries) == (True, len(entries(world.account.pk)))
    assert client.get(f"/admin/audit/audithead/{world.other_account.pk}/export/").status_code == 404
