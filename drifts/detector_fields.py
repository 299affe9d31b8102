"""The two fields of a stack that its detector reads, as forms take them: what it reads and how, and its secrets."""

from __future__ import annotations

import json
import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from drifts.actions.detection import MAX_CONFIG_BYTES, MAX_SECRETS

MAX_SECRET = 16 * 1024
SECRET_NAME = r"^[A-Za-z_][A-Za-z0-9_.-]{0,99}$"  # noqa: S105 - how a name looks
NO_SECRETS = (
    f"At most {MAX_SECRETS} names of letters, digits and _ . -, each with a text of at most {MAX_SECRET} characters, "
    "or with null to remove it."
)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class ConfigField(serializers.JSONField):
    """What a detector reads, and how; its names and values are kept as they are, and its detector looks at them."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Take an object only.

        Args:
            data: As given.

        Raises:
            ValidationError: It is something else, or too large.
        """
        config = super().to_internal_value(data)
        if not isinstance(config, dict) or len(json.dumps(config)) > MAX_CONFIG_BYTES:
            raise serializers.ValidationError(f"A JSON object of at most {MAX_CONFIG_BYTES} bytes.")
        return dict(config)


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": MAX_SECRETS,
        "propertyNames": {"pattern": SECRET_NAME},
        "additionalProperties": {"type": ["string", "null"], "minLength": 1, "maxLength": MAX_SECRET},
    }
)
class SecretsField(serializers.JSONField):
    """Names, each with a text, or with null to remove it."""

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        """Take names and texts only.

        Args:
            data: As given.

        Raises:
            ValidationError: It is something else, or too much; nothing of it is repeated.
        """
        if not are_secrets(data):
            raise serializers.ValidationError(NO_SECRETS)
        return dict(data)


def are_secrets(given: Any) -> bool:
    """Whether this is a map of secrets: texts by name, or None to remove one.

    Args:
        given: Anything.
    """
    if not isinstance(given, dict) or len(given) > MAX_SECRETS:
        return False
    return all(_is_name(name) and _is_text(text) for name, text in given.items())


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and re.fullmatch(SECRET_NAME, name) is not None and not name.endswith("\n")


def _is_text(text: Any) -> bool:
    if text is None:
        return True
    return isinstance(text, str) and 0 < len(text) <= MAX_SECRET and "\x00" not in text
