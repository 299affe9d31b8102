"""S3 buckets and their parts: S3 tells of one part of one bucket at a time, so only what the state has is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from drifts.detectors.aws.access import Access, CallFailed
from drifts.detectors.aws.attributes import tags_in, with_tags
from drifts.detectors.aws.bucket_parts import INLINE, PARTS, Part
from drifts.detectors.aws.outcome import Extra, Outcome, Placed, Seen, Unseen
from drifts.findings import JsonObject

_PREFIX = "aws_s3_bucket_"
_GONE = frozenset({"NoSuchBucket"})
_UNTAGGED = frozenset({"NoSuchTagSet", "NoSuchTagSetError"})
_PAGE = 1000


class _Absent(Exception):
    """The bucket is not there: S3 says so by name, which nobody but its owner can make it say of a bucket that is."""


def bucket_of(placed: Placed) -> str:
    """Name the bucket that a resource is, or is a part of."""
    return placed.text("bucket") or placed.text("id").partition(",")[0]


def read_bucket(access: Access, region: str, placed: Sequence[Placed], owned: Iterable[str]) -> Outcome:
    """Look up one bucket and those parts of it that the state has.

    Args:
        access: The way to AWS.
        region: Where the bucket is, as far as the state says.
        placed: The state's resources that are this bucket or a part of it.
        owned: Types of all resources of the state that own a part of this bucket, asked for or not.

    Raises:
        OutOfTime: The deadline has passed.
    """
    name = bucket_of(placed[0])
    parts_owned = {one.removeprefix(_PREFIX) for one in owned}
    outcome = Outcome()
    answers: dict[str, Any] = {}
    for one in placed:
        try:
            if one.provider_type == "aws_s3_bucket":
                outcome.seen.append(_seen_bucket(access, region, name, one, parts_owned, answers))
            else:
                part = PARTS[one.provider_type.removeprefix(_PREFIX)]
                said = _ask(access, region, name, part, answers)
                outcome.seen.append(Seen(one, part.own(said, one.attributes), _without_owners(one)))
        except _Absent:
            outcome.seen.append(Seen(one, None))
        except CallFailed as failure:
            outcome.unseen.append(Unseen(one, failure.reason))
    return outcome


def _without_owners(placed: Placed) -> JsonObject:
    """Return what to compare a part with: of an ACL's grants, without names that S3 no longer tells."""
    policy = placed.attributes.get("access_control_policy")
    if placed.provider_type != "aws_s3_bucket_acl" or not isinstance(policy, list) or not policy:
        return {}
    first = policy[0] if isinstance(policy[0], dict) else {}
    return {**placed.attributes, "access_control_policy": [{"grant": first.get("grant")}]}


def _ask(access: Access, region: str, bucket: str, part: Part, answers: dict[str, Any]) -> Any:
    """Return what S3 says of a part, None where the bucket has none; each is asked once.

    Raises:
        _Absent: There is no such bucket.
        CallFailed: S3 did not say.
    """
    if part.operation not in answers:
        answers[part.operation] = _answer(access, region, bucket, part.operation, part.absent)
    return answers[part.operation]


def _answer(access: Access, region: str, bucket: str, operation: str, absent: frozenset[str]) -> Any:
    try:
        return access.call("s3", region or access.home_region, operation, Bucket=bucket)
    except CallFailed as failure:
        if failure.code in _GONE:
            raise _Absent from failure
        if failure.code in absent:
            return None
        raise


def _seen_bucket(
    access: Access, region: str, name: str, placed: Placed, owned: set[str], answers: dict[str, Any]
) -> Seen:
    expected = placed.attributes
    said = _answer(access, region, name, "get_bucket_tagging", _UNTAGGED)
    actual = with_tags({"bucket": name}, expected, tags_in((said or {}).get("TagSet")))
    unread: list[str] = []
    for part, attributes in INLINE.items():
        if part in owned or not any(attribute in expected for attribute in attributes):
            continue
        try:
            actual |= PARTS[part].inline(_ask(access, region, name, PARTS[part], answers), expected)
        except CallFailed as failure:
            unread.append(failure.reason)
    return Seen(placed, actual, unread=tuple(unread))


def list_buckets(access: Access, region: str, known: frozenset[str]) -> Outcome:
    """Name the account's buckets that the state does not hold; their parts would take a call each.

    Args:
        access: The way to AWS.
        region: Where to ask.
        known: The buckets of the state.

    Raises:
        CallFailed: The listing failed.
        OutOfTime: The deadline has passed.
    """
    pages = access.pages("s3", region, "list_buckets", PaginationConfig={"PageSize": _PAGE})
    outcome = Outcome()
    for page in pages:
        for one in page.get("Buckets") or ():
            name = str(one["Name"])
            if name not in known:
                at = str(one.get("BucketRegion") or "")
                outcome.extras.append(Extra("aws_s3_bucket", name, {"bucket": name, "region": at}, at))
    return outcome
