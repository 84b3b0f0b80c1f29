"""Encrypted uploads and reads: StartSnapshot's table (ec2-semantics G), and what a closed key closes."""
import pytest

import disks
import encryption
import keys
from argosyd import refused

BLOCKS = {0: disks.block("secret 0"), 5: disks.ZEROS, 300: disks.block("secret 300")}
CONTENT = {index: data for index, data in BLOCKS.items() if data != disks.ZEROS}


@pytest.fixture(scope="module")
def account(server):
    return server.new_account(disks.unique("uploader"))


@pytest.fixture(scope="module")
def encrypting(server):
    """An account that encrypts by default, under a key of its own."""
    account = server.new_account(disks.unique("encrypting"))
    account.ec2().enable_ebs_encryption_by_default()
    account.ec2().modify_ebs_default_kms_key_id(KmsKeyId=keys.make(account)["Arn"])
    return account


@pytest.fixture(params=["off", "on"])
def uploader(request):
    """Each of the two accounts."""
    return request.getfixturevalue({"off": "account", "on": "encrypting"}[request.param])


def by_default(account):
    return account.ec2().get_ebs_encryption_by_default()["EbsEncryptionByDefault"]


def upload(account, **wish):
    """The key's ARN of an upload with that wish, after the content was compared; StartSnapshot says the same."""
    started = account.ebs().start_snapshot(VolumeSize=1, **wish)
    id = started["SnapshotId"]
    disks.put_all(account, id, BLOCKS)
    disks.complete(account, id, len(BLOCKS), Checksum=disks.aggregate(BLOCKS), ChecksumAlgorithm="SHA256",
                   ChecksumAggregationMethod="LINEAR")
    assert disks.read(account, id) == CONTENT
    key = encryption.key_of(account, id)
    assert started.get("KmsKeyArn") == key
    return key


def test_without_parent_and_wish_the_settings_decide(uploader):
    assert upload(uploader) == (encryption.default_key(uploader) if by_default(uploader) else None)


def test_encrypted_takes_the_accounts_default(uploader):
    assert upload(uploader, Encrypted=True) == encryption.default_key(uploader)


@pytest.mark.parametrize("wish", [{"Encrypted": True}, {}], ids=["true", "silent"])
def test_a_named_key_is_taken(uploader, wish):
    key = keys.make(uploader)["Arn"]
    assert upload(uploader, KmsKeyArn=key, **wish) == key


def test_encrypted_false_is_refused_where_everything_is_encrypted(account, encrypting):
    assert upload(account, Encrypted=False) is None
    with refused("ValidationException", reason="INVALID_PARAMETER_VALUE"):
        upload(encrypting, Encrypted=False)


def test_a_key_does_not_go_with_encrypted_false(uploader):
    with refused("ValidationException", reason="INVALID_PARAMETER_VALUE"):
        upload(uploader, Encrypted=False, KmsKeyArn=keys.make(uploader)["Arn"])


WISHES = [{"Encrypted": True}, {"Encrypted": False}, {"Encrypted": True, "KmsKeyArn": "KEY"}, {"KmsKeyArn": "KEY"}]


@pytest.mark.parametrize("wish", WISHES, ids=["true", "false", "true and key", "key"])
def test_a_parent_decides_alone(uploader, wish):
    key = keys.make(uploader)["Arn"]
    parent = encryption.upload(uploader, BLOCKS, key)
    wish = {name: key if value == "KEY" else value for name, value in wish.items()}
    with refused("ValidationException", reason="INVALID_PARAMETER_VALUE"):
        upload(uploader, ParentSnapshotId=parent, **wish)


def test_a_child_of_an_encrypted_parent_has_its_key_and_content(uploader):
    key = keys.make(uploader)["Arn"]
    parent = encryption.upload(uploader, BLOCKS, key)
    child = disks.upload(uploader, {5: disks.block("new"), 0: disks.ZEROS}, 2, ParentSnapshotId=parent)
    assert encryption.key_of(uploader, child) == key
    assert disks.read(uploader, child) == {5: disks.block("new"), 300: BLOCKS[300]}
    changed = uploader.ebs().list_changed_blocks(FirstSnapshotId=parent, SecondSnapshotId=child)["ChangedBlocks"]
    assert [entry["BlockIndex"] for entry in changed] == [0, 5]


