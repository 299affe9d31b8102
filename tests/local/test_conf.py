"""What the environment says, and what it must not say."""

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from driftsentry import conf

GOOD = {
    "SECRET_KEY": "k" * 32,
    "ALLOWED_HOSTS": "drift.example.com",
    "DATABASE_URL": "postgres://user:word@db.example.com/driftsentry",
    "JOURNAL_SIGNING_KEYS": "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=",
}


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment with all that production needs, to be spoilt."""
    monkeypatch.delenv("JWT_SIGNING_KEY", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def _refusal() -> str:
    with pytest.raises(ImproperlyConfigured) as refusal:
        conf.require_production_settings()
    return str(refusal.value)


def test_production_starts_with_what_it_needs(production: pytest.MonkeyPatch) -> None:
    conf.require_production_settings()  # it would raise


def test_one_message_names_all_that_production_lacks(production: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        production.delenv(name)
    assert _refusal() == (
        "DriftSentry cannot start in production: "
        "SECRET_KEY is not set; ALLOWED_HOSTS is not set; DATABASE_URL is not set; JOURNAL_SIGNING_KEYS is not set."
    )


@pytest.mark.parametrize("name", sorted(GOOD))
@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_setting_is_a_missing_one(production: pytest.MonkeyPatch, name: str, value: str) -> None:
    production.setenv(name, value)
    assert _refusal() == f"DriftSentry cannot start in production: {name} is not set."


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("SECRET_KEY", "k" * 31, "SECRET_KEY is shorter than 32 characters"),
        ("JWT_SIGNING_KEY", "k" * 31, "JWT_SIGNING_KEY is shorter than 32 characters"),
        ("JWT_KEYS", "2026:short", "JWT_KEYS takes NAME:SECRET,… with secrets of at least 32 characters"),
        ("JWT_KEYS", "s" * 40, "JWT_KEYS takes NAME:SECRET,… with secrets of at least 32 characters"),
        ("JWT_KEYS", f"a:{'k' * 32},a:{'l' * 32}", "JWT_KEYS names two keys alike"),
        ("ENCRYPTION_KEYS", f"{'k' * 32},short", "ENCRYPTION_KEYS has a key of fewer than 32 characters"),
        ("ALLOWED_HOSTS", "*", "ALLOWED_HOSTS must name hosts, not *"),
        ("ALLOWED_HOSTS", "drift.example.com, *", "ALLOWED_HOSTS must name hosts, not *"),
        ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS is not set"),
    ],
)
def test_a_weak_setting_is_refused_without_showing_it(
    production: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    production.setenv(name, value)
    assert _refusal() == f"DriftSentry cannot start in production: {problem}."


@pytest.mark.parametrize("name", ["staging", "Production", ""])
def test_an_unknown_environment_is_refused_with_the_known_ones(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("DRIFTSENTRY_ENV", name)
    with pytest.raises(ImproperlyConfigured, match="it takes one of: development, production"):
        conf.environment()


def test_development_is_the_default() -> None:
    assert "DRIFTSENTRY_ENV" not in os.environ
    assert conf.environment() == "development"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://user:word@127.0.0.1:5432/driftsentry",
        "postgresql://user:p%40ss%23w%2Fo%3Frd@db.example.com/driftsentry",
        "postgres://user:a:b+c$d%25@db.example.com/driftsentry",
        "postgres://user:word@[::1]:5432/driftsentry",
        "postgres://user:word@db.example.com/driftsentry?sslmode=verify-full&sslrootcert=/etc/ssl/ca.pem",
        "postgres:///driftsentry",
    ],
)
def test_a_sound_database_address_is_left_as_it_is(url: str) -> None:
    assert conf.check_database_url(url) == url


@pytest.mark.parametrize("character", ["@", "#", "/", "?", "["])
@pytest.mark.parametrize("password", ["hidden{}word", "1234{}5678", "{}hidden", "hidden{}"])
def test_a_password_that_would_move_the_database_is_refused_and_never_shown(character: str, password: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="unescaped character") as refusal:
        conf.check_database_url(f"postgres://user:{password.format(character)}@db.example.com/driftsentry")
    for secret in ("hidden", "1234", "5678"):
        assert secret not in str(refusal.value)
    assert refusal.value.__cause__ is refusal.value.__context__ is None


@pytest.mark.parametrize(
    "address", ["user:word@db.example.com", "user:word@db:port/name", "user:word@db/name/more", ""]
)
def test_a_database_address_without_one_plain_database_is_refused(address: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="no database name"):
        conf.check_database_url(f"postgres://{address}")


@pytest.mark.parametrize("url", ["sqlite:///db.sqlite3", "mysql://user:word@host/name", "db.example.com", ""])
def test_no_database_but_postgresql_is_taken(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="must start with postgres://"):
        conf.check_database_url(url)


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that names no key."""
    for name in ("SECRET_KEY", "JWT_SIGNING_KEY", "JWT_KEYS", "MASKING_KEY", "ENCRYPTION_KEYS", "EXTERNAL_ID_KEY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_each_key_is_derived_from_the_secret_and_apart_from_the_others(
    no_keys: pytest.MonkeyPatch, folder: Path
) -> None:
    no_keys.setenv("SECRET_KEY", "one secret")
    keys = conf.keys("production", folder)
    assert keys.secret == "one secret"
    ((_, jwt),), (encryption,) = keys.jwt, keys.encryption
    apart = {keys.secret.encode(), bytes.fromhex(jwt), keys.masking, bytes.fromhex(encryption), keys.external_ids}
    assert len(apart) == 5
    assert conf.keys("production", folder) == keys
    no_keys.setenv("SECRET_KEY", "another secret")
    other = conf.keys("production", folder)
    assert keys.jwt != other.jwt
    assert keys.masking != other.masking
    assert keys.external_ids != other.external_ids


