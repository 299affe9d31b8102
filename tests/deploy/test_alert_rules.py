"""The alert rules ask for metrics that exist, with labels they have, from the start of a process."""

import re
from typing import Any

import pytest
import yaml
from django.http import HttpResponse
from django.urls import get_resolver
from django_prometheus.middleware import PrometheusAfterMiddleware
from prometheus_client import REGISTRY
from prometheus_client.metrics_core import Metric

from driftsentry.realtime import counters
from tests.deploy.files import text

OF_PROMETHEUS = {"up"}
SELECTOR = re.compile(r"\b((?:driftsentry|django)_\w+|up)\{([^}]*)\}|\b((?:driftsentry|django)_\w+)\b")
MATCHER = re.compile(r'(\w+)(=~|!~|!=|=)"([^"]*)"')


def _rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(text("deploy/prometheus/alerts.yml"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _selectors() -> list[tuple[str, str]]:
    found = {(a or b, matchers) for rule in _rules() for a, matchers, b in SELECTOR.findall(rule["expr"])}
    return sorted(found)


def _families() -> list[Metric]:
    assert get_resolver().url_patterns
    assert counters.DELIVERED
    assert PrometheusAfterMiddleware(lambda _: HttpResponse()).metrics
    return list(REGISTRY.collect())


def _sample_names(family: Metric) -> set[str]:
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
    return {family.name + ending for ending in endings}


@pytest.mark.parametrize(("name", "matchers"), _selectors())
def test_a_rule_asks_for_a_metric_that_exists(name: str, matchers: str) -> None:
    known = {sample for family in _families() for sample in _sample_names(family)}
    assert name in known | OF_PROMETHEUS


@pytest.mark.parametrize(("name", "matchers"), [pair for pair in _selectors() if pair[0].startswith("driftsentry_")])
def test_a_counter_of_ours_shows_what_a_rule_counts_before_it_first_happens(name: str, matchers: str) -> None:
    wanted = {(label, value) for label, operator, value in MATCHER.findall(matchers) if operator == "="}
    samples = [sample for family in _families() for sample in family.samples if sample.name == name]
    assert [sample for sample in samples if wanted <= set(sample.labels.items())]


@pytest.mark.parametrize("rule", _rules(), ids=lambda rule: rule["alert"])
def test_an_alert_is_tested_firing_and_says_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["alert"] in text("deploy/prometheus/alerts.test.yml")
    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert {"summary", "description"} <= set(rule["annotations"])


def test_the_rules_know_the_jobs_by_the_names_they_are_scraped_under() -> None:
    scraped = {job["job_name"] for job in yaml.safe_load(text("deploy/prometheus/prometheus.yml"))["scrape_configs"]}
    asked = {value for rule in _rules() for value in re.findall(r'job="([^"]+)"', rule["expr"])}
    assert asked == scraped
