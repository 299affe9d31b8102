"""Severity rules: written, listed beside those built in, changed, removed, and heeded by the next scan."""

from typing import Any
from uuid import UUID

import pytest

from audit.models import AuditLog
from drifts.actions.severity_rules import create_severity_rule
from drifts.listed_rules import built_in_listed
from drifts.models import Drift, SeverityRule
from drifts.own_severity import MAX_RULES
from drifts.severity import built_in_rules
from tests.conftest import World
from tests.drifts.reported import report

URL = "/api/v1/severity-rules"
RULE = {"name": "Sizes", "severity": "critical", "because": "{attribute} is agreed upon.", "attributes": ["*Type"]}


def post(world: World, body: dict[str, Any], user: Any = None, path: str = URL) -> Any:
    return world.client(user or world.owner).post(path, body, format="json")


def listed(world: World, **query: Any) -> dict[str, Any]:
    data: dict[str, Any] = world.client(world.owner).get(URL, query).json()["data"]
    return data


def test_a_rule_is_written_and_says_whatever_where_nothing_is_said(world: World) -> None:
    made = post(world, RULE)
    assert made.status_code == 201
    data = made.json()["data"]
    assert {name: data[name] for name in RULE} == RULE
    assert (data["types"], data["kinds"], data["environments"]) == (["*"], ["modified", "deleted", "unmanaged"], ["*"])
    assert (data["source"], data["author"], data["test"]) == ("own", str(world.owner.pk), None)
    assert world.client(world.owner).get(f"{URL}/{data['id']}").json()["data"] == data
    (entry,) = AuditLog.objects.filter(kind="severity_rule.created")
    assert entry.data == {"id": data["id"], "name": "Sizes", "severity": "critical"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"severity": "fatal"}, "severity"),
        ({"kinds": ["moved"]}, "kinds.0"),
        ({"kinds": []}, "kinds"),
        ({"types": []}, "types"),
        ({"types": [5]}, "types.0"),
        ({"types": ["x" * 301]}, "types.0"),
        ({"attributes": ["a\nb"]}, "attributes.0"),
        ({"environments": ["*"] * 51}, "environments"),
        ({"because": "{ports} are open."}, "because"),
        ({"because": "{0}"}, "because"),
        ({"test": {"smells": True}}, "test"),
        ({"test": {"becomes": []}}, "test"),
        ({"test": {"becomes": [0.5]}}, "test"),
        ({"test": {"becomes": [{"a": 1}]}}, "test"),
        ({"test": {"opens": "any to mars"}}, "test"),
        ({"test": {"falls": False}}, "test"),
        ({"test": {"falls": True, "rises": True}}, "test"),
        ({"test": []}, "test"),
        ({"position": -1}, "position"),
        ({"name": ""}, "name"),
        ({"id": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_no_rule_may_say_is_refused_by_field(world: World, wrong: dict[str, Any], field: str) -> None:
    refused = post(world, {**RULE, **wrong})
    assert refused.status_code == 400
    assert [one["field"] for one in refused.json()["error"]["details"]["errors"]] == [field]
    assert not SeverityRule.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"severity": "fatal"}, "One of: critical, high, medium, low."),
        ({"kinds": ["moved"]}, "One of: modified, deleted, unmanaged."),
        ({"because": "{attr} moved."}, "braces hold {attribute}, {ports} or {actions} only."),
    ],
)
def test_a_refusal_says_what_would_do(world: World, wrong: dict[str, Any], words: str) -> None:
    (error,) = post(world, RULE | wrong).json()["error"]["details"]["errors"]
    assert words in error["message"]


def test_the_list_has_own_rules_as_they_are_asked_and_then_those_built_in(world: World) -> None:
    for name, position in (("second", 20), ("first", 10)):
        post(world, {**RULE, "name": name, "position": position})
    post(world, {**RULE, "name": "theirs"}, world.outsider)
    everything = listed(world, limit=100)
    assert everything["pagination"]["total"] == 2 + len(built_in_rules())
    assert [one["name"] for one in everything["items"][:2]] == ["first", "second"]
    assert {one["source"] for one in everything["items"][2:]} == {"built_in"}
    assert [one["name"] for one in listed(world, source="own")["items"]] == ["first", "second"]
    built_in = listed(world, source="built_in", limit=1, page=2)["items"]
    assert [one["id"] for one in built_in] == [str(built_in_listed()[1].id)]
    assert world.client(world.owner).get(URL, {"source": "theirs"}).status_code == 400


