"""Copies and uploads into which something comes: kill -9, a stop, a deletion, an end of sharing."""
import concurrent.futures
import shutil

import botocore.exceptions
import pytest

import argosyd
import disks
from argosyd import refused, wait_until

# So much that a copy lasts long enough to be caught in the middle.
BLOCKS = 1000


class Large:
    """A server of this module's own with one large image, seen as its owner sees it."""

    def __init__(self, server):
        self.server = server
        self.blocks = disks.Incompressible(BLOCKS, "large")
        self.snapshot = disks.upload(self.owner, self.blocks)
        self.image = disks.register(self.owner, self.snapshot)

    @property
    def owner(self):
        return self.server.accounts["owner"]

    @property
    def recipient(self):
        return self.server.accounts["recipient"]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    server = argosyd.Server(folder / "data").start()
    yield Large(server)
    server.kill()
    shutil.rmtree(folder)  # gigabytes


def copy_image(account, image, region, name=None):
    return account.ec2(region).copy_image(
        Name=name or disks.unique("copy"), SourceImageId=image, SourceRegion="us-east-1"
    )["ImageId"]


def copy_snapshot(account, snapshot, region):
    answer = account.ec2(region).copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)
    return answer["SnapshotId"]


def await_middle(account, snapshot, region):
    """What is said of a copy of which a part, not all, has arrived."""

    def middle():
        said = disks.extension(account, snapshot, region)
        assert int(said["copyBytesDone"]) < int(
            said["copyBytesTotal"]
        ), "the copy was done before it could be caught"
        return said if int(said["copyBytesDone"]) > 0 else None

    return wait_until(middle, "nothing of the copy arrives")


@pytest.mark.parametrize("region, end", [("us-west-2", "kill"), ("eu-west-1", "stop")])
def test_a_copy_goes_on_where_the_server_ended_and_is_bit_for_bit_its_source(large, region, end):
    image = copy_image(large.owner, large.image, region)
    new = disks.snapshots_of(disks.describe_image(large.owner, image, region))[0]
    before = await_middle(large.owner, new, region)
    getattr(large.server, end)()
    large.server.start()
    after = disks.extension(large.owner, new, region)
    for figure in ("copyBytesDone", "copyBytesMoved"):
        assert int(after[figure]) >= int(before[figure]) > 0
    disks.await_image(large.owner, image, region)
    # No more crossed the wire than the chunks and nodes of the disk, whose blocks do not compress, and after
    # a kill what was being written to a pack: at most two answers of 16 blocks.
    content = BLOCKS * disks.BLOCK_BYTES
    again = 2 * 16 * disks.BLOCK_BYTES if end == "kill" else 0
    moved = int(disks.extension(large.owner, new, region)["copyBytesMoved"])
    assert content <= moved <= content * 1.01 + again
    disks.verify(large.owner, new, large.blocks, region)


@pytest.fixture(scope="module")
def lent(large):
    """The large image with all that the recipient needs to copy it."""
    disks.share_image(large.owner, large.image, large.recipient)
    disks.share_snapshot(large.owner, large.snapshot, large.recipient)
    return large.image


def test_progress_only_grows_and_is_told_in_percent_and_in_bytes(large, lent):
    image = copy_image(large.recipient, lent, "us-west-2")
    seen = []

    def available():
        found = disks.describe_image(large.recipient, image, "us-west-2")
        for snapshot in disks.snapshots_of(found):
            said = disks.extension(large.recipient, snapshot, "us-west-2")
            shown = disks.describe_snapshot(large.recipient, snapshot, "us-west-2")["Progress"]
            seen.append((int(said["copyBytesDone"]), int(shown.rstrip("%") or 0)))
        return found["State"] == "available"

    wait_until(available, "the copy is still pending")
    assert seen == sorted(seen) and len(set(seen)) > 2
    assert seen[-1] == (BLOCKS * disks.BLOCK_BYTES, 100)


