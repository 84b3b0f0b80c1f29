"""Which key a copy is encrypted under, row by row of ec2-semantics D1: of snapshots and of images, within an account
and from another, within a region and to another, with each of the clients."""
import pytest

import disks
import encryption
import keys
from argosyd import refused
from conftest import BLOCKS

HERE, ELSEWHERE = "us-east-1", "us-west-2"
# A call of the aws command takes a second: it copies snapshots within a region, and images to another.
WAYS = [
    ("boto3", "snapshot"),
    ("boto3", "image"),
    ("javascript", "snapshot"),
    ("javascript", "image"),
    ("aws", "snapshot here, image elsewhere"),
]


class Source:
    """A snapshot HERE and an image with it: under a key or not, and with whom they are shared."""

    def __init__(self, owner, key, borrowers, blocks=BLOCKS):
        self.key = key
        self.content = {index: data for index, data in blocks.items() if data != disks.ZEROS}
        self.snapshot = encryption.upload(owner, blocks, key) if key else disks.upload(owner, blocks)
        self.image = disks.register(owner, self.snapshot)
        if borrowers:
            disks.share_snapshot(owner, self.snapshot, *borrowers)
            disks.share_image(owner, self.image, *borrowers)


class Sources:
    """What there is to copy, of one account; the borrowers may use its key."""

    def __init__(self, owner, *borrowers):
        key = keys.make(owner, Policy=keys.open_to(owner, *borrowers))
        self.plain = Source(owner, None, borrowers)
        self.encrypted = Source(owner, key["Arn"], borrowers)


@pytest.fixture(scope="module")
def copier(server):
    """An account that changes no settings."""
    return server.new_account(disks.unique("copier"))


@pytest.fixture(scope="module")
def encrypting(server):
    """An account that encrypts by default in both regions, under a key of its own choice elsewhere."""
    account = server.new_account(disks.unique("encrypting"))
    account.own = Sources(account)
    for region in (HERE, ELSEWHERE):
        account.ec2(region).enable_ebs_encryption_by_default()
    account.ec2(ELSEWHERE).modify_ebs_default_kms_key_id(KmsKeyId=keys.make(account, ELSEWHERE)["Arn"])
    return account


@pytest.fixture(scope="module")
def lent(server, copier, encrypting):
    """Another account's, shared with both."""
    return Sources(server.new_account(disks.unique("lender")), copier, encrypting)


@pytest.fixture(scope="module")
def own(copier):
    return Sources(copier)


@pytest.fixture(params=["own", "lent"])
def sources(request):
    """What the copier can copy: his own, and another account's."""
    return request.getfixturevalue(request.param)


