"""Asking for many by their ids, a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from drifts.detectors.aws.access import Access

FILTER_VALUES = 200
"""Most values of one EC2 filter (EC2 API reference, Filter)."""

PAGE = 1000
"""Most results of one page (EC2 and IAM)."""


def filtered(access: Access, region: str, operation: str, name: str, values: Iterable[str]) -> Iterator[Any]:
    """Yield the pages of an EC2 description, narrowed to some values; what is not there is no error and not named.

    Args:
        access: The way to AWS.
        region: Where.
        operation: `describe_instances`.
        name: The filter's name.
        values: The filter's values, any number.

    Raises:
        CallFailed: A call failed; nothing may be concluded from the others.
        OutOfTime: The deadline has passed.
    """
    ordered = sorted(set(values))
    for start in range(0, len(ordered), FILTER_VALUES):
        batch = [{"Name": name, "Values": ordered[start : start + FILTER_VALUES]}]
        yield from access.pages("ec2", region, operation, Filters=batch, PaginationConfig={"PageSize": PAGE})
