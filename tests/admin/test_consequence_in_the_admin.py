"""The page of a drift says in words what putting it back would do."""

from typing import Any

from tests.admin.conftest import browser
from tests.drifts.ingest.plans import changed, entry, plan
from tests.drifts.scans import ingest, only_drift


def test_a_drifts_page_says_what_putting_it_back_would_do(world: Any) -> None:
    change = entry(actions=("delete", "create"))
    change["change"]["replace_paths"] = [["ami"]]
    ingest(world, plan([changed()], [change]))
    page = browser(world.owner).get(f"/admin/drifts/drift/{only_drift().pk}/change/")
    assert page.status_code == 200
    assert "Putting it back would REPLACE it, forced by ami." in page.content.decode()
