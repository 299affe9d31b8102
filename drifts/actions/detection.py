"""What a stack's detector is told: its schedule, config and secrets, looked at before they are kept."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.conf import settings

from accounts.models import Account
from drifts import cron
from drifts.detectors.aws.trail_config import NAME as ATTRIBUTION
from drifts.detectors.aws.trail_config import check_attribution, trail_config
from drifts.detectors.aws.trust import external_id_of, refusal
from drifts.detectors.base import BadConfig, BadSecrets, Trust
from drifts.detectors.registry import detecting
from drifts.models import Stack, StackSecrets
from driftsentry.api import tenancy
from driftsentry.api.errors import Invalid

FIELDS = ("schedule", "detector", "detector_config", "scan_time_limit_seconds")
RESCHEDULING = frozenset({"schedule", "detector", "is_enabled"})
CHECKED = frozenset({"detector", "detector_config", "detector_secrets", "scan_time_limit_seconds"})
TIME_LIMIT = range(30, 7201)
MAX_CONFIG_BYTES = 16 * 1024
MAX_SECRETS = 32
MAX_SECRETS_BYTES = 64 * 1024


def normal_schedule(schedule: str) -> str:
    """A schedule as it is kept.

    Args:
        schedule: As given; '' for none.

    Raises:
        Invalid: It is none.
    """
    try:
        return cron.normal(schedule)
    except cron.BadSchedule as error:
        raise Invalid.field("schedule", str(error)) from error


def check_detector(stack: Stack) -> None:
    """Ask a stack's detector, where it has one, whether it can work with its config, and may for this account.

    Args:
        stack: The stack as it is to be.

    Raises:
        Invalid: It cannot or may not, or the config is too large or its time limit out of bounds.
    """
    if stack.scan_time_limit_seconds not in TIME_LIMIT:
        raise Invalid.field(
            "scanTimeLimitSeconds", f"From {TIME_LIMIT.start} seconds to {TIME_LIMIT.stop - 1} seconds."
        )
    if len(json.dumps(stack.detector_config)) > MAX_CONFIG_BYTES:
        raise Invalid.field("detectorConfig", f"At most {MAX_CONFIG_BYTES} bytes.")
    if not stack.detector:
        _check_attribution(stack)
        return
    chosen = detecting(stack.detector)
    try:
        chosen.check(stack.detector_config, stack.detector_secret_names)
        if chosen.check_trust is not None:
            chosen.check_trust(stack.detector_config, trust_of(stack.account_id))
    except BadConfig as error:
        raise Invalid.field(field_of(error), error.message) from error
    if chosen.check_trust is None:
        _check_attribution(stack)


def field_of(error: BadConfig) -> str:
    """The stack's field that a detector complains about, as people know it.

    Args:
        error: The complaint.
    """
    if isinstance(error, BadSecrets):
        return "detectorSecrets"
    return f"detectorConfig.{error.name}" if error.name else "detectorConfig"


def _check_attribution(stack: Stack) -> None:
    """Look at how the trail is to be read of a stack that no detector of AWS scans.

    Raises:
        Invalid: It cannot be read so.
    """
    told = stack.detector_config.get(ATTRIBUTION)
    try:
        check_attribution(told)
    except BadConfig as error:
        raise Invalid.field(f"detectorConfig.{error.name}", error.message) from error
    config = trail_config("", stack.detector_config)
    if config is not None and (wrong := refusal(config.role_arn, config.external_id, trust_of(stack.account_id))):
        raise Invalid.field(f"detectorConfig.{ATTRIBUTION}.{wrong.name}", wrong.message)


def trust_of(account_id: UUID) -> Trust:
    """How far an account's stacks may make use of who this server is at a cloud.

    Args:
        account_id: The tenant.
    """
    alone = is_alone(account_id)
    said: str = settings.DETECTOR_OWN_CREDENTIALS
    own = alone if said == "auto" else said == "allow"
    return Trust(own_credentials=own, external_id=aws_external_id(account_id), is_alone=alone)


def is_alone(account_id: UUID) -> bool:
    """Whether this server has no other account.

    Args:
        account_id: The tenant.
    """
    with tenancy.lifted("whether there is another account, from whom this one's things must be kept apart"):
        return not Account.objects.exclude(pk=account_id).exists()


def aws_external_id(account_id: UUID) -> str:
    """The external id that this server names at AWS when it takes on a role for an account; no other account has it.

    Args:
        account_id: The tenant.
    """
    return external_id_of(str(account_id), key=settings.EXTERNAL_ID_KEY)


def secrets_after(stack: Stack, given: Mapping[str, str | None]) -> dict[str, str]:
    """A stack's secrets with some set anew, and those given as None removed. Its row must be locked.

    Args:
        stack: The stack; its secrets' names are set.
        given: Texts by name.

    Raises:
        Invalid: There would be too many of them.
    """
    kept = StackSecrets.objects.filter(pk=stack.pk).first()
    merged = {**(json.loads(kept.secrets) if kept else {}), **given}
    secrets = {name: text for name, text in merged.items() if text is not None}
    if len(secrets) > MAX_SECRETS or len(json.dumps(secrets)) > MAX_SECRETS_BYTES:
        raise Invalid.field("detectorSecrets", f"At most {MAX_SECRETS} secrets, of {MAX_SECRETS_BYTES} bytes in all.")
    stack.detector_secret_names = sorted(secrets)
    return secrets


def keep_secrets(stack: Stack, secrets: Mapping[str, str]) -> None:
    """Store a stack's secrets, encrypted, in the place of those before.

    Args:
        stack: The stack, saved.
        secrets: All of them.
    """
    if secrets:
        kept = {"account_id": stack.account_id, "secrets": json.dumps(dict(secrets))}
        StackSecrets.objects.update_or_create(stack_id=stack.pk, defaults=kept)
    else:
        StackSecrets.objects.filter(pk=stack.pk).delete()


def told(name: str, before: Any, after: Any) -> list[object]:
    """Old and new value of a field, for the journal: of a config the names that changed alone.

    Args:
        name: The field.
        before: Its old value.
        after: Its new value.
    """
    if name != "detector_config":
        return [before, after]
    gone = sorted(key for key in before if key not in after or after[key] != before[key])
    new = sorted(key for key in after if key not in before or after[key] != before[key])
    return [gone, new]
