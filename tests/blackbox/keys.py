"""KMS keys as the tests make them, and policies as people write them."""
import json

import disks

ROOT = "arn:aws:iam::{}:root"
# What a recipient needs on the key of an encrypted image. Source: ec2-semantics E2.
RECIPIENTS_ACTIONS = [
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:ReEncrypt*",
    "kms:GenerateDataKey*",
]


def root(account):
    return ROOT.format(account.id)


def allow(principal, actions, **conditions):
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
    return statement | ({"Condition": conditions} if conditions else {})


def deny(principal, actions, **conditions):
    return allow(principal, actions, **conditions) | {"Effect": "Deny"}


def policy(owner, *statements):
    """The account's own statement, as AWS has it by default, and more."""
    own = allow({"AWS": root(owner)}, "kms:*")
    return json.dumps({"Version": "2012-10-17", "Statement": [own, *statements]})


def make(account, region="us-east-1", **given):
    """The metadata of a new key."""
    return account.kms(region).create_key(**given)["KeyMetadata"]


def alias(word="key"):
    return "alias/" + disks.unique(word).replace(" ", "-")


def encrypt(account, key, plain=b"secret", region="us-east-1", **context):
    answer = account.kms(region).encrypt(KeyId=key, Plaintext=plain, EncryptionContext=context)
    return answer["CiphertextBlob"]


def decrypt(account, blob, region="us-east-1", **context):
    return account.kms(region).decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]
