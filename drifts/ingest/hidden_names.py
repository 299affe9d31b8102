"""Hiding secrets that stand in the names of things: a token as a `for_each` key, credentials in a topic's address.

A name has to stay the same from scan to scan, so a keyed digest takes the secret's place: `aws_x.y["(sensitive)
1f0a9c2b7d44"]`. All that an assessment names is renamed alike, or a drift could never be told to be over.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable
from dataclasses import replace

from drifts.findings import SENSITIVE, Assessment, Consequence, Finding, NotAssessed
from drifts.ingest.secret_shapes import has_secret_in_name

_INSTANCE_KEY = re.compile(r'\["(?P<key>(?:[^"\\]|\\.)*)"\]')
_DIGITS = 12
"""Hexadecimal digits of a digest: enough to tell the objects of one stack apart."""


class _Names:
    """Renames what holds a secret."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def hidden(self, name: str) -> str:
        """Return a name without the secrets in it: only the instance key is hidden where that is enough."""
        if not has_secret_in_name(name):
            return name
        spared = _INSTANCE_KEY.sub(self._instance_key, name)
        return self._instead_of(spared) if has_secret_in_name(spared) else spared

    def all_hidden(self, names: Iterable[str]) -> frozenset[str]:
        """Return names without the secrets in them."""
        return frozenset(self.hidden(name) for name in names)

    def finding(self, one: Finding) -> Finding:
        """Return a finding whose names hold no secret."""
        address, resource_id = self.hidden(one.address), self.hidden(one.resource_id)
        deposed = one.deposed if one.deposed is None else self.hidden(one.deposed)
        consequence = one.consequence if one.consequence is None else self.consequence(one.consequence)
        return replace(one, address=address, resource_id=resource_id, deposed=deposed, consequence=consequence)

    def consequence(self, one: Consequence) -> Consequence:
        """Return a consequence that names no secret."""
        return replace(
            one,
            forced_by=tuple(self.hidden(path) for path in one.forced_by),
            dependents=tuple(self.hidden(address) for address in one.dependents),
        )

    def gap(self, one: NotAssessed) -> NotAssessed:
        """Return a gap that names no secret."""
        return replace(one, name=self.hidden(one.name))

    def _instance_key(self, found: re.Match[str]) -> str:
        return f'["{self._instead_of(found["key"])}"]' if has_secret_in_name(found["key"]) else found[0]

    def _instead_of(self, text: str) -> str:
        return f"{SENSITIVE} {hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()[:_DIGITS]}"


def with_hidden_names(assessment: Assessment, *, key: bytes) -> Assessment:
    """Return an assessment in which no name of a resource holds a secret.

    Args:
        assessment: As parsed.
        key: Secret key of the digests that stand for hidden values.
    """
    names = _Names(key)
    return replace(
        assessment,
        findings=tuple(names.finding(one) for one in assessment.findings),
        assessed_clean=names.all_hidden(assessment.assessed_clean),
        still_pending=names.all_hidden(assessment.still_pending),
        not_assessed=tuple(names.gap(one) for one in assessment.not_assessed),
    )
