"""Which names and texts are taken for secrets, and which are not. No string below is a real credential."""

from __future__ import annotations

import base64
import gzip

import pytest

from drifts.ingest.secret_shapes import SECRET_SHAPES, has_secret_shape, is_reference, is_secret_name


def words(text: str) -> list[str]:
    return text.split()


SECRET_NAMES = words(
    """
    password master_password db_password admin_password administrator_login_password MasterUserPassword dbPassword
    DB_PASSWORD encrypted_password ses_smtp_password_v4 passphrase auth_token authToken token sas_token bearer_token
    secret client_secret clientSecret SecretString secret_string secret_key secret_access_key secret_binary
    private_key private_key_pem PrivateKey access_key primary_access_key api_key apiKey API_KEY STRIPE_SECRET
    connection_string primary_connection_string tunnel1_preshared_key pre_shared_key shared_key account_key
    webhook_url credentials kube_config kube_config_raw session_cookie SENTRY_DSN master_key encryption_key
    client_key tls_key server_key key_pem hmac_key rootPassword pgpassword OAUTH_TOKEN
"""
)

PLAIN_NAMES = words(
    """
    key_name key_id kms_key_id kms_key_arn secret_arn secret_name secretArn token_type token_url token_endpoint
    token_ttl token_policies token_period token_validity_units access_token_validity id_token_validity
    token_bound_cidrs password_length minimum_password_length max_password_age password_reuse_prevention password_policy
    allow_users_to_change_password require_password manage_master_user_password enable_key_rotation hash_key range_key
    partition_key public_key key key_pair_name http_tokens cookie_duration cookies cookie_names api_key_source
    api_key_required api_key_selection_expression private_key_algorithm credentials_arn secret_key_ref secret_ref
    password_last_used monkey keyboard tokyo passenger description engine bucket tags
    token.actions.githubusercontent.com:sub secretsmanager:VersionStage aws:TokenIssueTime kms:EncryptionContext
"""
)


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_that_holds_a_secret_is_known(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", PLAIN_NAMES)
def test_a_name_that_only_sounds_like_a_secret_is_left_alone(name: str) -> None:
    assert not is_secret_name(name)


SECRETS = {
    "AWS access key id": ["AKIA" + "ABCDEFGHIJ234567", "export KEY=ASIA" + "ABCDEFGHIJ234567;"],
    "GitHub token": ["ghp_" + "a1B2" * 9, "x github_pat_" + "a1_B" * 8],
    "GitLab token": ["glpat-" + "a1B2" * 5],
    "Slack token": ["xoxb-" + "123456789012"],
    "Slack webhook": ["https://hooks.slack.com/services/T0/B0/x"],
    "Stripe key": ["sk_live_" + "a1B2" * 6],
    "Google API key": ["AIza" + "a1B2_" * 7, "ya29." + "a1B2" * 6],
    "OpenAI or Anthropic key": ["sk-ant-" + "api03-a1B2c3D4e5F6g7H8", "sk-" + "a1B2" * 8],
    "npm token": ["npm_" + "a1B2" * 9],
    "PyPI or Docker token": ["pypi-" + "AgEIcHlwaS5vcmc" * 4, "dckr_pat_" + "a1B2" * 6],
    "HashiCorp token": ["hvs." + "CAESI" * 6, "a1B2c3D4e5F6g7.atlasv1." + "a1B2" * 15],
    "SendGrid key": ["SG." + "a1B2" * 5 + "." + "a1B2" * 5],
    "Twilio key": ["SK" + "0123456789abcdef" * 2],
    "PEM private key": [
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE",
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----",
    ],
    "JSON web token": ["eyJ" + "hbGciOiJI.eyJzdWIiOiIx.c2ln"],
    "credentials in a URL": ["postgres://app:hunter2@db:5432/x", "see https://user:pa55@example.org/", "redis://:pw@h"],
    "authorization header": ["Authorization: Bearer a1B2c3D4e5F6g7H8i9", "basic dXNlcjpwYXNzd29yZDE="],
    "assignment to a secret name": [
        "DB_PASSWORD=hunter2",
        "export TOKEN='abcd1234'",
        "Server=x;Pwd=abcd;",
        '"secret": "abcd"',
        "--password: letmein",
        "api_key = abcdef",
    ],
    "Azure shared access signature": ["https://x/y?sv=1&sig=" + "a1B2" * 6, "SharedAccessSignature=sr=x"],
}


def test_every_shape_has_its_examples() -> None:
    assert set(SECRETS) == {shape.what for shape in SECRET_SHAPES}


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, texts in SECRETS.items() for text in texts])
def test_a_secret_is_known_by_its_shape(what: str, text: str) -> None:
    assert has_secret_shape(text)
    shape = next(one for one in SECRET_SHAPES if one.what == what)
    assert shape.pattern.search(text)
    assert any(mark in text.lower() for mark in shape.marks)


