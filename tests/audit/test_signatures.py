"""Ed25519 keys in every spelling, and signatures that hold for one purpose and one text only."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from rfc8785 import dumps

from audit.canonical import canonical
from audit.signatures import BadKey, Purpose, fault_of, key_id, keyring, private_key, public_key, public_pem

SEED = bytes(range(32))
KEY = Ed25519PrivateKey.from_private_bytes(SEED)
RAW = base64.b64encode(SEED).decode()
NONE = serialization.NoEncryption()
DER = KEY.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, NONE)
PEM = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NONE).decode()
PUBLIC = KEY.public_key().public_bytes_raw()
CURVE = generate_private_key(SECP256R1())
OTHER_KIND = CURVE.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, NONE).decode()
OTHER_PUBLIC = (
    CURVE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
CLAIMS = {"account": "a", "seq": 7}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("text", [RAW, base64.b64encode(DER).decode(), PEM, PEM.replace("\n", "\\n"), f" {RAW}\n"])
def test_a_private_key_is_read_in_every_spelling(text: str) -> None:
    assert private_key(text) == SEED


@pytest.mark.parametrize("text", [base64.b64encode(PUBLIC).decode(), public_pem(PUBLIC)])
def test_a_public_key_too(text: str) -> None:
    assert public_key(text) == PUBLIC


@pytest.mark.parametrize("text", ["", "no key", RAW[:-4], PEM[:60], OTHER_KIND, public_pem(PUBLIC)])
def test_what_is_no_private_key_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(BadKey) as refused:
        private_key(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("text", ["", "no key", OTHER_PUBLIC, PEM])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(BadKey):
        public_key(text)


def test_the_first_key_signs_and_each_verifies() -> None:
    old = base64.b64encode(b"o" * 32).decode()
    before, after = keyring([old]), keyring([RAW, old])
    signed = before.sign(Purpose.HEAD, CLAIMS)
    assert after.signing_id == key_id(PUBLIC)
    assert fault_of(Purpose.HEAD, signed, after.public) == ""
    assert after.sign(Purpose.HEAD, CLAIMS)["keyId"] == key_id(PUBLIC)


def test_a_retired_key_verifies_by_its_public_half() -> None:
    newer = base64.b64encode(b"n" * 32).decode()
    signed = keyring([RAW]).sign(Purpose.HEAD, CLAIMS)
    kept = keyring([newer, f"public:{base64.b64encode(PUBLIC).decode()}"])
    assert fault_of(Purpose.HEAD, signed, kept.public) == ""
    assert "not one of the keys that are trusted" in fault_of(Purpose.HEAD, signed, keyring([newer]).public)


def test_a_keyring_needs_a_key_that_signs_and_shows_none() -> None:
    for texts in ([], [f"public:{base64.b64encode(PUBLIC).decode()}"]):
        with pytest.raises(BadKey, match="must be a private one"):
            keyring(texts)
    assert str(SEED) not in repr(keyring([RAW]))


def test_a_signature_holds_for_its_purpose_and_its_text_only() -> None:
    keys = keyring([RAW])
    signed = keys.sign(Purpose.CHECKPOINT, CLAIMS)
    assert fault_of(Purpose.CHECKPOINT, signed, keys.public) == ""
    for other in (
        {**signed, "seq": 8},
        {**signed, "more": 1},
        {**signed, "signature": signed["signature"].rstrip("=")},
        {**signed, "signature": ""},
    ):
        assert fault_of(Purpose.CHECKPOINT, other, keys.public)
    assert fault_of(Purpose.HEAD, signed, keys.public)


@given(PLAIN)
def test_the_quick_canonical_text_is_rfc_8785s(value: object) -> None:
    assert canonical(value) == dumps(value)  # type: ignore[arg-type]


def test_keys_of_an_object_sort_as_utf_16() -> None:
    assert canonical({"\U0001f98a": 1, "\ufb33": 2}) == '{"\U0001f98a":1,"\ufb33":2}'.encode()
