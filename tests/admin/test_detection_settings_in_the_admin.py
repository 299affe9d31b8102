"""What an account asks of detection, set in the admin through the action."""

from typing import Any

from audit.models import AuditLog
from drifts.models import DetectionSettings
from tests.admin.conftest import browser

URL = "/admin/drifts/detectionsettings"
FOUR = {"alert_after_scans": "4", "flap_window_days": "7"}


def test_an_admin_sets_them_once_and_changes_them_then(world: Any) -> None:
    client = browser(world.owner)
    assert client.post(f"{URL}/add/", FOUR).status_code == 302
    row = DetectionSettings.objects.get()
    assert (row.account, row.alert_after_scans) == (world.account, 4)
    assert client.post(f"{URL}/add/", {**FOUR, "flap_window_days": "30"}).status_code == 302
    assert client.post(f"{URL}/{row.pk}/change/", {**FOUR, "flap_window_days": "31"}).status_code == 302
    row = DetectionSettings.objects.get()
    assert (row.alert_after_scans, row.flap_window_days) == (4, 31)
    assert AuditLog.objects.filter(account=world.account, kind="detection_settings.changed").count() == 3


def test_what_is_out_of_bounds_is_asked_again(world: Any) -> None:
    answer = browser(world.owner).post(f"{URL}/add/", {**FOUR, "alert_after_scans": "11"})
    assert "less than or equal to 10" in answer.content.decode()
    assert DetectionSettings.objects.count() == 0


def test_a_superuser_says_whose_they_are(world: Any, superuser: Any) -> None:
    answer = browser(superuser).post(f"{URL}/add/", {**FOUR, "account": str(world.other_account.pk)})
    assert answer.status_code == 302
    assert DetectionSettings.objects.get().account == world.other_account
