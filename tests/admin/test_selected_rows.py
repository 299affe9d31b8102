"""What is done with selected rows: what cannot be the id of one selects none, and spoils nothing for the others."""

from itertools import product
from typing import Any

import pytest
from django.contrib import admin

from alerts.models import Alert
from driftsentry.api.admin import TenantAdmin
from tests.admin.conftest import browser
from tests.alerts.raised import raise_alert

NO_IDS = ["not-an-id", "", "1", "\x00", "9" * 40]
LISTS = {
    f"/admin/{model._meta.app_label}/{model._meta.model_name}/": page.actions
    for model, page in admin.site._registry.items()
    if isinstance(page, TenantAdmin) and page.actions
}
WAYS: list[dict[str, str]] = [{}, {"index": "0"}, {"index": "0", "select_across": "1"}]


@pytest.mark.parametrize("path", LISTS)
def test_what_is_no_id_selects_nothing(world: Any, path: str) -> None:
    client = browser(world.owner)
    for action, more in product(LISTS[path], WAYS):
        sent = {"action": action, "_selected_action": NO_IDS, **more}
        assert client.post(path, sent).status_code in {200, 302}


def test_the_others_are_seen_to(world: Any) -> None:
    alert = raise_alert(world.owner)
    sent = {"action": "mark_read", "index": "0", "_selected_action": [*NO_IDS, str(alert.pk)]}
    browser(world.owner).post("/admin/alerts/alert/", sent)
    assert Alert.objects.get(pk=alert.pk).is_read
