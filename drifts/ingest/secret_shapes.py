"""Which names hold secrets, and how known secrets look: two tables.

The shapes follow the issuers' own documentation (AWS key prefixes, GitHub, GitLab, Slack, Stripe, Google, npm, PyPI
token formats, RFC 7468 for PEM, RFC 7519 for JWT, RFC 3986 for credentials in URLs). Every shape takes time linear in
the text: no repetition is followed by something that could make it start over at each of its characters.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from drifts.families import terraform_name
from drifts.globs import glob_pattern, snake_case

_SECRET_WORDS = re.compile(
    r"passw(?:or)?d|passphrase|passcode|(?:^|[_.-]|db|pg)pass$|pwd$|secret|token|private_?key|access_?key|api_?key|auth_?key|account_?key|"
    r"(?:encryption|shared|master|signing|license|certificate|client|server|tls|ssl|hmac|session|decryption|"
    r"storage|app|integration|instrumentation|activation|registration)_?key"
    r"(?:_?(?:pem|data))?$|key_?pem$|credential|connection_?strings?$|conn_?str|client_?cert(?:ificate)?$|"
    r"pre_?shared|psk$|cookie$|webhook_?url|dsn$|kube_?(?:admin_?)?config(?:_raw)?$|origin[_-]?verify|set_sensitive$|"
    r"string_?seed$|htpasswd$",
    re.IGNORECASE,
)

_HARMLESS_NAMES = re.compile(
    r"(?:.*_)?(?:arns?|ids?|names?|length|versions?|enabled|status|types?|ttl|validity|units|policy|policies|age|days|"
    r"expiry|expiration|expires|algorithm|usage|rotation|count|size|period|prefix|source|token_ur[il]|url_path|endpoint|"
    r"hop_limit|kms_key|recovery_window|last_used|created|updated|value_from|valuefrom|fingerprint|ref|reference|"
    r"parameter|expression|time|timeout|uses|cidrs|location|required|reuse_prevention|lifetime|issuer|audience)"
    r"|(?:get|manage|has|is|require|allow|enable|ignore|use|force|max|min|minimum)_.*|http_?tokens"
    r"|.*(?-i:Arn|ARN|Id|Name|Length|Version|Enabled|Type|Policy|Ref|Time|Parameter|Expression|Validity)",
    re.IGNORECASE,
)
"""Names that hold a secret word and yet hold no secret; a value of a secret's shape is hidden under them too."""

SECRET_ATTRIBUTES: tuple[str, ...] = (
    "random_password.result",
    "random_password.bcrypt_hash",
    "aws_ssm_parameter.value",
    "aws_ssm_parameter.insecure_value",
    "*_secret.value",
    "*_password.value",
    "aws_api_gateway_api_key.value",
    "AWS::ApiGateway::ApiKey.Value",
    "aws_appsync_api_key.key",
    "google_apikeys_key.key_string",
    "gitlab_*_variable.value",
    "tfe_variable.value",
    "*_secret.plaintext_value",
    "*_secret.data",
    "*_secret.binary_data",
    "*_secret_v1.data",
    "*_secret_v1.binary_data",
    "vault_*.data_json",
    "local_sensitive_file.content*",
    "AWS::SSM::Parameter.Value",
)
"""Globs over `type.attribute`: what is a secret there although its name does not tell, nor Terraform before 1.0."""

_CONDITION_KEY = re.compile(r"[a-z0-9][a-z0-9.-]*(?:/[A-Za-z0-9._-]+)?:(?P<key>[A-Za-z0-9/._-]+)")
"""An IAM condition key, `token.actions.githubusercontent.com:sub`: what stands before the colon names a service."""

_REFERENCE = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:\d{0,12}:[^\s\"']+|\{\{resolve:[a-z-]+:[^{}\s]+\}\}")
"""A text that only says where a secret is kept."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of secret looks."""

    what: str
    marks: tuple[str, ...]
    """In lower case: a text without any of them holds no such secret. Looked for first, since that is quick."""
    pattern: re.Pattern[str]


