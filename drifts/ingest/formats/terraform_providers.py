"""The versions that a plan's configuration pins its providers to; a range of versions tells none."""

from __future__ import annotations

import msgspec

from drifts.ingest.formats.terraform_entries import Configuration, decoded, typed
from drifts.ingest.json_walk import Members, members_of
from drifts.ingest.provider_versions import ProviderVersions, pinned, plain_text

_NULL = msgspec.Raw(b"null")


class _Provider(msgspec.Struct, frozen=True):
    """One of `provider_config`; plans before Terraform 1.0 have no full name."""

    full_name: msgspec.Raw = _NULL
    version_constraint: msgspec.Raw = _NULL


def note_pinned(members: Members, versions: ProviderVersions) -> None:
    """Take in the providers that a plan pins to one version.

    Args:
        members: The plan's members.
        versions: What is gathered.

    Raises:
        FormatError: `configuration` is not what a plan holds there.
    """
    configuration = typed(members, "configuration", Configuration, Configuration())
    for key, raw in members_of(configuration.provider_config, "provider_config"):
        provider = decoded(raw, _Provider, "provider_config")
        name = plain_text(provider.full_name) or key.rpartition(":")[2].partition(".")[0]
        versions.note(name, pinned(plain_text(provider.version_constraint)))
