"""What every request in JSON has in common. Pure."""

from __future__ import annotations

import json
from typing import Any

from alerts.sending.headings import PRODUCT

JSON: dict[str, str] = {
    "content-type": "application/json; charset=utf-8",
    "accept": "application/json",
    "user-agent": PRODUCT,
}


def json_bytes(value: Any) -> bytes:
    """Write JSON, compactly; lone surrogates become question marks.

    Args:
        value: What to write.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
