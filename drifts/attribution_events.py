"""Which events of AWS's trail make which change: a table by type and attribute, event names as globs. Pure.

The first row whose attribute fits counts. Source: the services' API references; an event is named as the operation.
"""

from __future__ import annotations

from typing import TypeAlias

Row: TypeAlias = tuple[str, tuple[str, ...]]

ANY_TYPE = "*"
_TAGS = ("CreateTags", "DeleteTags")
_RESOURCE_TAGS = ("AddTagsToResource", "RemoveTagsFromResource", "TagResource", "UntagResource")
_GROUP_RULES = ("ModifySecurityGroupRules", "UpdateSecurityGroupRuleDescriptions*")
_INGRESS = ("AuthorizeSecurityGroupIngress", "RevokeSecurityGroupIngress", *_GROUP_RULES)
_EGRESS = ("AuthorizeSecurityGroupEgress", "RevokeSecurityGroupEgress", *_GROUP_RULES)
_BUCKET_POLICY = ("PutBucketPolicy", "DeleteBucketPolicy")
_BUCKET_ACL = ("PutBucketAcl",)
_BUCKET_ENCRYPTION = ("PutBucketEncryption", "DeleteBucketEncryption")
_BUCKET_ACCESS = ("PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock")
_ROLE_POLICY = ("PutRolePolicy", "DeleteRolePolicy")
_ATTACHED = ("AttachRolePolicy", "DetachRolePolicy")

EVENTS: dict[str, tuple[Row, ...]] = {
    "aws_security_group": (("ingress*", _INGRESS), ("egress*", _EGRESS), ("tags*", _TAGS)),
    "aws_security_group_rule": (("*", (*_INGRESS, *_EGRESS)),),
    "aws_vpc_security_group_ingress_rule": (("tags*", _TAGS), ("*", _INGRESS)),
    "aws_vpc_security_group_egress_rule": (("tags*", _TAGS), ("*", _EGRESS)),
    "AWS::EC2::SecurityGroup": (
        ("*Ingress*", _INGRESS),
        ("*Egress*", _EGRESS),
        ("*Tags*", _TAGS),
    ),
    "aws_instance": (
        ("tags*", _TAGS),
        ("monitoring", ("MonitorInstances", "UnmonitorInstances")),
        ("metadata_options*", ("ModifyInstanceMetadataOptions",)),
        (
            "iam_instance_profile",
            (
                "AssociateIamInstanceProfile",
                "DisassociateIamInstanceProfile",
                "ReplaceIamInstanceProfileAssociation",
            ),
        ),
        ("vpc_security_group_ids", ("ModifyInstanceAttribute", "ModifyNetworkInterfaceAttribute")),
        ("*block_device*", ("ModifyVolume", "AttachVolume", "DetachVolume", "ModifyInstanceAttribute")),
        ("instance_state", ("StartInstances", "StopInstances", "RebootInstances")),
        ("*", ("ModifyInstance*",)),
    ),
    "aws_db_instance": (("tags*", _RESOURCE_TAGS), ("*", ("ModifyDBInstance", "ApplyPendingMaintenanceAction"))),
    "aws_s3_bucket": (
        ("tags*", ("PutBucketTagging", "DeleteBucketTagging")),
        ("versioning*", ("PutBucketVersioning",)),
        ("server_side_encryption_configuration*", _BUCKET_ENCRYPTION),
        ("policy", _BUCKET_POLICY),
        ("acl", _BUCKET_ACL),
        ("grant*", _BUCKET_ACL),
        ("logging*", ("PutBucketLogging",)),
        ("*", ("PutBucket*", "DeleteBucket?*")),
    ),
    "aws_s3_bucket_versioning": (("*", ("PutBucketVersioning",)),),
    "aws_s3_bucket_server_side_encryption_configuration": (("*", _BUCKET_ENCRYPTION),),
    "aws_s3_bucket_public_access_block": (("*", _BUCKET_ACCESS),),
    "aws_s3_bucket_policy": (("*", _BUCKET_POLICY),),
    "aws_s3_bucket_acl": (("*", _BUCKET_ACL),),
    "aws_s3_bucket_logging": (("*", ("PutBucketLogging",)),),
    "aws_iam_role": (
        ("tags*", ("TagRole", "UntagRole")),
        ("assume_role_policy", ("UpdateAssumeRolePolicy",)),
        ("inline_policy*", _ROLE_POLICY),
        ("managed_policy_arns*", _ATTACHED),
        ("permissions_boundary", ("PutRolePermissionsBoundary", "DeleteRolePermissionsBoundary")),
        ("*", ("UpdateRole", "UpdateRoleDescription")),
    ),
    "aws_iam_role_policy": (("*", _ROLE_POLICY),),
    "aws_iam_role_policy_attachment": (("*", _ATTACHED),),
    "aws_kms_key": (
        ("enable_key_rotation", ("EnableKeyRotation", "DisableKeyRotation")),
        ("policy", ("PutKeyPolicy",)),
        ("tags*", ("TagResource", "UntagResource")),
        ("*", ("EnableKey", "DisableKey", "ScheduleKeyDeletion", "CancelKeyDeletion", "UpdateKeyDescription")),
    ),
    ANY_TYPE: (
        ("*[Tt]ags*", ("*Tag*",)),
        ("*", ("Modify*", "Update*", "Put*", "Set*", "Attach*", "Detach*", "Associate*", "Disassociate*", "Enable*")),
    ),
}
"""What makes a change, by provider type and changed attribute."""

DELETED: dict[str, tuple[str, ...]] = {
    "aws_instance": ("TerminateInstances",),
    "aws_security_group_rule": ("RevokeSecurityGroup*",),
    "aws_vpc_security_group_ingress_rule": ("RevokeSecurityGroupIngress",),
    "aws_vpc_security_group_egress_rule": ("RevokeSecurityGroupEgress",),
    "aws_s3_bucket": ("DeleteBucket",),
    "aws_s3_bucket_versioning": ("PutBucketVersioning", "DeleteBucket"),
    "aws_s3_bucket_server_side_encryption_configuration": ("DeleteBucketEncryption", "DeleteBucket"),
    "aws_s3_bucket_public_access_block": ("DeleteBucketPublicAccessBlock", "DeleteBucket"),
    "aws_s3_bucket_policy": ("DeleteBucketPolicy", "DeleteBucket"),
    "aws_iam_role": ("DeleteRole",),
    "aws_iam_role_policy": ("DeleteRolePolicy", "DeleteRole"),
    "aws_iam_role_policy_attachment": ("DetachRolePolicy", "DeleteRole"),
    ANY_TYPE: ("Delete*", "Terminate*", "Remove*", "ScheduleKeyDeletion"),
}
"""What takes a resource away."""

CREATED: dict[str, tuple[str, ...]] = {
    "aws_instance": ("RunInstances",),
    "aws_db_instance": ("CreateDBInstance*", "RestoreDBInstance*"),
    "aws_security_group_rule": ("AuthorizeSecurityGroup*",),
    "aws_s3_bucket": ("CreateBucket",),
    "aws_iam_role_policy": ("PutRolePolicy",),
    "aws_iam_role_policy_attachment": ("AttachRolePolicy",),
    ANY_TYPE: ("Create*", "Run*", "Allocate*", "Register*", "Restore*"),
}
"""What makes a resource that no code wants."""
