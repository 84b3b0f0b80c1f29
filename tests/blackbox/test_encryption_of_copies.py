"""Which key a copy is encrypted under, row by row of ec2-semantics D1, for snapshots and for images."""
import pytest

import disks
import encryption
from argosyd import refused
from conftest import BLOCKS

HERE, ELSEWHERE = "us-east-1", "us-west-2"


@pytest.fixture(scope="module")
def copier(server):
    """An account that changes no settings."""
    return server.new_account(disks.unique("copier"))


@pytest.fixture(scope="module")
def encrypting(server):
    """An account that encrypts by default in both regions, under a key of its own choice elsewhere."""
    account = server.new_account(disks.unique("encrypting"))
    for region in (HERE, ELSEWHERE):
        account.ec2(region).enable_ebs_encryption_by_default()
    account.ec2(ELSEWHERE).modify_ebs_default_kms_key_id(KmsKeyId=encryption.make_key(account, ELSEWHERE))
    return account


class Sources:
    """What there is to copy, in HERE."""

    def __init__(self, owner, recipients):
        self.plain = disks.upload(owner, BLOCKS)
        self.key = encryption.make_key(owner, policy=encryption.open_to(owner, *recipients))
        self.encrypted = encryption.upload(owner, BLOCKS, self.key)
        for snapshot in (self.plain, self.encrypted):
            if recipients:
                disks.share_snapshot(owner, snapshot, *recipients)


@pytest.fixture(scope="module")
def lent(server, copier, encrypting):
    """Another account's, shared with both, with a key whose policy lets both use it."""
    return Sources(server.new_account(disks.unique("lender")), [copier, encrypting])


@pytest.fixture(scope="module")
def own(copier):
    return Sources(copier, [])


@pytest.fixture(scope="module")
def own_of_encrypting(encrypting):
    key = encryption.make_key(encrypting)
    return encryption.upload(encrypting, BLOCKS, key), key


def copy_snapshot(account, snapshot, region, **wish):
    answer = account.ec2(region).copy_snapshot(SourceRegion=HERE, SourceSnapshotId=snapshot, **wish)
    disks.await_snapshot(account, answer["SnapshotId"], region)
    return answer["SnapshotId"]


def copy_image(account, snapshot, region, **wish):
    """The new image's snapshot."""
    image = disks.register(account, snapshot)
    new = account.ec2(region).copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion=HERE, **wish
    )["ImageId"]
    found = disks.await_image(account, new, region)
    snapshot = disks.snapshots_of(found)[0]
    encrypted = disks.describe_snapshot(account, snapshot, region)["Encrypted"]
    assert found["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] == encrypted
    return snapshot


@pytest.fixture(params=[copy_snapshot, copy_image], ids=["snapshot", "image"])
def copy(request):
    """Copies, and compares the content with what was put."""

    def run(account, snapshot, region, **wish):
        new = request.param(account, snapshot, region, **wish)
        assert disks.read(account, new, region) == BLOCKS
        return encryption.key_of(account, new, region)

    return run


def default_key(account, region):
    """The key of the account's settings, as an ARN."""
    key = account.ec2(region).get_ebs_default_kms_key_id()["KmsKeyId"]
    return encryption.managed_key(account, region) if key == "alias/aws/ebs" else key


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
@pytest.mark.parametrize("wish", [{}, {"Encrypted": False}], ids=["silent", "false"])
def test_row_1_what_is_not_encrypted_stays_so(copy, copier, own, region, wish):
    assert copy(copier, own.plain, region, **wish) is None


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
@pytest.mark.parametrize("wish", [{}, {"Encrypted": False}, {"Encrypted": True}], ids=["silent", "false", "true"])
def test_rows_2_and_3_encryption_by_default_acts_as_encrypted(copy, encrypting, lent, region, wish):
    assert copy(encrypting, lent.plain, region, **wish) == default_key(encrypting, region)


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
def test_row_3_encrypted_without_a_key_takes_the_accounts_default(copy, copier, own, region):
    assert copy(copier, own.plain, region, Encrypted=True) == encryption.managed_key(copier, region)


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
@pytest.mark.parametrize("form", ["arn", "id", "alias", "alias arn"])
def test_row_4_a_key_can_be_named_in_four_ways(copier, own, region, form):
    alias = f"alias/{disks.unique('named')}"
    arn = encryption.make_key(copier, region, alias=alias)
    name = {"arn": arn, "id": arn.rpartition("/")[2], "alias": alias, "alias arn": arn.partition("key/")[0] + alias}
    snapshot = copy_snapshot(copier, own.plain, region, Encrypted=True, KmsKeyId=name[form])
    assert encryption.key_of(copier, snapshot, region) == arn
    assert disks.read(copier, snapshot, region) == BLOCKS


@pytest.mark.parametrize("wish", [{}, {"Encrypted": False}], ids=["silent", "false"])
@pytest.mark.parametrize("by_default", [False, True])
def test_row_5_a_key_needs_encrypted(copier, encrypting, lent, wish, by_default):
    account = encrypting if by_default else copier
    key = encryption.make_key(account, ELSEWHERE)
    for source in (lent.plain, lent.encrypted):
        with refused("InvalidParameterDependency"):
            copy_snapshot(account, source, ELSEWHERE, KmsKeyId=key, **wish)
        with refused("InvalidParameterDependency"):
            account.ec2(ELSEWHERE).copy_image(
                Name=disks.unique("no"), SourceImageId="ami-0123456789abcdef0", SourceRegion=HERE, KmsKeyId=key, **wish
            )


@pytest.mark.parametrize("wish", [{}, {"Encrypted": True}], ids=["silent", "true"])
def test_row_6_an_own_copy_in_the_same_region_keeps_its_key(
    copy, copier, own, encrypting, own_of_encrypting, wish
):
    assert copy(copier, own.encrypted, HERE, **wish) == own.key
    snapshot, key = own_of_encrypting
    assert copy(encrypting, snapshot, HERE, **wish) == key


@pytest.mark.parametrize("wish", [{}, {"Encrypted": True}], ids=["silent", "true"])
def test_row_7_an_own_copy_in_another_region_takes_the_default_there(
    copy, copier, own, encrypting, own_of_encrypting, wish
):
    assert copy(copier, own.encrypted, ELSEWHERE, **wish) == encryption.managed_key(copier, ELSEWHERE)
    snapshot, _ = own_of_encrypting
    assert copy(encrypting, snapshot, ELSEWHERE, **wish) == default_key(encrypting, ELSEWHERE)


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
@pytest.mark.parametrize("wish", [{}, {"Encrypted": True}], ids=["silent", "true"])
def test_row_8_a_copy_of_anothers_takes_the_copiers_default(copy, copier, encrypting, lent, region, wish):
    assert copy(copier, lent.encrypted, region, **wish) == encryption.managed_key(copier, region)
    assert copy(encrypting, lent.encrypted, region, **wish) == default_key(encrypting, region)


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
def test_row_9_a_named_key_is_taken_whatever_the_source_has(copy, copier, own, lent, region):
    key = encryption.make_key(copier, region)
    for source in (own.plain, own.encrypted, lent.encrypted):
        assert copy(copier, source, region, Encrypted=True, KmsKeyId=key) == key


def test_row_10_encryption_is_never_removed(copier, own):
    message = (
        f"Snapshot {own.encrypted} is encrypted. "
        "Creating an unencrypted copy from an encrypted snapshot is not supported."
    )
    with refused("InvalidRequest", message=message):
        copy_snapshot(copier, own.encrypted, ELSEWHERE, Encrypted=False)
    image = disks.register(copier, own.encrypted)
    with refused("InvalidRequest", message=message):
        copier.ec2(ELSEWHERE).copy_image(
            Name=disks.unique("no"), SourceImageId=image, SourceRegion=HERE, Encrypted=False
        )


@pytest.mark.parametrize("region", [HERE, ELSEWHERE])
@pytest.mark.parametrize("whose", ["own", "another's"])
def test_an_encrypted_disk_of_zeros_is_copied_too(server, copier, region, whose):
    owner = copier if whose == "own" else server.new_account(disks.unique("lender"))
    key = encryption.make_key(owner, policy=encryption.open_to(owner, copier))
    source = encryption.upload(owner, {3: disks.ZEROS}, key)
    if whose != "own":
        disks.share_snapshot(owner, source, copier)
    new = encryption.make_key(copier, region)
    copied = copy_snapshot(copier, source, region, Encrypted=True, KmsKeyId=new)
    assert encryption.key_of(copier, copied, region) == new
    assert disks.read(copier, copied, region) == {}


def failed_copy(account, snapshot, **wish):
    """The copy of an image with that snapshot, and its snapshot, both as they ended."""
    image = disks.register(account, snapshot)
    new = account.ec2(ELSEWHERE).copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion=HERE, **wish
    )["ImageId"]
    failed = disks.await_image(account, new, ELSEWHERE, state="failed")
    ended = disks.describe_snapshot(account, disks.snapshots_of(failed)[0], ELSEWHERE)
    return failed["StateReason"], ended


