"""`manage.py import_driftignore`: driftctl's file without HTTP."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from drifts.models import IgnoreRule

WHY = "Taken over from driftctl."


def run(file: Path, account: str = "acme", reason: str = WHY) -> str:
    out = StringIO()
    call_command("import_driftignore", str(file), account=account, reason=reason, stdout=out)
    return out.getvalue()


def test_each_line_becomes_a_rule(world: Any, tmp_path: Path) -> None:
    file = tmp_path / ".driftignore"
    file.write_text("aws_s3_bucket.logs\naws_instance.*.ami\n")
    printed = run(file)
    assert "2 rules made." in printed
    assert [(one.types, one.reason, one.author_id) for one in IgnoreRule.objects.order_by("id")] == [
        (["aws_s3_bucket"], WHY, None),
        (["aws_instance"], WHY, None),
    ]


@pytest.mark.parametrize(
    ("content", "account", "reason", "words"),
    [
        (b"aws_eip.*\n!no", "acme", WHY, "line 2: Exceptions are not kept"),
        (b"aws_eip.*", "nobody", WHY, "There is no account"),
        (b"aws_eip.*", "acme", "short", "reason: Say why"),
        (b"\xff\xfe", "acme", WHY, "no text in UTF-8"),
        (None, "acme", WHY, "cannot be read"),
    ],
)
def test_what_cannot_be_imported_is_said_and_nothing_is_made(
    world: Any, tmp_path: Path, content: bytes | None, account: str, reason: str, words: str
) -> None:
    file = tmp_path / ".driftignore"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        run(file, account, reason)
    assert not IgnoreRule.objects.exists()
