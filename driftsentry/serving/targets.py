"""What a request may ask for: a path, spelt as paths are."""

import re
from urllib.parse import unquote_to_bytes

ESCAPES = re.compile(rb"%(?![0-9A-Fa-f]{2})")
CONTROLS = re.compile(rb"[\x00-\x1f\x7f]")
SEPARATORS = re.compile(rb"(?i)%2f|%5c|\\")
DOTS = re.compile(rb"(?:\A|/)\.{1,2}(?:;[^/]*)?(?:/|\Z)")


def is_clean(target: bytes) -> bool:
    """Whether a request's target is an absolute path whose every reader reads the same.

    A proxy in front decides by what it takes the path to be. Encoded slashes, dot segments, `//`, control characters
    and broken escapes are what two readers differ on; no path of ours needs any of them.

    Args:
        target: The request line's, with or without a query.
    """
    path, _, query = target.partition(b"?")
    if not path.startswith(b"/") or b"//" in path or SEPARATORS.search(path) or ESCAPES.search(path):
        return False
    decoded = unquote_to_bytes(path)
    if CONTROLS.search(decoded) or DOTS.search(decoded) or b"#" in query:
        return False
    try:
        decoded.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
