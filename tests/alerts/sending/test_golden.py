"""What each medium sends, word for word: a change of a message is seen here by whoever reads the change.

To write the files anew, delete them and run this test twice: it fails once and writes those that are missing.
"""

import json
from pathlib import Path

import pytest

from alerts.sending.base import MailRequest
from alerts.sending.registry import SENDERS
from tests.alerts.sending.messages import MESSAGES, NOW, SETTINGS

FOLDER = Path(__file__).parent / "golden"


def sent(medium: str, name: str) -> str:
    """A request as a person reads it."""
    request = SENDERS[medium].request(MESSAGES[name], *SETTINGS[medium], NOW)
    if isinstance(request, MailRequest):
        head = {"To": ", ".join(request.recipients), "Subject": request.subject, **request.headers}
        return "\n".join([*(f"{name}: {value}" for name, value in head.items()), "", request.text])
    heads = [f"{name}: {value}" for name, value in request.headers.items() if name != "authorization"]
    body = json.dumps(json.loads(request.content), indent=2, ensure_ascii=False)
    return "\n".join(
        [f"POST {request.url.split('?')[0].replace('hunter2hunter2', '…')}", *heads, "", body, ""]
    ).replace("hunter2hunter2hunter2hunter2abcd", "…")


@pytest.mark.parametrize("medium", SENDERS)
@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_reads_as_it_always_did(medium: str, name: str) -> None:
    path, made = FOLDER / f"{medium}.{name}.txt", sent(medium, name)
    if not path.exists():
        path.write_text(made, encoding="utf-8")
        pytest.fail(f"{path.name} is new: read it, and keep it if it is right")
    assert made == path.read_text(encoding="utf-8")
