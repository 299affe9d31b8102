"""The document and its page: for anybody, and under a policy that allows no inline script or style."""

import re
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from rest_framework.test import APIClient

from driftsentry.api.openapi import document

CLIENT = APIClient()


@pytest.mark.parametrize("path", ["/api/schema", "/api/schema/"])
def test_the_document_is_json_unless_asked_otherwise(path: str) -> None:
    for accepted in ("*/*", "application/json", "text/html"):
        answer = CLIENT.get(path, headers={"accept": accepted})
        assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")
        assert answer.json() == document()


@pytest.mark.parametrize(
    "asked", [{"path": "/api/schema?format=yaml"}, {"path": "/api/schema", "accept": "application/yaml"}]
)
def test_the_document_can_be_yaml(asked: dict[str, str]) -> None:
    answer = CLIENT.get(asked["path"], headers={"accept": asked.get("accept", "*/*")})
    assert answer["Content-Type"] == "application/yaml"
    assert answer.content.startswith(b"openapi: 3.1")


@pytest.fixture
def page() -> Any:
    answer = CLIENT.get("/api/docs/")
    assert answer.status_code == 200
    return answer


def test_the_page_has_nothing_inline_and_nothing_from_elsewhere(page: Any) -> None:
    html = page.content.decode()
    assert "default-src 'self'" in page["Content-Security-Policy"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert not re.search(r"<style|style=|\son\w+=|javascript:", html)
    for script in re.findall(r"<script[^>]*>(.*?)</script>", html, re.DOTALL):
        assert script == ""
    addresses = re.findall(r'(?:src|href|data-schema)="([^"]*)"', html)
    assert len(addresses) >= 6
    assert all(re.match(r"/(?!/)", address) for address in addresses)


def test_the_pages_files_are_there(page: Any) -> None:
    for address in re.findall(r'(?:src|href)="/static/([^"]*)"', page.content.decode()):
        assert finders.find(address), address


def test_both_refuse_to_be_written() -> None:
    for path in ("/api/docs", "/api/schema"):
        answer = CLIENT.post(path, {}, format="json")
        assert (answer.status_code, answer.json()["error"]["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer["Allow"] == "GET, HEAD, OPTIONS"
        assert CLIENT.head(path).status_code == 200
