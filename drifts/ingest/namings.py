"""Which formats call a resource by the same name: a scan's silence speaks only of what it could have named.

Terraform says `aws_instance.web` where driftctl says `aws_instance.i-0abc`. A complete plan that does not name the
latter has not found it clean, and a resource that driftctl lists as managed may be another one than the plan's of the
same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from drifts.findings import Kind

Naming: TypeAlias = str

REPORTED = "api"
"""The format of what a client reports itself, under whatever name it chose."""

NAMINGS: Mapping[str, Naming] = {
    "terraform-plan": "terraform",
    "terraform-plan-stream": "terraform",
    "hcp-assessment": "terraform",
    "aws-scan": "terraform",
    "pulumi-preview": "pulumi",
    "pulumi-events": "pulumi",
}
"""Format → whose names it uses. A format that is not here has names of its own."""

OF_UNMANAGED: Mapping[str, Naming] = {"aws-scan": "aws-scan"}
"""The same for what no code wants, where that differs: it has no address, so it is called by its id."""


def naming_of(format_name: str, kind: Kind) -> Naming:
    """Say whose names a format uses.

    Args:
        format_name: The format.
        kind: What happened to the resource.
    """
    own = OF_UNMANAGED.get(format_name) if kind is Kind.UNMANAGED else None
    return own or NAMINGS.get(format_name, format_name)


def named_alike(one: str, other: str, kind: Kind) -> bool:
    """Say whether two formats call a resource by the same name; '' stands for a format that is not known, and fits any.

    Args:
        one: A format.
        other: Another one.
        kind: What happened to the resource.
    """
    return not one or not other or naming_of(one, kind) == naming_of(other, kind)
