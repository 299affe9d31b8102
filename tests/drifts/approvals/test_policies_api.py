"""What accounts demand of decisions, over the API and in the admin."""

from __future__ import annotations

from typing import Any

import pytest

from alerts.models import Alert
from drifts.models import ApprovalPolicy
from tests.admin.conftest import browser
from tests.drifts.approvals.said import data, demand
from tests.drifts.scans import facts

URL = "/api/v1/approval-policies"
DEFAULTS = {
    "appliesTo": "both",
    "expiresHours": 72,
    "breakGlass": False,
    "reviewWithinHours": 24,
    "excludePrincipal": True,
}


def put(world: Any, severity: str = "critical", user: Any = None, **body: Any) -> Any:
    return world.client(user or world.owner).put(f"{URL}/{severity}", body, format="json")


def test_a_policy_is_set_read_and_removed(world: Any) -> None:
    made = data(put(world, needed=2))
    assert made.items() >= {"severity": "critical", "needed": 2, **DEFAULTS}.items()
    client = world.client(world.viewer)
    assert data(client.get(f"{URL}/critical")) == made
    assert data(client.get(URL))["items"] == [made]
    assert client.get(f"{URL}/low").status_code == 404
    owner = world.client(world.owner)
    assert owner.delete(f"{URL}/critical").status_code == 204
    assert owner.delete(f"{URL}/critical").status_code == 404
    assert data(client.get(URL))["items"] == []


def test_setting_it_anew_takes_the_defaults_for_what_is_left_out(world: Any) -> None:
    data(put(world, needed=3, expiresHours=5, breakGlass=True))
    again = data(put(world, needed=3))
    assert again.items() >= DEFAULTS.items()
    assert ApprovalPolicy.objects.count() == 1


def test_the_journal_tells_what_changed_and_only_that(world: Any) -> None:
    data(put(world, needed=2))
    data(put(world, needed=2))
    data(put(world, needed=3))
    world.client(world.owner).delete(f"{URL}/critical")
    changes = [fact.data["changes"] for fact in facts(world, "approval_policy.changed")]
    assert len(changes) == 3
    assert changes[0]["needed"] == [None, 2]
    assert changes[0]["break_glass"] == [None, False]
    assert changes[1] == {"needed": [2, 3]}
    assert changes[2]["needed"] == [3, None]
    (first, *_) = facts(world, "approval_policy.changed")
    assert (first.data["severity"], first.actor_id) == ("critical", world.owner.pk)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "needed"),
        ({"needed": 0}, "needed"),
        ({"needed": 6}, "needed"),
        ({"needed": "2"}, "needed"),
        ({"needed": 2, "appliesTo": "all"}, "appliesTo"),
        ({"needed": 2, "expiresHours": 0}, "expiresHours"),
        ({"needed": 2, "expiresHours": 2161}, "expiresHours"),
        ({"needed": 2, "reviewWithinHours": 721}, "reviewWithinHours"),
        ({"needed": 2, "breakGlass": 1}, "breakGlass"),
        ({"needed": 2, "need": 3}, "need"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(world: Any, body: dict[str, Any], field: str) -> None:
    answer = put(world, **body)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["error"]["details"]["errors"]]
    assert not ApprovalPolicy.objects.exists()


@pytest.mark.parametrize("who", ["engineer", "viewer"])
def test_only_admins_set_it(world: Any, who: str) -> None:
    user = getattr(world, who)
    assert put(world, user=user, needed=2).status_code == 403
    demand(world, severity="critical")
    assert world.client(user).delete(f"{URL}/critical").status_code == 403
    assert ApprovalPolicy.objects.get().needed == 2


def test_an_unknown_severity_is_nowhere(world: Any) -> None:
    assert put(world, "grave", needed=2).status_code == 404
    assert world.client(world.owner).get(f"{URL}/Critical").status_code == 404


def test_another_account_has_its_own(world: Any) -> None:
    demand(world, severity="critical")
    stranger = world.client(world.outsider)
    assert data(stranger.get(URL))["items"] == []
    assert stranger.delete(f"{URL}/critical").status_code == 404
    assert put(world, user=world.outsider, needed=4).status_code == 200
    assert ApprovalPolicy.objects.get(account=world.account).needed == 2


def test_an_admin_sets_it_in_the_admin(world: Any) -> None:
    client = browser(world.owner)
    form = {
        "severity": "high",
        "needed": "2",
        "applies_to": "both",
        "expires_hours": "24",
        "review_within_hours": "24",
        "exclude_principal": "on",
    }
    assert client.post("/admin/drifts/approvalpolicy/add/", form).status_code == 302
    policy = ApprovalPolicy.objects.get()
    assert (policy.account, policy.severity, policy.needed, policy.expires_hours) == (world.account, "high", 2, 24)
    page = f"/admin/drifts/approvalpolicy/{policy.pk}/change/"
    assert client.post(page, {**form, "needed": "3"}).status_code == 302
    assert client.post(page, {**form, "needed": "9"}).status_code == 200
    policy.refresh_from_db()
    assert policy.needed == 3
    assert [fact.data["severity"] for fact in facts(world, "approval_policy.changed")] == ["high", "high"]


def weakenings(world: Any, *policies: dict[str, Any] | None) -> list[str]:
    """What everybody is told while policies for low drifts follow each other; None: it is removed."""
    for body in policies:
        if body is None:
            assert world.client(world.owner).delete(f"{URL}/low").status_code == 204
        else:
            data(put(world, "low", **body))
    alerts = Alert.objects.filter(recipient=None).order_by("id")
    assert {(one.title, one.severity) for one in alerts} <= {("Approval policy weakened: low drifts", "high")}
    return [one.message.partition(". The audit log")[0] for one in alerts]


@pytest.mark.parametrize(
    ("policies", "told"),
    [
        ([{"needed": 2}, {"needed": 3}, {"needed": 3, "expiresHours": 9}], []),
        ([{"needed": 3, "appliesTo": "reject"}, {"needed": 2}], ["It takes 2 people to reject them, where it took 3"]),
        ([{"needed": 2}, {"needed": 2, "breakGlass": True}], ["One person may decide alone in an emergency"]),
        ([{"needed": 1}, {"needed": 1, "breakGlass": True}], []),
        ([{"needed": 2, "breakGlass": True}], []),
    ],
)
def test_everybody_is_told_of_what_it_takes_fewer_people_for(world: Any, policies: Any, told: list[str]) -> None:
    assert weakenings(world, *policies) == told


def test_so_they_are_when_an_admin_takes_a_policy_away_and_puts_it_back(world: Any) -> None:
    (words,) = weakenings(world, {"needed": 2}, None, {"needed": 2})
    assert words.startswith(
        "It takes one person to approve them, where it took 2; whoever made a change may approve it"
    )
