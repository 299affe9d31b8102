"""Words of a receiver repeat no secret, however it spells it."""

import base64
import json
from urllib.parse import quote

import pytest

from alerts.masking import MASK, hint, mask

URL = "https://hooks.example.com/services/T000/B000/abcdefghijklmnopqrstuvwx?token=0123456789abcdefXY"
SECRETS = {
    "url": URL,
    "signingSecrets": [{"secret": "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}],
    "headers": {"authorization": "Bearer s3cr3t/s3cr3t+s3cr3t"},
    "short": "abc",
    "number": 5,
}


@pytest.mark.parametrize(
    "spelt",
    [
        URL,
        json.dumps(URL),
        quote(URL, safe=""),
        URL.replace("/", "\\/"),
        "/services/T000/B000/abcdefghijklmnopqrstuvwx",
        "abcdefghijklmnopqrstuvwx",
        "0123456789abcdefXY",
        "whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
        "Bearer s3cr3t/s3cr3t+s3cr3t",
        "s3cr3t/s3cr3t+s3cr3t",
        quote("s3cr3t/s3cr3t+s3cr3t", safe=""),
        base64.b64encode(b"s3cr3t/s3cr3t+s3cr3t").decode(),
    ],
)
def test_a_secret_is_masked_however_it_is_spelt(spelt: str) -> None:
    shown = mask(f"We got {spelt} from you.", SECRETS, 500)
    assert MASK in shown
    for part in ("abcdefghijklmnop", "0123456789abcdef", "c2VjcmV0", "s3cr3t", "czNjcjN0"):
        assert part not in shown


def test_other_words_stay_on_one_line_and_are_cut() -> None:
    assert mask("no\x00 such\n\troute abc 5", SECRETS, 500) == "no such route abc 5"
    assert len(mask("x" * 10_000, SECRETS, 500)) == 500
    assert mask("https://other.example/none", {"url": "https://[broken"}, 500) == "https://other.example/none"


@pytest.mark.parametrize(("secret", "shown"), [("x" * 40 + "abcd", "…abcd"), ("short", "…"), ("", "…")])
def test_a_hint_shows_the_end_of_a_long_secret_alone(secret: str, shown: str) -> None:
    assert hint(secret) == shown