@pytest.mark.parametrize("key", ["alias/nothing", "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-4000-8000-000000000000"])
def test_a_key_that_is_not_there_ends_the_copy_as_failed_with_its_name(copier, own, key):
    reason, snapshot = failed_copy(copier, own.plain, Encrypted=True, KmsKeyId=key)
    assert reason["Code"] == "Client.InvalidKMSKey.InvalidState" and key in reason["Message"]
    assert snapshot["State"] == "error"
    assert snapshot["StateMessage"].startswith("Given key ID is not accessible.")


def disable(account, key, region):
    account.kms(region).disable_key(KeyId=key)


def delete(account, key, region):
    account.kms(region).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


@pytest.mark.parametrize("close", [disable, delete])
@pytest.mark.parametrize("side", [HERE, ELSEWHERE], ids=["source", "destination"])
def test_a_key_that_is_closed_ends_the_copy_as_failed_with_its_name(copier, own, close, side):
    key = encryption.make_key(copier, side)
    if side == HERE:
        source, wish = encryption.upload(copier, BLOCKS, key), {}
    else:
        source, wish = own.plain, {"Encrypted": True, "KmsKeyId": key}
    close(copier, key, side)
    reason, snapshot = failed_copy(copier, source, **wish)
    assert reason["Code"] == "Client.InvalidKMSKey.InvalidState" and key in reason["Message"]
    assert snapshot["State"] == "error"


def test_a_copy_of_anothers_needs_his_key(server, copier, lent):
    lender = server.new_account(disks.unique("lender"))
    key = encryption.make_key(lender)
    source = encryption.upload(lender, BLOCKS, key)
    disks.share_snapshot(lender, source, copier)
    reason, _ = failed_copy(copier, source)
    assert key in reason["Message"]
    grant = lender.kms().create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{copier.id}:root", Operations=encryption.RECIPIENT_OPERATIONS
    )
    copied = copy_snapshot(copier, source, ELSEWHERE)
    assert disks.read(copier, copied, ELSEWHERE) == BLOCKS
    lender.kms().revoke_grant(KeyId=key, GrantId=grant["GrantId"])
    failed_copy(copier, source)
    # What was copied before is his own.
    assert disks.read(copier, copied, ELSEWHERE) == BLOCKS
