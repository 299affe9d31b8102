"""The API's own format: the expected and the actual state of one resource, as `POST /drifts` brings them."""

from __future__ import annotations

from drifts.findings import Assessment, Finding, JsonObject, Kind
from drifts.ingest import places
from drifts.ingest.json_text import check_storable

NAME = "api"


def assessment_of(
    *,
    resource_id: str,
    resource_type: str,
    region: str,
    expected_state: JsonObject | None,
    actual_state: JsonObject | None,
) -> Assessment:
    """Read two states of one resource; it speaks of nothing else, so nothing unseen may close.

    Args:
        resource_id: Names the resource within its stack, as its address too.
        resource_type: A provider's type name or a family.
        region: '' where not known.
        expected_state: What should be; empty or None: no code wants it.
        actual_state: What is; empty or None: it is gone.

    Raises:
        FormatError: A name or a state holds what cannot be stored.
    """
    check_storable([resource_id, resource_type, region], "The resource's name")
    check_storable(expected_state, "expectedState")
    check_storable(actual_state, "actualState")
    expected, actual = expected_state or None, actual_state or None
    speaking = actual or expected or {}
    finding = Finding(
        address=resource_id,
        provider_type=resource_type,
        kind=_kind(expected, actual),
        expected=expected,
        actual=actual,
        resource_id=resource_id,
        region=region or places.region_of(speaking),
        cloud_account=places.cloud_account_of(speaking),
    )
    return Assessment(
        format=NAME,
        tool_version="",
        findings=(finding,) if speaking else (),
        complete=False,
        incomplete_reason="It speaks of one resource only.",
        resources_checked=1,
    )


def _kind(expected: JsonObject | None, actual: JsonObject | None) -> Kind:
    if actual is None:
        return Kind.DELETED
    return Kind.UNMANAGED if expected is None else Kind.MODIFIED