def test_a_child_of_an_unencrypted_parent_is_refused_where_everything_is_encrypted(account, server):
    parent = disks.upload(account, BLOCKS)
    assert upload(account, ParentSnapshotId=parent) is None
    account = server.new_account(disks.unique("late"))
    parent = disks.upload(account, BLOCKS)
    account.ec2().enable_ebs_encryption_by_default()
    with refused("ValidationException", reason="INVALID_PARAMETER_VALUE"):
        upload(account, ParentSnapshotId=parent)


def test_a_key_that_cannot_be_used_is_refused_at_once(account, encrypting):
    foreign = keys.make(encrypting)["Arn"]
    disabled = keys.make(account)["Arn"]
    account.kms().disable_key(KeyId=disabled)
    with refused("AccessDeniedException", reason="DEPENDENCY_ACCESS_DENIED"):
        upload(account, Encrypted=True, KmsKeyArn=foreign)
    with refused("ValidationException", reason="INVALID_CUSTOMER_KEY"):
        upload(account, Encrypted=True, KmsKeyArn=disabled)


class Under:
    """A snapshot and the key that it is under."""

    def __init__(self, account):
        self.key = keys.make(account)["Arn"]
        self.snapshot = encryption.upload(account, BLOCKS, self.key)


@pytest.fixture
def under(account):
    return Under(account)


CLOSINGS = {
    "disabled": (lambda kms, key: kms.disable_key(KeyId=key), lambda kms, key: kms.enable_key(KeyId=key)),
    "pending deletion": (
        lambda kms, key: kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7),
        lambda kms, key: (kms.cancel_key_deletion(KeyId=key), kms.enable_key(KeyId=key)),
    ),
}


@pytest.mark.parametrize("how", CLOSINGS)
def test_nothing_can_be_read_or_written_while_the_key_is_closed(account, under, how):
    close, reopen = CLOSINGS[how]
    tokens = disks.list_blocks(account, under.snapshot)
    upload = disks.start(account, ParentSnapshotId=under.snapshot)
    close(account.kms(), under.key)
    closed = {"reason": "INVALID_CUSTOMER_KEY"}
    with refused("ValidationException", **closed):
        disks.read_block(account, under.snapshot, 0, tokens[0])
    with refused("ValidationException", **closed):
        disks.list_blocks(account, under.snapshot)
    with refused("ValidationException", **closed):
        account.ebs().list_changed_blocks(SecondSnapshotId=under.snapshot)
    with refused("ValidationException", **closed):
        disks.start(account, ParentSnapshotId=under.snapshot)
    with refused("ValidationException", **closed):
        disks.put(account, upload, 7, disks.block("late"))
    with refused("ValidationException", **closed):
        account.ebs().complete_snapshot(SnapshotId=upload, ChangedBlocksCount=0)
    reopen(account.kms(), under.key)
    assert disks.read(account, under.snapshot) == CONTENT
    disks.put(account, upload, 7, disks.block("late"))
    disks.complete(account, upload, 1)
    assert disks.read(account, upload) == CONTENT | {7: disks.block("late")}


def test_who_the_snapshot_is_shared_with_needs_the_key_too(account, server, under):
    reader = server.new_account(disks.unique("reader"))
    disks.share_snapshot(account, under.snapshot, reader)
    assert encryption.key_of(reader, under.snapshot) == under.key
    with refused("AccessDeniedException", reason="DEPENDENCY_ACCESS_DENIED"):
        disks.read(reader, under.snapshot)
    grant = account.kms().create_grant(
        KeyId=under.key, GranteePrincipal=keys.root(reader), Operations=["Decrypt"]
    )
    assert disks.read(reader, under.snapshot) == CONTENT
    account.kms().revoke_grant(KeyId=under.key, GrantId=grant["GrantId"])
    with refused("AccessDeniedException", reason="DEPENDENCY_ACCESS_DENIED"):
        disks.read(reader, under.snapshot)


def test_the_digest_of_encrypted_content_is_told_to_nobody(account, under):
    assert "contentDigest" not in disks.extension(account, under.snapshot)


def test_two_encrypted_disks_of_one_account_are_compared_across_keys(account):
    first = encryption.upload(account, BLOCKS, keys.make(account)["Arn"])
    key = keys.make(account)["Arn"]
    second = account.ec2().copy_snapshot(
        SourceRegion="us-east-1", SourceSnapshotId=first, Encrypted=True, KmsKeyId=key
    )["SnapshotId"]
    disks.await_snapshot(account, second)
    answer = account.ebs().list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second)
    assert answer["ChangedBlocks"] == []
