"""The API of ignore rules and noise rules: who may what, what is refused in words, previews and imports."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from drifts.actions.decide import resolve_drift
from drifts.actions.ignore_rules import FULL, create_ignore_rule
from drifts.ingest import ignoring
from drifts.ingest.noise import NOISE
from drifts.models import Drift, IgnoreRule
from tests.drifts.ingest.plans import entry
from tests.drifts.scans import drifted, facts, ingest, instance, open_group

RULES, NOISY = "/api/v1/ignore-rules", "/api/v1/noise-rules"
WHY = "The scaler changes it."
BODY = {
    "name": "sizes",
    "stack": "pay*",
    "types": ["aws_instance"],
    "addresses": [],
    "attributes": ["instance_type"],
    "kinds": ["modified"],
    "reason": WHY,
    "expiresAt": None,
    "isEnabled": True,
}


def said(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()["data"]


def complaints(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    return {one["field"]: one["message"] for one in answer.json()["error"]["details"]["errors"]}


def test_an_engineer_writes_reads_changes_and_takes_away_a_rule(world: Any) -> None:
    client = world.client(world.engineer)
    made = said(client.post(RULES, BODY, format="json"), 201)
    assert {name: made[name] for name in BODY} == BODY
    assert (made["author"], made["hiddenTotal"], made["lastHitAt"]) == (str(world.engineer.pk), 0, None)
    path = f"{RULES}/{made['id']}"
    assert said(client.get(RULES))["items"] == [made] == [said(client.get(path))]
    changed = said(client.patch(path, {"types": ["aws_eip"]}, format="json"))
    assert (changed["types"], changed["attributes"], changed["reason"]) == (["aws_eip"], ["instance_type"], WHY)
    anew = said(client.put(path, {"reason": "Nobody minds it."}, format="json"))
    assert (anew["name"], anew["types"], anew["stack"], anew["kinds"]) == ("", [], "*", ["modified"])
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == client.delete(path).status_code == 404
    assert said(client.get(RULES))["items"] == []
    told = facts(world, "ignore_rule.")
    assert [one.kind.split(".")[1] for one in told] == ["created", "changed", "changed", "deleted"]
    assert told[0].data["name"] == "sizes"
    assert (told[0].personal or {})["text"] == WHY
    assert told[1].data["changes"] == {"types": [["aws_instance"], ["aws_eip"]]}
    assert WHY not in str([one.data for one in told])


def test_a_change_that_changes_nothing_is_no_fact(world: Any) -> None:
    client = world.client(world.engineer)
    made = said(client.post(RULES, BODY, format="json"), 201)
    said(client.patch(f"{RULES}/{made['id']}", BODY, format="json"))
    assert len(facts(world, "ignore_rule.")) == 1


def test_a_viewer_reads_only(world: Any) -> None:
    client, made = world.client(world.viewer), said(world.client(world.engineer).post(RULES, BODY, format="json"), 201)
    assert said(client.get(RULES))["pagination"]["total"] == 1
    assert said(client.get(f"{RULES}/{made['id']}/hidden"))["items"] == []
    assert said(client.get(NOISY))["pagination"]["total"] == len(NOISE)
    for path, body in ((RULES, BODY), (f"{RULES}/preview", BODY), (f"{RULES}/import", {"text": "*", "reason": WHY})):
        assert client.post(path, body, format="json").status_code == 403
    assert client.patch(f"{NOISY}/any.etag", {"isEnabled": False}, format="json").status_code == 403


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("types", ["a*" * 11]),
        ("types", ["x"] * 21),
        ("types", ["x" * 201]),
        ("types", [5]),
        ("addresses", [""]),
        ("attributes", ["a\u0001"]),
        ("stack", ""),
        ("kinds", []),
        ("kinds", ["gone"]),
        ("kinds", ["modified", "deleted"]),
        ("reason", "short"),
        ("reason", ""),
        ("expiresAt", "2001-01-01T00:00:00Z"),
        ("name", "x" * 201),
    ],
)
def test_a_field_that_no_rule_may_have_is_refused_by_name(world: Any, field: str, value: Any) -> None:
    answer = world.client(world.engineer).post(RULES, {**BODY, field: value}, format="json")
    assert {one.split(".")[0] for one in complaints(answer)} == {field}
    assert not IgnoreRule.objects.exists()


def test_an_account_has_so_many_rules_and_no_more(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("drifts.actions.ignore_rules.MAX_RULES", 1)
    client = world.client(world.engineer)
    said(client.post(RULES, BODY, format="json"), 201)
    answer = client.post(RULES, BODY, format="json")
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, FULL)
    assert ignoring.MAX_RULES == 500


def test_what_a_rule_hid_is_listed_by_rule_and_by_scan(world: Any) -> None:
    client = world.client(world.viewer)
    by = world.actor(world.engineer)
    rule = create_ignore_rule(world.account.pk, values={"reason": WHY, "name": "sizes"}, by=by)
    scan = ingest(world, drifted(instance(), open_group())).scan
    shown = said(client.get(f"/api/v1/scans/{scan.pk}"))
    assert (shown["hiddenByRules"], shown["driftsIgnored"]) == (1, 1)
    (of_rule,) = said(client.get(f"{RULES}/{rule.pk}/hidden"))["items"]
    (of_scan,) = said(client.get(f"/api/v1/scans/{scan.pk}/hidden"))["items"]
    assert of_rule == of_scan
    assert {
        name: of_rule[name] for name in ("ruleName", "stack", "address", "kind", "severity", "paths", "isWhole")
    } == {
        "ruleName": "sizes",
        "stack": "payments-prod",
        "address": "aws_instance.web",
        "kind": "modified",
        "severity": "medium",
        "paths": ["instance_type"],
        "isWhole": True,
    }
    assert "t3" not in str(of_rule)


def test_a_preview_counts_what_would_have_been_hidden_and_says_what_stays(world: Any) -> None:
    both = entry(
        "aws_instance.both",
        before={"id": "i-2", "instance_type": "a", "user_data": "x"},
        after={"id": "i-2", "instance_type": "b", "user_data": "y"},
    )
    gone = entry("aws_instance.gone", actions=("delete",), before={"id": "i-9"}, after=None)
    ingest(world, drifted(instance(), both, gone, open_group()))
    before = list(Drift.objects.order_by("pk").values())
    client = world.client(world.engineer)
    found = said(client.post(f"{RULES}/preview", {}, format="json"))
    assert (found["wouldHide"], found["wouldNarrow"], found["of"], found["cut"]) == (1, 1, 4, False)
    assert found["bySeverity"] == {"critical": 0, "high": 0, "medium": 1, "low": 0}
    assert [(one["address"], one["paths"], one["isWhole"]) for one in found["sample"]] == [
        ("aws_instance.web", ["instance_type"], True),
        ("aws_instance.both", ["instance_type"], False),
    ]
    assert found["refused"] == [
        "1 deleted stay to be seen: no rule hides that kind unless it names it in kinds.",
        "Attributes that guard something stay to be seen unless a glob names them: ingress, user_data.",
    ]
    assert found["sentence"] == "Would have hidden 1 of 4; of 1 more it would have hidden a part."
    named = said(client.post(f"{RULES}/preview", {"attributes": ["ingress"]}, format="json"))
    assert named["sentence"] == "Would have hidden 1 of 4, 1 of them critical."
    assert named["refused"] == []
    assert list(Drift.objects.order_by("pk").values()) == before
    assert not IgnoreRule.objects.exists()


def test_a_preview_tries_recent_drifts_too_and_no_others(world: Any) -> None:
    ingest(world, drifted(instance("aws_instance.a"), instance("aws_instance.b")))
    for drift in Drift.objects.all():
        resolve_drift(world.account.pk, drift.pk, how="acknowledged", by=world.actor(world.engineer))
    Drift.objects.filter(address="aws_instance.b").update(last_seen_at=timezone.now() - timedelta(days=31))
    client = world.client(world.engineer)
    assert said(client.post(f"{RULES}/preview", {}, format="json"))["of"] == 1
    assert said(world.client(world.outsider).post(f"{RULES}/preview", {}, format="json"))["of"] == 0


def test_a_preview_of_a_rule_that_cannot_be_is_refused(world: Any) -> None:
    body = {"attributes": ["a"], "kinds": ["deleted"]}
    assert "kinds" in complaints(world.client(world.engineer).post(f"{RULES}/preview", body, format="json"))


def test_a_driftignore_is_imported_line_by_line(world: Any) -> None:
    text = "# ours\naws_s3_bucket.my\\.bucket\n\naws_instance.*.instance_type\n"
    body = {"text": text, "reason": WHY, "stack": "pay*"}
    made = said(world.client(world.engineer).post(f"{RULES}/import", body, format="json"), 201)["rules"]
    assert [(one["types"], one["addresses"], one["attributes"], one["kinds"], one["stack"]) for one in made] == [
        (["aws_s3_bucket"], ["my.bucket"], [], ["modified", "unmanaged"], "pay*"),
        (["aws_instance"], [], ["instance_type"], ["modified"], "pay*"),
    ]
    assert made[0]["name"] == ".driftignore: aws_s3_bucket.my\\.bucket"
    assert ingest(world, drifted(instance())).scan.drifts_ignored == 1


def test_a_driftignore_with_an_odd_line_imports_nothing(world: Any) -> None:
    body = {"text": "aws_eip.*\n!aws_iam_role.*\n", "reason": WHY}
    answer = world.client(world.engineer).post(f"{RULES}/import", body, format="json")
    assert list(complaints(answer)) == ["line 2"]
    assert not IgnoreRule.objects.exists()
    nothing = world.client(world.engineer).post(f"{RULES}/import", {"text": "# none", "reason": WHY}, format="json")
    assert nothing.status_code == 400


def test_noise_rules_are_listed_with_their_reasons_and_switched(world: Any) -> None:
    client = world.client(world.engineer)
    first = said(client.get(NOISY, {"limit": 1}))
    assert first["items"] == [
        {
            "id": "any.etag",
            "types": ["*"],
            "attributes": ["etag", "*.etag", "e_tag"],
            "change": "any",
            "reason": NOISE[0].reason,
            "isEnabled": True,
            "isEnabledByDefault": True,
            "source": "builtin",
            "switchedAt": None,
            "switchedBy": None,
            "switchedBecause": "",
        }
    ]
    assert first["pagination"] | {"totalPages": 0} == {
        "total": len(NOISE),
        "page": 1,
        "pageSize": 1,
        "totalPages": 0,
        "hasMore": True,
    }
    off = said(client.patch(f"{NOISY}/any.etag", {"isEnabled": False, "reason": "We watch it."}, format="json"))
    assert (off["isEnabled"], off["switchedBecause"], off["switchedBy"]) == (
        False,
        "We watch it.",
        str(world.engineer.pk),
    )
    assert said(client.get(NOISY, {"limit": 1}))["items"] == [off]
    assert said(world.client(world.outsider).get(NOISY, {"limit": 1}))["items"][0]["isEnabled"] is True
    assert said(client.patch(f"{NOISY}/any.etag", {}, format="json")) == off
    assert client.patch(f"{NOISY}/no.such", {"isEnabled": False}, format="json").status_code == 404
    assert client.get(NOISY, {"odd": 1}).status_code == 400
