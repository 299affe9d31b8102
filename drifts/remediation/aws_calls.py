"""The AWS CLI call that puts one attribute back, where one call does it: a table that a person can read.

Source: https://docs.aws.amazon.com/cli/latest/reference/ (ec2, rds, s3api, iam, kms).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from drifts.findings import Json, JsonObject, Kind
from drifts.ingest.paths import steps_of
from drifts.remediation.rules import permission_of
from drifts.remediation.shell import Unsayable, command, document, word
from drifts.remediation.subject import Subject, is_known, text_of

MAX_CALLS = 20
Arguments: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """One attribute's way back."""

    types: tuple[str, ...]
    attribute: str
    """The changed path without indices, `*` for any one name."""
    arguments: Callable[[Subject, Json, str], Arguments]
    """Makes the call's arguments of the subject, the expected value and the last name of the path."""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is offered."""

    title: str
    command: str
    warning: str = ""


def _name(one: Subject, *names: str) -> str:
    return word(text_of(one.actual, *names) or text_of(one.expected, *names) or one.resource_id)


def _flag(name: str) -> Callable[[Json], Arguments]:
    """An option that is there or, spelt otherwise, is not."""

    def made(value: Json) -> Arguments:
        if not isinstance(value, bool):
            raise Unsayable("Neither true nor false.")
        return (f"--{name}" if value else f"--no-{name}",)

    return made


def _value(name: str) -> Callable[[Json], Arguments]:
    return lambda value: (f"--{name}", word(value))


def _database(option: Callable[[Json], Arguments]) -> Callable[[Subject, Json, str], Arguments]:
    def made(one: Subject, value: Json, _: str) -> Arguments:
        ident = _name(one, "identifier")
        call = ("rds", "modify-db-instance", "--db-instance-identifier", ident)
        return (*call, *option(value), "--apply-immediately")

    return made


def _instance(option: Callable[[Json], Arguments]) -> Callable[[Subject, Json, str], Arguments]:
    def made(one: Subject, value: Json, _: str) -> Arguments:
        return ("ec2", "modify-instance-attribute", "--instance-id", _name(one, "id"), *option(value))

    return made


def _groups(value: Json) -> Arguments:
    if not isinstance(value, list) or not value:
        raise Unsayable("No groups.")
    return ("--groups", *(word(group) for group in value))


def _monitoring(one: Subject, value: Json, _: str) -> Arguments:
    if not isinstance(value, bool):
        raise Unsayable("Neither true nor false.")
    return ("ec2", "monitor-instances" if value else "unmonitor-instances", "--instance-ids", _name(one, "id"))


def _metadata(option: str) -> Callable[[Subject, Json, str], Arguments]:
    def made(one: Subject, value: Json, _: str) -> Arguments:
        return ("ec2", "modify-instance-metadata-options", "--instance-id", _name(one, "id"), option, word(value))

    return made


def _tag(one: Subject, value: Json, name: str) -> Arguments:
    ident = _name(one, "id")
    if value is None:
        return ("ec2", "delete-tags", "--resources", ident, "--tags", document([{"Key": name}]))
    if not isinstance(value, str):
        raise Unsayable("No text.")
    return ("ec2", "create-tags", "--resources", ident, "--tags", document([{"Key": name, "Value": value}]))


def _database_tag(one: Subject, value: Json, name: str) -> Arguments:
    arn = word(text_of(one.actual, "arn") or text_of(one.expected, "arn"))
    if value is None:
        return ("rds", "remove-tags-from-resource", "--resource-name", arn, "--tag-keys", word(name))
    if not isinstance(value, str):
        raise Unsayable("No text.")
    tags = document([{"Key": name, "Value": value}])
    return ("rds", "add-tags-to-resource", "--resource-name", arn, "--tags", tags)


def _role_tag(one: Subject, value: Json, name: str) -> Arguments:
    role = _name(one, "name")
    if value is None:
        return ("iam", "untag-role", "--role-name", role, "--tag-keys", word(name))
    if not isinstance(value, str):
        raise Unsayable("No text.")
    return ("iam", "tag-role", "--role-name", role, "--tags", document([{"Key": name, "Value": value}]))


def _policy_text(value: Json) -> str:
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        raise Unsayable("No policy.")
    return value.strip()


def _trust(one: Subject, value: Json, _: str) -> Arguments:
    policy = _policy_text(value)
    return ("iam", "update-assume-role-policy", "--role-name", _name(one, "name"), "--policy-document", policy)


def _session(one: Subject, value: Json, _: str) -> Arguments:
    return ("iam", "update-role", "--role-name", _name(one, "name"), "--max-session-duration", word(value))


def _role_policy(one: Subject, value: Json, _: str) -> Arguments:
    role, name = word(text_of(one.expected, "role")), word(text_of(one.expected, "name"))
    names = ("--role-name", role, "--policy-name", name)
    return ("iam", "put-role-policy", *names, "--policy-document", _policy_text(value))


def _bucket(one: Subject) -> Arguments:
    return ("--bucket", _name(one, "bucket"))


_BLOCKS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}


def _public_access(one: Subject, value: Json, _: str) -> Arguments:  # noqa: ARG001 - all four are set by one call
    wanted: JsonObject = {theirs: one.expected.get(ours) for ours, theirs in _BLOCKS.items()}
    if not all(isinstance(flag, bool) for flag in wanted.values()):
        raise Unsayable("Not all of them are known.")
    call = ("s3api", "put-public-access-block", *_bucket(one))
    return (*call, "--public-access-block-configuration", document(wanted))


def _versioning(one: Subject, value: Json, _: str) -> Arguments:
    status = {True: "Enabled", False: "Suspended"}.get(value) if isinstance(value, bool) else value
    if status not in ("Enabled", "Suspended"):
        raise Unsayable("No status that can be set.")
    return ("s3api", "put-bucket-versioning", *_bucket(one), "--versioning-configuration", f"Status={status}")


def _encryption(one: Subject, value: Json, _: str) -> Arguments:
    rule: JsonObject = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": word(value)}}
    if value != "AES256":
        raise Unsayable("The key belongs to it: more than one attribute.")
    configuration = document({"Rules": [rule]})
    return ("s3api", "put-bucket-encryption", *_bucket(one), "--server-side-encryption-configuration", configuration)


def _bucket_policy(one: Subject, value: Json, _: str) -> Arguments:
    return ("s3api", "put-bucket-policy", *_bucket(one), "--policy", _policy_text(value))


def _rotation(one: Subject, value: Json, _: str) -> Arguments:
    if not isinstance(value, bool):
        raise Unsayable("Neither true nor false.")
    return ("kms", "enable-key-rotation" if value else "disable-key-rotation", "--key-id", _name(one, "key_id"))


_DATABASE = ("aws_db_instance",)
_EC2 = ("aws_instance",)
_EC2_TAGGED = ("aws_instance", "aws_security_group", "aws_ebs_volume", "aws_vpc", "aws_subnet", "aws_network_interface")
_ROLE = ("aws_iam_role",)
_AT_ONCE = (
    "The database call applies at once, with all that waits for the maintenance window: it may interrupt the database."
)
_REPLACES = "The bucket's whole configuration of this sort is replaced."
_SSE = "rule.apply_server_side_encryption_by_default.sse_algorithm"

FIXES: tuple[Fix, ...] = (
    Fix(_DATABASE, "deletion_protection", _database(_flag("deletion-protection")), _AT_ONCE),
    Fix(_DATABASE, "publicly_accessible", _database(_flag("publicly-accessible")), _AT_ONCE),
    Fix(_DATABASE, "multi_az", _database(_flag("multi-az")), _AT_ONCE),
    Fix(_DATABASE, "copy_tags_to_snapshot", _database(_flag("copy-tags-to-snapshot")), _AT_ONCE),
    Fix(_DATABASE, "auto_minor_version_upgrade", _database(_flag("auto-minor-version-upgrade")), _AT_ONCE),
    Fix(
        _DATABASE,
        "iam_database_authentication_enabled",
        _database(_flag("enable-iam-database-authentication")),
        _AT_ONCE,
    ),
    Fix(_DATABASE, "backup_retention_period", _database(_value("backup-retention-period")), _AT_ONCE),
    Fix(_DATABASE, "instance_class", _database(_value("db-instance-class")), _AT_ONCE),
    Fix(_EC2, "disable_api_termination", _instance(_flag("disable-api-termination"))),
    Fix(_EC2, "source_dest_check", _instance(_flag("source-dest-check"))),
    Fix(_EC2, "vpc_security_group_ids", _instance(_groups)),
    Fix(_EC2, "monitoring", _monitoring),
    Fix(_EC2, "metadata_options.http_tokens", _metadata("--http-tokens")),
    Fix(_EC2, "metadata_options.http_endpoint", _metadata("--http-endpoint")),
    Fix(_EC2_TAGGED, "tags.*", _tag),
    Fix(_DATABASE, "tags.*", _database_tag),
    Fix(_ROLE, "tags.*", _role_tag),
    Fix(_ROLE, "assume_role_policy", _trust),
    Fix(_ROLE, "max_session_duration", _session),
    Fix(("aws_iam_role_policy",), "policy", _role_policy),
    *(Fix(("aws_s3_bucket_public_access_block",), name, _public_access) for name in _BLOCKS),
    Fix(("aws_s3_bucket_versioning",), "versioning_configuration.status", _versioning),
    Fix(("aws_s3_bucket",), "versioning.enabled", _versioning),
    Fix(("aws_s3_bucket_server_side_encryption_configuration",), _SSE, _encryption, _REPLACES),
    Fix(("aws_s3_bucket_policy",), "policy", _bucket_policy, _REPLACES),
    Fix(("aws_kms_key",), "enable_key_rotation", _rotation),
)
"""What one call puts back. An instance's type needs a stop, a database's engine an upgrade: no one call, no line."""

_GLOBAL = frozenset({"iam"})
_GROUP = re.compile(r"sg-[0-9a-z-]{1,40}")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,10}){1,3}-\d")


def calls_for(one: Subject) -> list[Call]:
    """Return the calls that each put a part of a drift back; nothing where it takes more than a call.

    Args:
        one: The drift.
    """
    made: dict[str, Call] = {}
    for title, arguments, warning in _found(one):
        try:
            text = command(("aws", *arguments, *_place(one, arguments)))
        except Unsayable:
            continue
        made.setdefault(text, Call(title, text, warning))
    return list(made.values())[:MAX_CALLS]


def _found(one: Subject) -> Iterator[tuple[str, Arguments, str]]:
    if one.kind is Kind.MODIFIED:
        for path, sides in sorted(one.difference.items()):
            yield from _of_attribute(one, path, sides)
    yield from _of_rules(one)
    yield from _of_attachments(one)


def _of_attribute(one: Subject, path: str, sides: Mapping[str, Json]) -> Iterator[tuple[str, Arguments, str]]:
    names = [step for step in steps_of(path) if isinstance(step, str)]
    expected = sides.get("expected")
    if not names or not is_known(expected) or not is_known(path):
        return
    for fix in FIXES:
        wanted = fix.attribute.split(".")
        fits = len(wanted) == len(names) and all(want in ("*", name) for want, name in zip(wanted, names, strict=True))
        if one.provider_type in fix.types and fits:
            try:
                yield f"Undo the change of {path} alone", fix.arguments(one, expected, names[-1]), fix.warning
            except Unsayable:
                continue


def _of_rules(one: Subject) -> Iterator[tuple[str, Arguments, str]]:
    """A security group's rules: those that came are revoked, those that went are authorized again."""
    if one.provider_type != "aws_security_group" or one.kind is not Kind.MODIFIED:
        return
    if not _GROUP.fullmatch(one.resource_id):
        return
    for direction in ("ingress", "egress"):
        if not any(path.partition("[")[0].partition(".")[0] == direction for path in one.difference):
            continue
        wanted, there = _permissions(one.expected.get(direction)), _permissions(one.actual.get(direction))
        if wanted is None or there is None:
            continue
        for verb, title, rules in (
            ("revoke", "Take away what came", [rule for rule in there if rule not in wanted]),
            ("authorize", "Give back what went", [rule for rule in wanted if rule not in there]),
        ):
            if rules:
                call = ("ec2", f"{verb}-security-group-{direction}", "--group-id", one.resource_id)
                yield f"{title}: {direction}", (*call, "--ip-permissions", document([*rules])), ""


def _permissions(value: Json) -> list[JsonObject] | None:
    """Rules as the API takes them; None where one of them is not known, or cannot be said in one call."""
    if not isinstance(value, list) or not is_known(value):
        return None
    made = [permission_of(rule) if isinstance(rule, dict) else None for rule in value]
    known = [permission for permission in made if permission is not None]
    return known if len(known) == len(made) else None


def _of_attachments(one: Subject) -> Iterator[tuple[str, Arguments, str]]:
    """A managed policy that was detached from a role, or attached to it."""
    if one.provider_type != "aws_iam_role_policy_attachment" or one.kind is Kind.MODIFIED:
        return
    state = one.expected if one.kind is Kind.DELETED else one.actual
    try:
        names = ("--role-name", word(text_of(state, "role")), "--policy-arn", word(text_of(state, "policy_arn")))
    except Unsayable:
        return
    if one.kind is Kind.DELETED:
        yield "Attach the policy again", ("iam", "attach-role-policy", *names), ""
    else:
        yield "Detach the policy", ("iam", "detach-role-policy", *names), ""


def _place(one: Subject, arguments: Arguments) -> Arguments:
    return ("--region", one.region) if arguments[0] not in _GLOBAL and _REGION.fullmatch(one.region) else ()