def await_image(account, image, region):
    """The copied image's snapshot."""
    found = disks.await_image(account, image, region)
    snapshot = disks.snapshots_of(found)[0]
    encrypted = disks.describe_snapshot(account, snapshot, region)["Encrypted"]
    assert found["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] == encrypted
    return snapshot


class Copying:
    """Copies with one client."""

    def __init__(self, client, what):
        self.client, self.what = client, what

    def ask(self, account, source, region, **wish):
        """CopySnapshot's answer or CopyImage's."""
        what = self.what
        if "," in what:
            what = "snapshot" if region == HERE else "image"
        if what == "snapshot":
            given = {"SourceSnapshotId": source.snapshot}
            return self.client.call(account, "ec2", "CopySnapshot", region, SourceRegion=HERE, **given, **wish)
        given = {"SourceImageId": source.image, "Name": disks.unique("copy")}
        return self.client.call(account, "ec2", "CopyImage", region, SourceRegion=HERE, **given, **wish)

    def __call__(self, account, source, region, **wish):
        """The key's ARN of a copy whose content was compared with what was put."""
        answer = self.ask(account, source, region, **wish)
        if "ImageId" in answer:
            new = await_image(account, answer["ImageId"], region)
        else:
            new = disks.await_snapshot(account, answer["SnapshotId"], region)["SnapshotId"]
        assert disks.read(account, new, region) == source.content
        return encryption.key_of(account, new, region)


@pytest.fixture(params=WAYS, ids=[f"{client}-{what.replace(' ', '-')}" for client, what in WAYS])
def copy(request, every_client):
    client, what = request.param
    return Copying(every_client[client], what)


SILENT_OR_FALSE = pytest.mark.parametrize("wish", [{}, {"Encrypted": False}], ids=["silent", "false"])
SILENT_OR_TRUE = pytest.mark.parametrize("wish", [{}, {"Encrypted": True}], ids=["silent", "true"])
EVERYWHERE = pytest.mark.parametrize("region", [HERE, ELSEWHERE])


@EVERYWHERE
@SILENT_OR_FALSE
def test_row_1_what_is_not_encrypted_stays_so(copy, copier, sources, region, wish):
    assert copy(copier, sources.plain, region, **wish) is None


@EVERYWHERE
@SILENT_OR_FALSE
def test_row_2_encryption_by_default_acts_as_encrypted(copy, encrypting, lent, region, wish):
    for source in (encrypting.own.plain, lent.plain):
        assert copy(encrypting, source, region, **wish) == encryption.default_key(encrypting, region)


@EVERYWHERE
def test_row_3_encrypted_without_a_key_takes_the_accounts_default(copy, copier, encrypting, own, lent, region):
    for account, source in ((copier, own), (copier, lent), (encrypting, lent)):
        assert copy(account, source.plain, region, Encrypted=True) == encryption.default_key(account, region)


@EVERYWHERE
@pytest.mark.parametrize("form", ["arn", "id", "alias", "alias arn"])
def test_row_4_a_key_can_be_named_in_four_ways(copy, copier, own, lent, region, form):
    alias, arn = keys.alias("named"), keys.make(copier, region)["Arn"]
    copier.kms(region).create_alias(AliasName=alias, TargetKeyId=arn)
    name = {"arn": arn, "id": arn.rpartition("/")[2], "alias": alias, "alias arn": arn.partition("key/")[0] + alias}
    source = lent.plain if "arn" in form else own.plain
    assert copy(copier, source, region, Encrypted=True, KmsKeyId=name[form]) == arn


@SILENT_OR_FALSE
@pytest.mark.parametrize("by_default", [False, True])
def test_row_5_a_key_needs_encrypted(copy, copier, encrypting, lent, wish, by_default):
    account = encrypting if by_default else copier
    key = keys.make(account, ELSEWHERE)["Arn"]
    source = lent.encrypted if wish else lent.plain
    with refused("InvalidParameterDependency"):
        copy(account, source, ELSEWHERE, KmsKeyId=key, **wish)


@SILENT_OR_TRUE
def test_row_6_an_own_copy_in_the_same_region_keeps_its_key(copy, copier, own, encrypting, wish):
    for account, source in ((copier, own.encrypted), (encrypting, encrypting.own.encrypted)):
        assert copy(account, source, HERE, **wish) == source.key


@SILENT_OR_TRUE
def test_row_7_an_own_copy_in_another_region_takes_the_default_there(copy, copier, own, encrypting, wish):
    for account, source in ((copier, own.encrypted), (encrypting, encrypting.own.encrypted)):
        assert copy(account, source, ELSEWHERE, **wish) == encryption.default_key(account, ELSEWHERE)


@EVERYWHERE
@SILENT_OR_TRUE
def test_row_8_a_copy_of_anothers_takes_the_copiers_default(copy, copier, encrypting, lent, region, wish):
    for account in (copier, encrypting):
        assert copy(account, lent.encrypted, region, **wish) == encryption.default_key(account, region)


@EVERYWHERE
def test_row_9_a_named_key_is_taken_whatever_the_source_has(copy, copier, sources, region):
    key = keys.make(copier, region)["Arn"]
    assert copy(copier, sources.encrypted, region, Encrypted=True, KmsKeyId=key) == key


@EVERYWHERE
def test_row_10_encryption_is_never_removed(copy, copier, sources, region):
    message = (
        f"Snapshot {sources.encrypted.snapshot} is encrypted. "
        "Creating an unencrypted copy from an encrypted snapshot is not supported."
    )
    with refused("InvalidRequest", message=message):
        copy(copier, sources.encrypted, region, Encrypted=False)


@EVERYWHERE
@pytest.mark.parametrize("whose", ["own", "another's"])
def test_an_encrypted_disk_of_zeros_is_copied_too(every_client, server, copier, region, whose):
    owner = copier if whose == "own" else server.new_account(disks.unique("lender"))
    borrowers = [] if owner is copier else [copier]
    key = keys.make(owner, Policy=keys.open_to(owner, *borrowers))["Arn"]
    source = Source(owner, key, borrowers, {3: disks.ZEROS})
    new = keys.make(copier, region)["Arn"]
    copy = Copying(every_client["boto3"], "snapshot")
    assert copy(copier, source, region, Encrypted=True, KmsKeyId=new) == new


def test_each_client_shows_that_a_copy_is_encrypted_and_under_which_key(client, copier, lent):
    answer = Copying(client, "image").ask(copier, lent.encrypted, ELSEWHERE)
    snapshot = await_image(copier, answer["ImageId"], ELSEWHERE)
    [found] = client.call(copier, "ec2", "DescribeImages", ELSEWHERE, ImageIds=[answer["ImageId"]])["Images"]
    assert found["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    [found] = client.call(copier, "ec2", "DescribeSnapshots", ELSEWHERE, SnapshotIds=[snapshot])["Snapshots"]
    assert (found["Encrypted"], found["KmsKeyId"]) == (True, keys.managed(copier, ELSEWHERE))


def failed_copy(account, source, **wish):
    """The copy of an image and its snapshot, both as they ended."""
    new = account.ec2(ELSEWHERE).copy_image(
        Name=disks.unique("copy"), SourceImageId=source.image, SourceRegion=HERE, **wish
    )["ImageId"]
    failed = disks.await_image(account, new, ELSEWHERE, state="failed")
    ended = disks.describe_snapshot(account, disks.snapshots_of(failed)[0], ELSEWHERE)
    return failed["StateReason"], ended


ABSENT = "arn:aws:kms:us-west-2:123456789012:key/00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("key", ["alias/nothing", ABSENT])
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
    key = keys.make(copier, side)["Arn"]
    if side == HERE:
        source, wish = Source(copier, key, []), {}
    else:
        source, wish = own.plain, {"Encrypted": True, "KmsKeyId": key}
    close(copier, key, side)
    reason, snapshot = failed_copy(copier, source, **wish)
    assert reason["Code"] == "Client.InvalidKMSKey.InvalidState" and key in reason["Message"]
    assert snapshot["State"] == "error"
