"""Keys, and snapshots under them, as the tests of encryption make them."""
import json

import disks

REGION = "us-east-1"
# What launching or copying an image under a key of another account takes (ec2-semantics E2).
RECIPIENT_ACTIONS = [
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:GenerateDataKey*",
]
RECIPIENT_OPERATIONS = ["DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom", "GenerateDataKeyWithoutPlaintext"]


def make_key(account, region=REGION, policy=None, alias=None):
    """The new key's ARN."""
    options = {"Policy": json.dumps(policy)} if policy else {}
    arn = account.kms(region).create_key(**options)["KeyMetadata"]["Arn"]
    if alias:
        account.kms(region).create_alias(AliasName=alias, TargetKeyId=arn)
    return arn


def managed_key(account, region=REGION):
    """The ARN of alias/aws/ebs."""
    return account.kms(region).describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]


def open_to(owner, *others, actions=tuple(RECIPIENT_ACTIONS)):
    """A key policy that leaves the key to its owner and lets the others use it."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            allow(owner.id, ["kms:*"]),
            *(allow(other.id, list(actions)) for other in others),
        ],
    }


def allow(account_id, actions):
    return {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
        "Action": actions,
        "Resource": "*",
    }


def upload(account, blocks, key=None, region=REGION, **options):
    """A completed encrypted snapshot."""
    wish = {"Encrypted": True} | ({"KmsKeyArn": key} if key else {})
    return disks.upload(account, blocks, region=region, **wish, **options)


def key_of(account, snapshot, region=REGION):
    """The key's ARN as DescribeSnapshots tells it; nothing if the snapshot is not encrypted."""
    found = disks.describe_snapshot(account, snapshot, region)
    assert found["Encrypted"] == ("KmsKeyId" in found)
    return found.get("KmsKeyId")