def test_a_named_key_stands_apart_from_the_secret(no_keys: pytest.MonkeyPatch, folder: Path) -> None:
    no_keys.setenv("SECRET_KEY", "one secret")
    no_keys.setenv("JWT_SIGNING_KEY", "for tokens")
    no_keys.setenv("MASKING_KEY", "for masks")
    no_keys.setenv("ENCRYPTION_KEYS", "newest, older")
    no_keys.setenv("EXTERNAL_ID_KEY", "for external ids")
    keys = conf.keys("production", folder)
    assert (keys.masking, keys.encryption[:2]) == (b"for masks", ("newest", "older"))
    assert [secret for _, secret in keys.jwt] == ["for tokens"]
    assert keys.external_ids == b"for external ids"
    no_keys.setenv("JWT_KEYS", "2026:new secret, 2025:old:secret")
    assert conf.keys("production", folder).jwt == (("2026", "new secret"), ("2025", "old:secret"))


def test_whose_stacks_may_use_the_servers_credentials_is_one_of_three_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, meant in {"": "auto", "auto": "auto", " Allow ": "allow", "deny": "deny"}.items():
        monkeypatch.setenv("DETECTOR_OWN_CREDENTIALS", said)
        assert conf.own_credentials() == meant
    monkeypatch.delenv("DETECTOR_OWN_CREDENTIALS")
    assert conf.own_credentials() == "auto"
    monkeypatch.setenv("DETECTOR_OWN_CREDENTIALS", "true")
    with pytest.raises(ImproperlyConfigured, match="'true'; it takes one of: auto, allow, deny"):
        conf.own_credentials()


def test_development_keeps_a_secret_of_its_own_for_its_owner_only(no_keys: pytest.MonkeyPatch, folder: Path) -> None:
    first = conf.keys("development", folder)
    assert len(first.secret) >= 50
    assert conf.keys("development", folder) == first
    assert [path.name for path in folder.iterdir()] == ["secret-key"]
    assert (folder / "secret-key").stat().st_mode & 0o777 == 0o600


def test_production_makes_no_secret(no_keys: pytest.MonkeyPatch, folder: Path) -> None:
    assert conf.keys("production", folder).secret == ""
    assert not folder.exists()


def test_the_data_folder_may_be_named_from_home_or_from_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name, place in {
        "~/drift": tmp_path / "drift",
        "there": tmp_path / "there",
        "": Path("/base/.driftsentry"),
    }.items():
        monkeypatch.setenv("DRIFTSENTRY_DATA_DIR", name)
        assert conf.data_dir(Path("/base")) == place
