"""The region a provider is configured with, for resources that do not name their own."""

from __future__ import annotations

import msgspec

from drifts.ingest.formats.terraform_entries import Configuration, ProviderBlock, typed
from drifts.ingest.json_text import Members


class _Expression(msgspec.Struct, frozen=True):
    """How an argument is written: a constant, or references."""

    constant_value: msgspec.Raw = msgspec.Raw(b"null")
    references: list[str] = []


class _Variable(msgspec.Struct, frozen=True):
    """One of the plan's `variables`."""

    value: msgspec.Raw = msgspec.Raw(b"null")


class Regions:
    """Answers which region a provider works in, where its configurations leave no doubt."""

    def __init__(self, members: Members) -> None:
        """Read the provider configurations of a plan.

        Raises:
            FormatError: `configuration` or `variables` is not what a plan holds there.
        """
        self._variables = typed(members, "variables", dict[str, _Variable], {})
        self._by_provider: dict[str, set[str]] = {}
        blocks = typed(members, "configuration", Configuration, Configuration()).provider_config
        for key, block in blocks.items():
            name = block.full_name or key.partition(".")[0]
            self._by_provider.setdefault(name, set()).add(self._region(block))

    def of(self, provider_name: str) -> str:
        """Return the one region of a provider; '' where it has none or several.

        Args:
            provider_name: As an entry names it: `registry.terraform.io/hashicorp/aws`, or `aws` in old plans.
        """
        regions = self._by_provider.get(provider_name) or self._by_provider.get(provider_name.rpartition("/")[2])
        return next(iter(regions)) if regions and len(regions) == 1 else ""

    def _region(self, block: ProviderBlock) -> str:
        raw = block.expressions.get("region")
        if raw is None:
            return ""
        try:
            expression = msgspec.json.decode(raw, type=_Expression)
        except msgspec.DecodeError:
            return ""
        root, _, name = next(iter(expression.references), "").partition(".")
        if root == "var" and not block.module_address and name in self._variables:
            return _text(self._variables[name].value)
        return _text(expression.constant_value)


def _text(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""
