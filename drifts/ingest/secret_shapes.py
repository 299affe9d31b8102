"""Which names hold secrets, and how known secrets look: two tables.

The shapes follow the issuers' own documentation (AWS key prefixes, GitHub, GitLab, Slack, Stripe, Google, npm, PyPI
token formats, RFC 7468 for PEM, RFC 7519 for JWT, RFC 3986 for credentials in URLs).
"""

from __future__ import annotations

import base64
import binascii
import re

_SECRET_WORDS = re.compile(
    r"passw(?:or)?d|passphrase|pwd$|secret|token|private_?key|access_?key|api_?key|auth_?key|account_?key|"
    r"encryption_?key$|shared_?key|master_?key|credential|connection_?string|conn_?str|user_?data_secret|"
    r"client_?cert|pre_?shared|psk$|cookie|signing_?key|license_?key|webhook_?url|certificate_?key|dsn$",
    re.IGNORECASE,
)

_HARMLESS_NAMES = re.compile(
    r"(?:.*_)?(?:arns?|ids?|names?|length|versions?|enabled|status|types?|ttl|validity|units|policy|age|days|expiry|"
    r"expiration|expires|algorithm|usage|rotation|count|size|period|prefix|source|url_path|endpoint|hop_limit|kms_key|"
    r"recovery_window|last_used|created|updated|value_from|valuefrom|fingerprint)"
    r"|(?:get|manage|has|is|require|allow|enable|ignore|use|force)_.*|http_?tokens"
    r"|.*(?-i:Arn|ARN|Id|Name|Length|Version|Enabled|Type|Policy)",
    re.IGNORECASE,
)
"""Names that hold a secret word and yet hold no secret; a value of a secret's shape is hidden under them too."""

SECRET_SHAPES: tuple[tuple[str, str], ...] = (
    ("AWS access key id", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    ("GitHub token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})"),
    ("GitLab token", r"\bgl(?:pat|rt|dt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{16,}"),
    ("Slack token or webhook", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/\S+"),
    ("Stripe key", r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10,}"),
    ("Google API key", r"\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}"),
    ("OpenAI or Anthropic key", r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"),
    ("npm, PyPI or Docker token", r"\bnpm_[A-Za-z0-9]{30,}|\bpypi-[A-Za-z0-9_-]{40,}|\bdckr_pat_[A-Za-z0-9_-]{20,}"),
    ("HashiCorp token", r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}|\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{50,}"),
    ("SendGrid or Twilio key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|\bSK[0-9a-f]{32}\b"),
    ("PEM private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"),
    ("JSON web token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*"),
    ("credentials in a URL", r"\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@\"']*:[^\s/@\"']+@"),
    ("authorization header", r"(?i)\b(?:bearer|basic)\s+[A-Za-z0-9+/_.=-]{16,}"),
    (
        "assignment to a secret name",
        r"(?i)(?:passw(?:or)?d|pwd|passphrase|secret|token|api_?key|account_?key|access_?key|private_?key)"
        r"[\"']?\s*[=:]\s*[\"']?(?![\s\"']|\$\{|\$\(|true\b|false\b|null\b)[^\s\"',;]{4,}",
    ),
    ("Azure shared access signature", r"[?&;]sig=[A-Za-z0-9%+/=]{20,}|SharedAccessSignature=\S+"),
)
"""What it is → its shape."""

_SHAPES = tuple(re.compile(shape) for _, shape in SECRET_SHAPES)
_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{24,}={0,2}\s*")
_MAX_TEXT = 1 << 20
"""Characters of a base64 text that are looked into; a longer one is hidden unread."""


def is_secret_name(name: str) -> bool:
    """Say whether a value under this name is taken for a secret."""
    return _SECRET_WORDS.search(name) is not None and _HARMLESS_NAMES.fullmatch(name) is None


def has_secret_shape(text: str) -> bool:
    """Say whether a text is, or holds, something shaped like a known secret; base64 (user data) is looked into."""
    if any(shape.search(text) for shape in _SHAPES):
        return True
    if not _BASE64.fullmatch(text):
        return False
    if len(text) > _MAX_TEXT:
        return True
    try:
        inside = base64.b64decode(text, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return any(shape.search(inside) for shape in _SHAPES)
