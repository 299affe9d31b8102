"""The same against a real daphne, with a browser's cookies and nothing of Django's test client in between."""

import secrets
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx

from accounts.actions.domains import add_domain
from accounts.actions.single_sign_on import challenge_of
from tests.accounts.sso.idp import CLIENT_ID, CLIENT_SECRET, Idp
from tests.conftest import SYSTEM, World
from tests.realtime.server import environment, serving


def test_a_single_sign_on_over_real_http_gives_tokens_and_logs_no_code(world: World, idp: Idp, tmp_path: Path) -> None:
    add_domain(world.account, "acme.example", by=SYSTEM)
    settings = {"OIDC_ISSUER": idp.issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
    verifier = secrets.token_urlsafe(32)
    with serving(tmp_path, environment(**settings, LOG_LEVEL="INFO")) as server:
        with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=30) as browser:
            there = browser.get("/sso/login", params={"challenge": challenge_of(verifier)}).headers["Location"]
            back = httpx.get(there).headers["Location"]
            done = browser.get(back)
        code = parse_qs(urlsplit(done.headers["Location"]).fragment)["code"][0]
        answer = httpx.post(
            f"http://127.0.0.1:{server.port}/api/v1/auth/sso/token",
            json={"code": code, "verifier": verifier},
            timeout=30,
        )
        assert answer.json()["data"]["user"]["email"] == "dana@acme.example"
        log = server.log_lines()
    assert "/sso/callback?code=(redacted)" in log
    for secret in (code, verifier, parse_qs(urlsplit(back).query)["code"][0], CLIENT_SECRET):
        assert secret not in log
