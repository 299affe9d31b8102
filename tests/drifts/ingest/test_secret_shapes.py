"""Which names and texts are taken for secrets, and which are not. No string below is a real credential."""

from __future__ import annotations

import base64
import gzip

import pytest

from drifts.ingest.secret_shapes import (
    SECRET_SHAPES,
    has_secret_in_name,
    has_secret_shape,
    is_reference,
    is_secret_name,
)


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
    DB_PASS smtp_pass pgpass pass passcode kube_admin_config kube_admin_config_raw storage_key DD_APP_KEY app_key
    instrumentation_key integration_key X-Origin-Verify base_32_string_seed set_sensitive
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
    bypass compass map_key routing_key primary_key storage_key_name
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
    "Azure shared access signature": [
        "https://x/y?sv=1&sig=" + "a1B2" * 6,
        "SharedAccessSignature=sr=x",
        "https://f.azurewebsites.net/api/run?code=" + "a1B2" * 12,
    ],
    "signed AWS or Google address": ["https://b.s3.amazonaws.com/k?X-Amz-Signature=" + "0a1b" * 8],
    "DigitalOcean token": ["dop_v1_" + "0a1b" * 16],
    "Databricks token": ["dapi" + "0a1b" * 8],
    "Grafana token": ["glsa_" + "a1B2" * 8],
    "New Relic key": ["NRAK-" + "A1B2" * 7],
    "Shopify token": ["shpat_" + "0a1b" * 8],
    "Atlassian token": ["ATATT3" + "a1B2" * 10],
    "Hugging Face token": ["hf_" + "a1B2" * 9],
    "Tailscale key": ["tskey-auth-" + "a1B2" * 4],
    "age key": ["AGE-SECRET-KEY-1" + "Q2W3" * 14],
    "Pulumi token": ["pul-" + "0a1b" * 10],
    "Linear key": ["lin_api_" + "a1B2" * 10],
    "Sentry token": ["sntrys_" + "a1B2" * 10],
    "Supabase token": ["sbp_" + "0a1b" * 10],
    "Doppler token": ["dp.pt." + "a1B2" * 10],
    "CircleCI token": ["CCIPAT_" + "a1B2" * 8],
    "Slack app token": ["xapp-1-" + "A1B2" * 4],
    "RubyGems key": ["rubygems_" + "0a1b" * 12],
    "PlanetScale token": ["pscale_tkn_" + "a1B2" * 8],
    "Dynatrace token": ["dt0c01." + "A1B2" * 6],
    "Azure client secret": ["a1B8Q~" + "a1B2" * 9],
    "webhook that holds its own secret": [
        "https://discord.com/api/webhooks/123456789012345678/" + "a1B2" * 15,
        "https://acme.webhook.office.com/webhookb2/a1b2@c3/IncomingWebhook/d4",
        "https://api.telegram.org/bot123456789:AA" + "a1B2" * 8 + "/sendMessage",
        "https://events.pagerduty.com/integration/0a1b2c3d/enqueue",
    ],
    "hash of a password": [
        "$6$rounds=5000$salt$" + "a1B2" * 20,
        "$1$salt$" + "a1B2" * 6,
        "$2y$10$" + "a1B2" * 13,
        "$argon2id$v=19$m=1",
    ],
    "Kubernetes secret in YAML": ["apiVersion: v1\nkind: Secret\ndata:\n  a: eA==", '- kind: "Secret"'],
    "credentials in a driver's address": ["root:hunter2@tcp(10.0.0.1:3306)/db", "DSN=app:pw@unix(/tmp/s)/db"],
    "password on a command line": [
        "mysql --password hunter2",
        "x --token=a1b2c3",
        "curl -s -u admin:hunter2 https://x",
        "sshpass -p hunter2 ssh",
    ],
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
    "docker login --password-stdin",
    "mysql --password $DB_PASSWORD",
    "mysql --password {{ vault }}",
    "curl -u $USER:$PASS https://x",
    "kind: SecretStore",
    "kind: ServiceAccount",
    "sed 's/^$1$//'",
    "echo a | base64 -d # 0123456789abcdef0123456789abcdef",
    "https://discord.com/api/webhooks",
    "https://example.org/callback?code=1",
    base64.b64encode(b"#!/bin/sh\necho hello, this is a harmless script\n").decode(),
    "dGhpcyBpcyBub3QgdXRmLTgg/////////w==",
]


@pytest.mark.parametrize("text", PLAIN_TEXTS)
def test_a_plain_text_is_left_alone(text: str) -> None:
    assert not has_secret_shape(text)


def test_a_secret_is_known_in_base64_within_a_script() -> None:
    encoded = base64.b64encode(b"DB_PASSWORD=hunter2 and more").decode()
    assert has_secret_shape(f"#cloud-config\nwrite_files:\n- encoding: b64\n  content: {encoded}\n")
    assert not has_secret_shape(f"#cloud-config\nwrite_files:\n- content: {encoded}\n")


@pytest.mark.parametrize(
    "name",
    [
        'aws_x.y["ghp_' + "a1B2" * 9 + '"]',
        "https://user:pa55@example.org/",
        "https://example.org/hook?token=a1b2c3d4",
        "https://hooks.slack.com/services/T0/B0/x",
    ],
)
def test_a_name_may_hold_a_secret(name: str) -> None:
    assert has_secret_in_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "urn:pulumi:prod::app::aws:secretsmanager/secret:Secret::db",
        "aws_iam_access_key.AKIA" + "ABCDEFGHIJ234567",
        "aws_ssm_parameter./app/token:prod",
        'module.a["x.y"].aws_secretsmanager_secret.password["token=a"]',
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
        "id",
    ],
)
def test_a_name_that_only_speaks_of_secrets_is_left_alone(name: str) -> None:
    assert not has_secret_in_name(name)


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
    curl curl_-u --password --token= kind: kind:_ /api/x /api/?code= $6$ $6$a $argon2 @tcp( a:@tcp( dapi hf_ b64A base64
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
    assert has_secret_in_name(text) in {True, False}
    assert is_reference(text) is False
    assert is_secret_name(text) in {True, False}