def test_an_account_makes_twenty_copies_of_snapshots_at_once_and_no_more(large):
    stranger = large.server.accounts["stranger"]
    disks.share_snapshot(large.owner, large.snapshot, stranger)
    copies = [copy_snapshot(stranger, large.snapshot, "us-west-2") for _ in range(20)]
    with refused("ResourceLimitExceeded"):
        copy_snapshot(stranger, large.snapshot, "us-west-2")
    for new in copies:
        disks.await_snapshot(stranger, new, "us-west-2")
    disks.await_snapshot(stranger, copy_snapshot(stranger, large.snapshot, "us-west-2"), "us-west-2")


def test_an_end_of_sharing_does_not_stop_a_copy_under_way(large, lent):
    new = copy_snapshot(large.recipient, large.snapshot, "eu-west-1")
    await_middle(large.recipient, new, "eu-west-1")
    large.owner.ec2().reset_image_attribute(ImageId=lent, Attribute="launchPermission")
    large.owner.ec2().reset_snapshot_attribute(SnapshotId=large.snapshot, Attribute="createVolumePermission")
    disks.await_snapshot(large.recipient, new, "eu-west-1")
    disks.verify(large.recipient, new, large.blocks, "eu-west-1")
    with refused("InvalidSnapshot.NotFound"):
        copy_snapshot(large.recipient, large.snapshot, "eu-west-1")


def make_other(large, count):
    """Another image, which the test may delete: its id, its snapshot and its blocks."""
    blocks = disks.Incompressible(count, disks.unique("other"))
    snapshot = disks.upload(large.owner, blocks)
    return disks.register(large.owner, snapshot), snapshot, blocks


def test_a_copy_outlives_its_source(large):
    image, snapshot, blocks = make_other(large, BLOCKS)
    new = copy_image(large.owner, image, "us-west-2")
    new_snapshot = disks.snapshots_of(disks.describe_image(large.owner, new, "us-west-2"))[0]
    await_middle(large.owner, new_snapshot, "us-west-2")
    large.owner.ec2().deregister_image(ImageId=image)
    large.owner.ec2().delete_snapshot(SnapshotId=snapshot)
    disks.await_image(large.owner, new, "us-west-2")
    disks.verify(large.owner, new_snapshot, blocks, "us-west-2")


def test_a_pending_image_is_cancelled_and_its_name_is_free(large):
    image, _, _ = make_other(large, 300)
    name = disks.unique("cancelled")
    ec2 = large.owner.ec2("us-west-2")
    new = copy_image(large.owner, image, "us-west-2", name)
    pending = disks.snapshots_of(disks.describe_image(large.owner, new, "us-west-2"))
    with refused("InvalidAMIID.Unavailable"):
        ec2.modify_image_attribute(ImageId=new, LaunchPermission={"Add": [{"UserId": large.recipient.id}]})
    with refused("InvalidAMIID.Unavailable"):
        large.owner.ec2("eu-west-1").copy_image(Name=name, SourceImageId=new, SourceRegion="us-west-2")
    ec2.deregister_image(ImageId=new)
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(large.owner, new, "us-west-2")
    for snapshot in pending:  # what has begun stays, and is the user's to delete
        wait_until(
            lambda: disks.describe_snapshot(large.owner, snapshot, "us-west-2")["State"] != "pending",
            "a cancelled copy goes on",
        )
        ec2.delete_snapshot(SnapshotId=snapshot)
    disks.await_image(large.owner, copy_image(large.owner, image, "us-west-2", name), "us-west-2")


