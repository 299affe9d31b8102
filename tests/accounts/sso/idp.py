"""A small OpenID Connect provider on 127.0.0.1: real HTTP, real keys, and a switch for each thing it can do wrong."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

CLIENT_ID = "driftsentry-test"
CLIENT_SECRET = "a secret of the test"
KEY = rsa.generate_private_key(65537, 2048)
OTHER_KEY = rsa.generate_private_key(65537, 2048)
CURVE_KEY = ec.generate_private_key(ec.SECP256R1())

Claims = dict[str, Any]


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_pem(key: rsa.RSAPrivateKey = KEY) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def signed(claims: Claims) -> str:
    return jwt.encode(claims, KEY, "RS256", headers={"kid": "one"})


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, "", "none", headers={"kid": "one"})


def signed_with_the_public_key(claims: Claims) -> str:
    """HS256 over the RSA key's public half, which anybody has (PyJWT itself refuses to make one)."""
    head = _base64(json.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"}).encode())
    text = f"{head}.{_base64(json.dumps(claims).encode())}"
    return f"{text}.{_base64(hmac.digest(public_pem(), text.encode(), 'sha256'))}"


def signed_by_another(claims: Claims) -> str:
    return jwt.encode(claims, OTHER_KEY, "RS256", headers={"kid": "one"})


def signed_on_a_curve(claims: Claims) -> str:
    return jwt.encode(claims, CURVE_KEY, "ES256", headers={"kid": "curve"})


def jwk(key: Any, kid: str) -> dict[str, Any]:
    maker = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else jwt.algorithms.ECAlgorithm
    found: dict[str, Any] = json.loads(maker.to_jwk(key.public_key()))
    return {**found, "kid": kid, "use": "sig"}


@dataclass
class Idp:
    """The provider; tests turn its fields.

    Attributes:
        person: The claims about whoever is logged in there.
        userinfo: More of them, at the userinfo endpoint.
        change: What becomes of the ID token's claims before they are signed.
        sign: How they are signed.
        broken: By path, what answers instead: a status and a body.
        slow: Paths that answer only when `awake` is set.
        keys: What the JWKS endpoint shows.
        discovery: What the discovery document says differently.
        asked: The paths asked for, in order.
    """

    port: int = 0
    person: Claims = field(default_factory=dict)
    userinfo: Claims = field(default_factory=dict)
    change: Callable[[Claims], Claims] = lambda claims: claims
    sign: Callable[[Claims], str] = signed
    broken: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    slow: set[str] = field(default_factory=set)
    awake: Event = field(default_factory=Event)
    keys: list[dict[str, Any]] = field(default_factory=lambda: [jwk(KEY, "one"), jwk(CURVE_KEY, "curve")])
    discovery: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def document(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
            **self.discovery,
        }

    def authorise(self, query: dict[str, str]) -> str:
        """Log the person in, and send the browser back."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT_ID
        assert query["code_challenge_method"] == "S256"
        assert set(query["scope"].split()) == {"openid", "email", "profile"}
        code = f"idp-code-{len(self.codes)}"
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def tokens(self, form: dict[str, str]) -> dict[str, Any] | None:
        """Tokens for a code, once, for the client that shows its secret and the verifier."""
        query = self.codes.pop(form.get("code", ""), None)
        if query is None or form.get("client_secret") != CLIENT_SECRET:
            return None
        challenge = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge != query["code_challenge"] or form["redirect_uri"] != query["redirect_uri"]:
            return None
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": query["nonce"]}
        return {
            "access_token": "an access token",
            "token_type": "Bearer",
            "id_token": self.sign(self.change({**claims, **self.person})),
        }

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        if path in self.broken:
            return self.broken[path]
        found: dict[str, Any] | None = None
        match path:
            case "/.well-known/openid-configuration":
                found = self.document()
            case "/jwks":
                found = {"keys": self.keys}
            case "/userinfo":
                found = {"sub": self.person.get("sub"), **self.userinfo}
            case "/token":
                found = self.tokens(query)
        return (200, json.dumps(found).encode()) if found is not None else (400, b'{"error": "invalid_grant"}')


def _handler(idp: Idp) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query))
            if parts.path == "/authorize" and parts.path not in idp.broken:
                self.send_response(302)
                self.send_header("Location", idp.authorise(query))
                self.end_headers()
                return
            self._reply(parts.path, query)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._reply(self.path, {name: values[0] for name, values in parse_qs(body).items()})

        def _reply(self, path: str, query: dict[str, str]) -> None:
            idp.asked.append(path)
            if path in idp.slow:
                idp.awake.wait(30)
            status, body = idp.answer(path, query)
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running() -> Iterator[Idp]:
    idp = Idp()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(idp))
    server.daemon_threads = True
    idp.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield idp
    finally:
        idp.awake.set()
        server.shutdown()
        server.server_close()
        thread.join(10)