def _shape(what: str, marks: str, pattern: str) -> Shape:
    return Shape(what, tuple(marks.split()), re.compile(pattern))


SECRET_SHAPES: tuple[Shape, ...] = (
    _shape("AWS access key id", "akia asia abia acca", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b"),
    _shape(
        "GitHub token",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20}|github_pat_[A-Za-z0-9_]{20})",
    ),
    _shape("GitLab token", "glpat- glrt- gldt- glcbt- glptt- glft- glsoat-", r"\bgl[a-z]{2,4}-[A-Za-z0-9_-]{16}"),
    _shape("Slack token", "xox", r"\bxox[abeoprs]-[A-Za-z0-9-]{10}"),
    _shape("Slack webhook", "hooks.slack.com", r"hooks\.slack\.com/(?:services|workflows)/\S"),
    _shape("Stripe key", "k_live_ k_test_", r"\b[srp]k_(?:live|test)_[A-Za-z0-9]{10}"),
    _shape("Google API key", "aiza ya29.", r"\bAIza[A-Za-z0-9_-]{30}|\bya29\.[A-Za-z0-9_-]{20}"),
    _shape("OpenAI or Anthropic key", "sk-", r"\bsk-(?:ant-|proj-)?(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20}"),
    _shape("npm token", "npm_", r"\bnpm_[A-Za-z0-9]{30}"),
    _shape("PyPI or Docker token", "pypi- dckr_pat_", r"\bpypi-[A-Za-z0-9_-]{40}|\bdckr_pat_[A-Za-z0-9_-]{20}"),
    _shape(
        "HashiCorp token",
        "hvs. hvb. hvr. .atlasv1.",
        r"\bhv[sbr]\.[A-Za-z0-9_-]{20}|\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{50}",
    ),
    _shape("DigitalOcean token", "dop_v1_ doo_v1_", r"\bdo[op]_v1_[0-9a-f]{32}"),
    _shape("Databricks token", "dapi", r"\bdapi[0-9a-f]{32}\b"),
    _shape("Grafana token", "glsa_ glc_", r"\bgl(?:sa|c)_[A-Za-z0-9_+/=]{24}"),
    _shape("New Relic key", "nrak-", r"\bNRAK-[A-Z0-9]{20}"),
    _shape("Shopify token", "shpat_ shpss_", r"\bshp(?:at|ss)_[0-9a-fA-F]{32}"),
    _shape("Atlassian token", "atatt3", r"\bATATT3[A-Za-z0-9_=-]{30}"),
    _shape("Hugging Face token", "hf_", r"\bhf_[A-Za-z0-9]{30}"),
    _shape("Tailscale key", "tskey-", r"\btskey-[a-z]{2,12}-[A-Za-z0-9]{8}"),
    _shape("age key", "age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{40}"),
    _shape("Pulumi token", "pul-", r"\bpul-[0-9a-f]{40}\b"),
    _shape("Linear key", "lin_api_", r"\blin_api_[A-Za-z0-9]{30}"),
    _shape("Sentry token", "sntrys_", r"\bsntrys_[A-Za-z0-9_+/=]{30}"),
    _shape("Supabase token", "sbp_", r"\bsbp_[0-9a-f]{40}\b"),
    _shape("Doppler token", "dp.pt. dp.st.", r"\bdp\.[ps]t\.[A-Za-z0-9_.-]{30}"),
    _shape("CircleCI token", "ccipat_", r"\bCCIPAT_[A-Za-z0-9_]{20}"),
    _shape("Slack app token", "xapp-", r"\bxapp-\d-[A-Za-z0-9-]{12}"),
    _shape("RubyGems key", "rubygems_", r"\brubygems_[0-9a-f]{40}"),
    _shape("PlanetScale token", "pscale_", r"\bpscale_[a-z]{2,8}_[A-Za-z0-9_.-]{30}"),
    _shape("Dynatrace token", "dt0c01.", r"\bdt0c01\.[A-Z0-9]{20}"),
    _shape("Azure client secret", "q~", r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{30}"),
    _shape(
        "webhook that holds its own secret",
        "/api/webhooks/ webhook.office.com api.telegram.org events.pagerduty.com",
        r"/api/webhooks/\d{5,32}/[A-Za-z0-9_-]{20}|webhook\.office\.com/webhook\w{0,4}/\S|"
        r"api\.telegram\.org/bot\d{5,20}:|events\.pagerduty\.com/integration/\S",
    ),
    _shape(
        "hash of a password",
        "$1$ $2a$ $2b$ $2y$ $5$ $6$ $y$ $argon2",
        r"\$(?:1|5|6|y)\$[^\s:$]{1,32}\$[^\s:]{20}|\$2[aby]\$\d\d\$[A-Za-z0-9./]{40}|\$argon2\w{1,2}\$",
    ),
    _shape(
        "Kubernetes secret in YAML",
        "kind:",
        r"(?m)^[ \t-]{0,40}kind:[ \t]{1,8}[\"']?Secret[\"']?[ \t]{0,40}$",
    ),
    _shape("SendGrid key", "sg.", r"\bSG\.[A-Za-z0-9_-]{16,80}\.[A-Za-z0-9_-]{16}"),
    _shape("Twilio key", "sk", r"\bSK[0-9a-f]{32}\b"),
    _shape("PEM private key", "private key", r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
    _shape("JSON web token", "eyj", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{4}"),
    _shape(
        "credentials in a URL",
        "://",
        r"(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]{0,40}://[^\s/:@\"']{0,256}:[^\s/@\"']{1,1024}@",
    ),
    _shape(
        "credentials in a driver's address",
        "@tcp( @unix(",
        r"(?<![^\s\"'=])[^\s/:@\"'=]{1,64}:[^\s@\"']{1,256}@(?:tcp|unix)\(",
    ),
    _shape(
        "password on a command line",
        "--password --token --secret curl sshpass",
        r"--(?:password|token|secret)(?:[ \t]{1,8}|=)(?![\s\"'$<{-]|\\)[^\s\"']{4}|"
        r"\bcurl\s(?:[^\n]{0,200}?\s)?(?:-u|--user)[ =]?[\"']?[^\s:\"'$]{1,64}:(?![\"'$\s])[^\s\"']{3}|"
        r"\bsshpass[ \t]{1,8}-p[ \t]{0,4}[\"']?(?!\$)[^\s\"']{3}",
    ),
    _shape("authorization header", "bearer basic", r"(?i)\b(?:bearer|basic)\s{1,8}(?=\S{0,60}\d)[a-z0-9+/_.=-]{16}"),
    _shape(
        "assignment to a secret name",
        "passwd password pwd passphrase secret token key",
        r"(?i)(?<!\d:)(?:passw(?:or)?d|pwd|passphrase|secret|token|(?:api|account|access|private)_?key)"
        r"\\{0,512}[\"']?[ \t]{0,40}[=:][ \t]{0,40}(?!//)\\{0,512}[\"']?"
        r"(?![\s\"']|\$[a-z_{(]|\{\{|%\(|<|true\b|false\b|null\b|none\b)[^\s\"',;]{4}",
    ),
    _shape(
        "Azure shared access signature",
        "sig= sharedaccesssignature= code=",
        r"[?&;]sig=[A-Za-z0-9%+/=]{20}|SharedAccessSignature=\S|[?&]code=[A-Za-z0-9%+/=_-]{40}",
    ),
    _shape(
        "signed AWS or Google address",
        "x-amz-signature= x-goog-signature=",
        r"(?i)x-(?:amz|goog)-signature=[0-9a-z]{16}",
    ),
)

_NAMES_TOO = re.compile(
    r"[?&;][a-z_-]{0,20}(?:passw(?:or)?d|pwd|secret|token|api_?key|access_?key|code)=[^&\s\"']{4}", re.IGNORECASE
)
"""What is a secret in the name of a thing, too: a parameter of a URL."""

_NOT_IN_NAMES = frozenset(
    {"AWS access key id", "assignment to a secret name", "authorization header", "Kubernetes secret in YAML"}
)
"""Shapes that names have without holding a secret: `aws:secretsmanager/secret:Secret`, the id of an access key."""

_ATTRIBUTES = glob_pattern(*SECRET_ATTRIBUTES)
_BY_MARK = tuple((mark, shape.pattern) for shape in SECRET_SHAPES for mark in shape.marks)
_BY_MARK_IN_NAMES = tuple(
    (mark, shape.pattern) for shape in SECRET_SHAPES if shape.what not in _NOT_IN_NAMES for mark in shape.marks
)
_SHORTEST = 8
"""Characters of the shortest text that has a secret's shape: `pwd=abcd`."""

_BASE64 = re.compile(r"[A-Za-z0-9+/\r\n]{24,}+={0,2}+\s*+")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{24,}+={0,2}+")
_MAX_RUNS = 100
_GZIP_IN_BASE64 = "H4sI"
_MAX_NAME = 256
"""Characters at the end of a name that are looked at."""
_MAX_TEXT = 1 << 20
"""Characters of a base64 text that are looked into; a longer one is hidden unread."""


@lru_cache(maxsize=8192)
def is_secret_name(name: str) -> bool:
    """Say whether a value under this name is taken for a secret."""
    condition = _CONDITION_KEY.fullmatch(name)
    told = (condition["key"] if condition else name)[-_MAX_NAME:]
    return _SECRET_WORDS.search(told) is not None and _HARMLESS_NAMES.fullmatch(told) is None


def is_secret_attribute(provider_type: str, name: str) -> bool:
    """Say whether an attribute of a type of resource is known to hold a secret."""
    if _ATTRIBUTES.fullmatch(f"{provider_type}.{name}") is not None:
        return True
    bridged = terraform_name(provider_type)
    return bridged != provider_type and _ATTRIBUTES.fullmatch(f"{bridged}.{snake_case(name)}") is not None


def is_reference(text: str) -> bool:
    """Say whether a text only names the place where a secret is kept: an ARN, a dynamic reference."""
    return _REFERENCE.fullmatch(text) is not None


def has_secret_in_name(name: str) -> bool:
    """Say whether the name of a thing (an address, an id) holds something shaped like a secret."""
    if len(name) < _SHORTEST:
        return False
    lowered = name.lower()
    for mark, pattern in _BY_MARK_IN_NAMES:
        if mark in lowered and pattern.search(name):
            return True
    return "=" in name and _NAMES_TOO.search(name) is not None


def has_secret_shape(text: str) -> bool:
    """Say whether a text is, or holds, something shaped like a known secret; base64 (user data) is looked into."""
    if _holds_secret(text) or _holds_encoded_secret(text):
        return True
    if not _BASE64.fullmatch(text):
        return False
    if len(text) > _MAX_TEXT or text.startswith(_GZIP_IN_BASE64):
        return True
    try:
        inside = base64.b64decode(text, validate=False).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return _holds_secret(inside)


def _holds_encoded_secret(text: str) -> bool:
    """Say whether a script that speaks of base64 (`encoding: b64` of cloud-init) holds a secret so encoded."""
    if "b64" not in text and "base64" not in text:
        return False
    runs = islice(_BASE64_RUN.finditer(text[:_MAX_TEXT]), _MAX_RUNS)
    return any(_holds_secret(_decoded(one[0])) for one in runs)


def _decoded(run: str) -> str:
    """Return what a run of base64 holds, '' where it is no text."""
    try:
        return base64.b64decode(run[: len(run) // 4 * 4]).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _holds_secret(text: str) -> bool:
    if len(text) < _SHORTEST:
        return False
    lowered = text.lower()
    for mark, pattern in _BY_MARK:  # noqa: SIM110 - asked of every text there is, and any() takes twice as long
        if mark in lowered and pattern.search(text):
            return True
    return False
