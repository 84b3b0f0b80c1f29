"""KMS keys as the tests make them, and policies and grants as people give them."""
import contextlib
import json
import sqlite3
import time

import disks
from argosyd import wait_until

ROOT = "arn:aws:iam::{}:root"
# What launching or copying an image takes on a key of another account, as policies and as grants write it.
# Source: ec2-semantics D2, E2.
RECIPIENT_ACTIONS = [
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:ReEncryptFrom",
    "kms:GenerateDataKey*",
]
RECIPIENT_OPERATIONS = ["DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom", "GenerateDataKeyWithoutPlaintext"]


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


def open_to(owner, *others):
    """A policy that lets other accounts launch and copy what is under the key."""
    return policy(owner, *(allow({"AWS": root(other)}, RECIPIENT_ACTIONS) for other in others))


def make(account, region="us-east-1", **given):
    """The metadata of a new key."""
    return account.kms(region).create_key(**given)["KeyMetadata"]


def managed(account, region="us-east-1"):
    """The ARN of alias/aws/ebs."""
    return account.kms(region).describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["Arn"]


def alias(word="key"):
    return "alias/" + disks.unique(word).replace(" ", "-")


def lend(owner, key, other, region="us-east-1"):
    """The id of a grant for what launching and copying take."""
    answer = owner.kms(region).create_grant(
        KeyId=key, GranteePrincipal=root(other), Operations=RECIPIENT_OPERATIONS
    )
    return answer["GrantId"]


def encrypt(account, key, plain=b"secret", region="us-east-1", **context):
    answer = account.kms(region).encrypt(KeyId=key, Plaintext=plain, EncryptionContext=context)
    return answer["CiphertextBlob"]


def decrypt(account, blob, region="us-east-1", **context):
    return account.kms(region).decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"]


def ask_stopped(server, statement, region="us-east-1"):
    """What a stopped server's catalogue answers; a change of its rows lets time pass."""
    with contextlib.closing(sqlite3.connect(server.data_dir / f"regions/{region}/catalogue.db")) as database:
        rows = database.execute(statement).fetchall()
        database.commit()
        return rows


def end_waiting_period(owner, key):
    """Stops the server, starts it when the key is to be deleted, and waits until it is; what DescribeKey then says."""
    owner.server.stop()
    ask_stopped(owner.server, "UPDATE keys SET deletion_ms = 1 WHERE state = 'pending_deletion'")
    # The clock has gone on evenly for long enough.
    clock = f"('clock since', 1), ('clock seen', {int(time.time() * 1000)})"
    ask_stopped(owner.server, f"INSERT OR REPLACE INTO counters(name, value) VALUES {clock}")
    owner.server.start()

    def gone():
        try:
            owner.kms().describe_key(KeyId=key)
        except owner.kms().exceptions.NotFoundException as error:
            return str(error)

    return wait_until(gone, "the key is still there")