def test_a_snapshot_is_deleted_while_it_is_being_copied(large):
    _, snapshot, blocks = make_other(large, 300)
    ec2 = large.owner.ec2("us-west-2")
    new = copy_snapshot(large.owner, snapshot, "us-west-2")
    ec2.delete_snapshot(SnapshotId=new)
    with refused("InvalidSnapshot.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[new])
    again = copy_snapshot(large.owner, snapshot, "us-west-2")
    disks.await_snapshot(large.owner, again, "us-west-2")
    disks.verify(large.owner, again, blocks, "us-west-2")


def test_the_snapshot_of_a_pending_image_is_in_use(large):
    image, _, _ = make_other(large, 50)
    new = copy_image(large.owner, image, "us-west-2")
    snapshot = disks.snapshots_of(disks.describe_image(large.owner, new, "us-west-2"))[0]
    with refused("InvalidSnapshot.InUse"):
        large.owner.ec2("us-west-2").delete_snapshot(SnapshotId=snapshot)
    disks.await_image(large.owner, new, "us-west-2")


def test_blocks_that_were_acknowledged_survive_a_kill(own_server):
    owner = own_server.accounts["owner"]
    blocks = disks.Incompressible(300, "killed")
    upload = disks.start(owner)

    def put(index):
        try:
            disks.put(owner, upload, index, blocks[index])
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
            return None
        if index == 150:
            own_server.process.kill()
        return index

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        acknowledged = set(pool.map(put, blocks)) - {None}
    assert 100 < len(acknowledged) < 300
    own_server.process.wait()
    own_server.start()
    # If one of the acknowledged were not there, the count would not fit.
    for index in set(blocks) - acknowledged:
        disks.put(owner, upload, index, blocks[index])
    disks.complete(
        owner,
        upload,
        300,
        Checksum=disks.aggregate(blocks),
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )
    disks.verify(owner, upload, blocks)


def test_what_was_said_to_be_done_survives_a_kill(own_server):
    owner, recipient = own_server.accounts["owner"], own_server.accounts["recipient"]
    blocks = {0: disks.block("durable"), 1: disks.block("too")}
    snapshot = disks.upload(owner, blocks)
    image = disks.register(owner, snapshot, Description="durable")
    owner.ec2().create_tags(Resources=[image], Tags=[{"Key": "k", "Value": "v"}])
    disks.share_image(owner, image, recipient)
    gone = disks.register(owner, snapshot)
    owner.ec2().deregister_image(ImageId=gone)
    before = disks.describe_image(owner, image)
    own_server.kill()
    own_server.start()
    assert disks.describe_image(owner, image) == before
    assert disks.describe_image(recipient, image)["ImageId"] == image
    assert disks.read(owner, snapshot) == blocks
    with refused("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"):
        disks.describe_image(owner, gone)


def test_a_snapshot_completes_although_the_server_is_killed_right_after_it_was_asked_to(own_server):
    owner = own_server.accounts["owner"]
    blocks = disks.Incompressible(60, "completing")
    upload = disks.start(owner)
    disks.put_all(owner, upload, blocks)
    owner.ebs().complete_snapshot(SnapshotId=upload, ChangedBlocksCount=60)
    own_server.kill()
    own_server.start()
    disks.await_snapshot(owner, upload)
    disks.verify(owner, upload, blocks)


def test_a_client_token_is_remembered_over_a_kill(own_server):
    owner = own_server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, {0: disks.block("token")}))
    given = {"Name": "copy", "SourceImageId": image, "SourceRegion": "us-east-1", "ClientToken": "token"}
    first = owner.query("CopyImage", "us-west-2", **given).xml.findtext("imageId")
    own_server.kill()
    own_server.start()
    assert owner.query("CopyImage", "us-west-2", **given).xml.findtext("imageId") == first
    disks.await_image(owner, first, "us-west-2")


def test_a_copy_of_damaged_content_fails_with_a_reason_and_keeps_its_name(own_server):
    owner = own_server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, disks.Incompressible(20, "damaged")))
    own_server.stop()
    packs = [
        path
        for path in own_server.data_dir.rglob("*pack*")
        if path.is_file() and path.stat().st_size > disks.BLOCK_BYTES
    ]
    assert packs
    for path in packs:
        with path.open("r+b") as pack:
            pack.seek(path.stat().st_size // 2)
            pack.write(b"damaged")
    own_server.start()
    new = copy_image(owner, image, "us-west-2", "kept")
    found = disks.await_image(owner, new, "us-west-2", state="failed")
    assert found["StateReason"]["Code"] and found["StateReason"]["Message"]
    snapshot = disks.snapshots_of(found)[0]
    assert disks.await_snapshot(owner, snapshot, "us-west-2", state="error")["StateMessage"]
    with refused("InvalidAMIName.Duplicate"):
        copy_image(owner, image, "us-west-2", "kept")
    owner.ec2("us-west-2").deregister_image(ImageId=new)
    assert copy_image(owner, image, "us-west-2", "kept") != new
