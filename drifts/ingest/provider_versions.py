"""Versions of providers, as bodies tell them: which there are, which provider a resource is of, and which have changed.

A provider that a body names with two versions (two modules, two units) is left out, as nobody can tell which of them
read a resource. So is whatever is no plain name or version: these are shown to people and kept with the scan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

MAX_PROVIDERS = 100
"""Providers whose versions are kept; those named first."""
MAX_NAME = 200
MAX_VERSION = 60
MAX_CONSTRAINT = 500
"""Bytes of JSON that a constraint, or a version, may have to be read."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]*")
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+)+(?:[-+][0-9A-Za-z.+-]+)?")
_PINNED = re.compile(r"=?\s*v?(?P<version>[0-9]{1,9}(?:\.[0-9]{1,9}){0,2}(?P<rest>[-+][0-9A-Za-z.+-]+)?)")
_PARTS = 3
_DEFAULT = re.compile(
    r"pulumi:providers:(?P<name>[^:]{1,200})::default_(?P<version>[0-9]{1,9}_[0-9]{1,9}_[0-9]{1,9})(?:::|\Z)"
)


class ProviderVersions:
    """Gathers what a body tells of its providers, without holding more of it than is kept."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[str, str | None] = {}

    def note(self, name: str, version: str) -> None:
        """Take in one provider; what is not plain, or beyond `MAX_PROVIDERS`, is not kept.

        Args:
            name: As the body names it: `registry.terraform.io/hashicorp/aws`, `aws`.
            version: As it names it; '' where it tells none.
        """
        if not (_is_plain(_NAME, name, MAX_NAME) and _is_plain(_VERSION, version, MAX_VERSION)):
            return
        if name in self._found:
            self._found[name] = version if self._found[name] == version else None
        elif len(self._found) < MAX_PROVIDERS:
            self._found[name] = version

    def told(self) -> dict[str, str]:
        """Return each provider's version, by name, where there is only one."""
        return {name: version for name, version in sorted(self._found.items()) if version is not None}


def _is_plain(shape: re.Pattern[str], text: str, longest: int) -> bool:
    return len(text) <= longest and shape.fullmatch(text) is not None


def pinned(constraint: str) -> str:
    """Return the one version that a constraint of Terraform's allows; '' where it allows several.

    Args:
        constraint: `5.31.0`, `= 5.31.0`, `~> 5.0, 5.31.0`; missing parts are zero, so `5.31` is `5.31.0`.
    """
    if len(constraint) > MAX_CONSTRAINT:
        return ""
    versions = {
        _in_full(found) for part in constraint.split(",") if (found := _PINNED.fullmatch(part.strip())) is not None
    }
    return versions.pop() if len(versions) == 1 else ""


def _in_full(found: re.Match[str]) -> str:
    rest = found["rest"] or ""
    numbers = found["version"].removesuffix(rest).split(".")
    return ".".join([*numbers, *["0"] * (_PARTS - len(numbers))]) + rest


def of_reference(reference: str) -> tuple[str, str]:
    """Read the name and version off Pulumi's reference to a default provider; '' twice where it tells none.

    Args:
        reference: `urn:pulumi:prod::shop::pulumi:providers:aws::default_6_0_2::0b5e…`.
    """
    found = _DEFAULT.search(reference[-MAX_CONSTRAINT:])
    return (found["name"], found["version"].replace("_", ".")) if found else ("", "")


def plain_text(raw: msgspec.Raw | None) -> str:
    """Decode a short text; '' where it is absent, long, or anything else.

    Args:
        raw: Its JSON.
    """
    if raw is None or len(memoryview(raw)) > MAX_CONSTRAINT:
        return ""
    try:
        return msgspec.json.decode(raw, type=str)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""


def short_name(name: str) -> str:
    """Return what a provider is called for short: `registry.terraform.io/hashicorp/aws` is `aws`.

    Args:
        name: As a body names it.
    """
    return name.rpartition("/")[2].casefold()


def provider_of(provider_type: str) -> str:
    """Return the short name of the provider that a type is of: `aws_vpc` and `aws:s3/bucket:Bucket` are of `aws`.

    A provider that shares another's types (`google-beta`) is taken for that other one, as the type does not tell.

    Args:
        provider_type: The tool's own name of the type.
    """
    package, is_of_package, _ = provider_type.partition(":")
    return (package if is_of_package else provider_type.partition("_")[0]).casefold()


def steps_between(before: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return the providers of which two scans tell different versions: short name → both versions.

    A short name that several providers of a scan share is left out.

    Args:
        before: The versions that the earlier scan told.
        now: The versions that the later one told.
    """
    earlier, later = _by_short_name(before), _by_short_name(now)
    return {name: (earlier[name], version) for name, version in later.items() if earlier.get(name, version) != version}


def _by_short_name(versions: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str | None] = {}
    for name, version in versions.items():
        short = short_name(name)
        found[short] = None if short in found else version
    return {name: version for name, version in found.items() if version is not None}
