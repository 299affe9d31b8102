"""The region a provider is configured with, for resources that do not name their own."""

from __future__ import annotations

import msgspec

from drifts.ingest.formats.terraform_entries import Configuration, decoded, typed
from drifts.ingest.json_walk import Members, items_of, members_of


class _Expressions(msgspec.Struct, frozen=True):
    """The arguments of a provider's configuration: only its region."""

    region: msgspec.Raw = msgspec.Raw(b"null")


class _Provider(msgspec.Struct, frozen=True):
    """One of `provider_config`."""

    full_name: str = ""
    module_address: str = ""
    expressions: _Expressions = _Expressions()


class _Expression(msgspec.Struct, frozen=True):
    """How an argument is written: a constant, or references."""

    constant_value: msgspec.Raw = msgspec.Raw(b"null")
    references: msgspec.Raw = msgspec.Raw(b"null")


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
        self._variables = dict(members_of(members.get("variables"), "variables"))
        self._by_provider: dict[str, set[str]] = {}
        configuration = typed(members, "configuration", Configuration, Configuration())
        for key, raw in members_of(configuration.provider_config, "provider_config"):
            provider = decoded(raw, _Provider, "provider_config")
            name = provider.full_name or key.partition(".")[0]
            self._by_provider.setdefault(name, set()).add(self._region(provider))

    def of(self, provider_name: str) -> str:
        """Return the one region of a provider; '' where it has none or several.

        Args:
            provider_name: As an entry names it: `registry.terraform.io/hashicorp/aws`, or `aws` in old plans.
        """
        regions = self._by_provider.get(provider_name) or self._by_provider.get(provider_name.rpartition("/")[2])
        return next(iter(regions)) if regions and len(regions) == 1 else ""

    def _region(self, provider: _Provider) -> str:
        try:
            expression = msgspec.json.decode(provider.expressions.region, type=_Expression)
        except (msgspec.DecodeError, RecursionError):
            return ""
        first = next(items_of(expression.references, "references"), None)
        root, _, name = (_text(first) if first is not None else "").partition(".")
        if root == "var" and not provider.module_address and name in self._variables:
            return _text(decoded(self._variables[name], _Variable, "variables").value)
        return _text(expression.constant_value)


def _text(raw: msgspec.Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.DecodeError:
        return ""
