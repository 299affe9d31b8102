"""Where a stack's state is kept: a file that the operator opens up, S3, or an HTTPS address."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError
from urllib3.exceptions import HTTPError

from drifts.detectors.aws.access import Access, CallFailed
from drifts.detectors.aws.config import STATE_HEADERS, AwsConfig, bucket_and_key, headers_in
from drifts.detectors.base import Detection, DetectionError
from drifts.detectors.terraform_state_file import read_file
from drifts.detectors.terraform_state_https import read_https

MAX_BYTES = 100 * 1024 * 1024
"""Bytes that a state may have."""

_CHUNK = 1024 * 1024


def read_state(detection: Detection, config: AwsConfig, access: Access) -> bytes:
    """Read the state's bytes.

    Args:
        detection: What the operator allows, and the secrets.
        config: Names the state.
        access: The way to AWS, for a state in S3.

    Raises:
        DetectionError: It is not allowed, not there, too large, or too slow.
    """
    largest = min(MAX_BYTES, detection.largest)
    if config.state.startswith("file:"):
        return read_file(config.state, root=detection.files_root, largest=largest)
    if config.state.startswith("s3://"):
        return _from_s3(config, access, largest)
    return read_https(
        config.state,
        headers=headers_in(detection.secrets.get(STATE_HEADERS, "")),
        private_hosts=detection.private_hosts,
        largest=largest,
        seconds=access.time_left(),
    )


def _from_s3(config: AwsConfig, access: Access, largest: int) -> bytes:
    bucket, key = bucket_and_key(config.state)
    region = config.regions[0] if config.regions else access.home_region
    try:
        answer = access.call("s3", region, "get_object", Bucket=bucket, Key=key)
    except CallFailed as failure:
        raise DetectionError(f"The state cannot be read: {failure.reason}") from failure
    chunks: list[bytes] = []
    size = 0
    try:
        for chunk in answer["Body"].iter_chunks(_CHUNK):
            size += len(chunk)
            if size > largest:
                raise DetectionError(f"The state is larger than {largest} bytes.")
            if not access.time_left():
                raise DetectionError("The state took too long to arrive.")
            chunks.append(chunk)
    except (BotoCoreError, HTTPError, OSError) as error:
        raise DetectionError("The state broke off on its way.") from error
    return b"".join(chunks)