@pytest.mark.parametrize(("what", "text"), [(what, text) for what, texts in SECRETS.items() for text in texts])
def test_a_secret_is_known_inside_base64(what: str, text: str) -> None:
    script = f"#!/bin/sh\nset -e\n {text}\n"
    assert has_secret_shape(script)
    assert has_secret_shape(base64.b64encode(script.encode()).decode())


PLAIN_TEXTS = [
    "",
    "t3.medium",
    "arn:aws:iam::123456789012:role/app",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
    "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "https://example.org/path:with/colon@2x.png",
    "git@github.com:owner/repo.git",
    "https://sqs.eu-west-1.amazonaws.com/123456789012/queue",
    "A token of thanks; keep the secret.",
    "PASSWORD=$DB_PASSWORD",
    "TOKEN=$(cat /run/token)",
    "password: ${var.password}",
    "password = {{ vault }}",
    "sk-a-kebab-case-name-of-some-length",
    "basic authentication-is-enabled here",
    "2026-01-02T03:04:05Z",
    "0123456789abcdef0123456789abcdef01234567",
    "-----BEGIN CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----",
    "monkey=business",
    base64.b64encode(b"#!/bin/sh\necho hello, this is a harmless script\n").decode(),
    "dGhpcyBpcyBub3QgdXRmLTgg/////////w==",
]


@pytest.mark.parametrize("text", PLAIN_TEXTS)
def test_a_plain_text_is_left_alone(text: str) -> None:
    assert not has_secret_shape(text)


def test_compressed_or_huge_user_data_is_hidden_unread() -> None:
    assert has_secret_shape(base64.b64encode(gzip.compress(b"#!/bin/sh\necho hello hello")).decode())
    assert has_secret_shape("A" * (1 << 21))


@pytest.mark.parametrize(
    ("text", "only_names_the_place"),
    [
        ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf", True),
        ("arn:aws-cn:kms:cn-north-1:123456789012:key/1", True),
        ("{{resolve:secretsmanager:MySecret:SecretString:password}}", True),
        ("hunter2", False),
        ("arn:aws:x hunter2", False),
        ("arn:hunter2", False),
    ],
)
def test_a_reference_is_no_secret(text: str, only_names_the_place: bool) -> None:
    assert is_reference(text) is only_names_the_place


SEEDS = words(
    """
    a a. eyJ eyJ- eyJa. SG. SG.a xox xoxb -----BEGIN -----BEGIN_PRIVATE_KEY :// a:// a://b: http://x:y: = token token=
    token: password password_= bearer basic_a ?sig= gl glpat- sk- sk-ant- sk_live_ npm_ pypi- hvs. .atlasv1. AKIA
    hooks.slack.com/ ya29. AIza A+/ arn:aws: {{resolve: {{resolve:a: ARN _id a_ . - : / passw secretsecret key_ _key
"""
)


@pytest.mark.parametrize(
    "seed", [*SEEDS, " ", "\n", "token ", "bearer ", "basic\t", "password = ", "é", "\\", "token\\"]
)
def test_a_megabyte_of_anything_takes_no_time_to_speak_of(seed: str) -> None:
    """A shape that started over at each character would take hours: the suite has a time limit."""
    text = f" {(seed * ((1 << 20) // len(seed)))}\x00@"
    assert has_secret_shape(text) in {True, False}
    assert is_reference(text) is False
    assert is_secret_name(text) in {True, False}