def test_a_built_in_rule_can_be_read_and_not_changed(world: World) -> None:
    client, one = world.client(world.owner), built_in_listed()[0]
    assert client.get(f"{URL}/{one.id}").json()["data"]["because"] == one.because
    for refused in (
        client.patch(f"{URL}/{one.id}", {"severity": "low"}, format="json"),
        client.put(f"{URL}/{one.id}", RULE, format="json"),
        client.delete(f"{URL}/{one.id}"),
    ):
        assert refused.status_code == 409
        assert "write one of your own" in refused.json()["error"]["message"]


def test_each_built_in_rule_has_an_id_of_its_own_that_stays() -> None:
    assert len({one.id for one in built_in_listed()}) == len(built_in_rules())
    assert built_in_listed()[0].id == UUID("29256303-9486-5f03-a07a-7716bbd2e6d8")


def test_a_rule_is_changed_and_what_changed_is_journaled(world: World) -> None:
    url, client = f"{URL}/{post(world, RULE).json()['data']['id']}", world.client(world.owner)
    assert client.patch(url, {"severity": "low", "name": "Sizes"}, format="json").json()["data"]["severity"] == "low"
    (entry,) = AuditLog.objects.filter(kind="severity_rule.changed")
    assert entry.data["changes"] == {"severity": ["critical", "low"]}
    refused = client.patch(url, {"test": {"opens": "any to internet"}, "because": "{actions}"}, format="json")
    assert refused.json()["error"]["details"]["errors"][0]["field"] == "because"
    anew = client.put(url, {"name": "Sizes", "severity": "high", "because": "Yes."}, format="json").json()["data"]
    assert (anew["attributes"], anew["severity"]) == ([], "high")


def test_a_rule_is_removed(world: World) -> None:
    url, client = f"{URL}/{post(world, RULE).json()['data']['id']}", world.client(world.owner)
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert AuditLog.objects.filter(kind="severity_rule.deleted").count() == 1


def test_two_rules_of_one_name_are_refused_and_so_are_too_many(world: World) -> None:
    assert post(world, RULE).status_code == 201
    assert post(world, RULE).status_code == 409
    assert post(world, RULE, world.outsider).status_code == 201
    SeverityRule.objects.bulk_create(
        SeverityRule(account=world.account, name=str(number), severity="low", because="x.")
        for number in range(MAX_RULES - 1)
    )
    assert post(world, {**RULE, "name": "one more"}).status_code == 409


@pytest.mark.parametrize("who", ["engineer", "viewer"])
def test_only_admins_see_and_write_rules(world: World, who: str) -> None:
    user = getattr(world, who)
    assert world.client(user).get(URL).status_code == 403
    assert post(world, RULE, user).status_code == 403
    assert post(world, {"rules": []}, user, f"{URL}/preview").status_code == 403


def test_the_next_drift_is_judged_by_the_rule(world: World) -> None:
    assert report(world.owner, "i-1", severity=None).severity == "medium"
    create_severity_rule(world.account.pk, values=RULE, by=world.actor(world.owner))
    drift = report(world.owner, "i-2", severity=None)
    assert (drift.severity, drift.severity_reason) == ("critical", "instance_type is agreed upon.")
    assert report(world.outsider, "i-1", severity=None).severity == "medium"


def test_a_rule_that_is_switched_off_is_not_asked(world: World) -> None:
    create_severity_rule(world.account.pk, values={**RULE, "is_enabled": False}, by=world.actor(world.owner))
    assert report(world.owner, severity=None).severity == "medium"


def test_a_stored_rule_that_can_no_longer_be_asked_is_left_out(world: World) -> None:
    rule = create_severity_rule(world.account.pk, values=RULE, by=world.actor(world.owner))
    SeverityRule.objects.filter(pk=rule.pk).update(test={"a test that is gone": True})
    assert report(world.owner, severity=None).severity == "medium"
    assert Drift.objects.count() == 1
