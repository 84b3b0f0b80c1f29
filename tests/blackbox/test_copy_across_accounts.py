"""CopyImage of another account's image."""
import pytest

import disks
from argosyd import refused


def copy(account, image):
    """The id of a copy that has only begun."""
    answer = account.ec2("us-west-2").copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion="us-east-1"
    )
    return answer["ImageId"]


def wait_for(account, image):
    """The available copy and its first snapshot."""
    found = disks.await_image(account, image, "us-west-2")
    return found, disks.snapshots_of(found)[0]


def test_what_another_account_holds_in_the_destination_counts_for_nothing(owner, stranger):
    blocks = {index: disks.block(f"held by two {index}") for index in range(8)}
    disks.upload(stranger, blocks, region="us-west-2")
    _, new = wait_for(owner, copy(owner, disks.register(owner, disks.upload(owner, blocks))))
    assert int(disks.extension(owner, new, "us-west-2")["copyBytesMoved"]) >= 8 * disks.BLOCK_BYTES


def test_tags_of_the_owner_are_not_copied_by_a_recipient(owner, recipient):
    snapshot = disks.upload(owner, {0: disks.block("tagged")})
    image = disks.register(owner, snapshot)
    disks.share_image(owner, image, recipient)
    disks.share_snapshot(owner, snapshot, recipient)
    owner.ec2().create_tags(Resources=[image], Tags=[{"Key": "owner", "Value": "v"}])
    parameters = {"Name": disks.unique("copy"), "SourceImageId": image, "SourceRegion": "us-east-1"}
    answer = recipient.query("CopyImage", "us-west-2", CopyImageTags="true", **parameters)
    found, _ = wait_for(recipient, answer.xml.findtext("imageId"))
    assert "Tags" not in found


@pytest.mark.parametrize("public", [False, True])
def test_launch_permission_without_permission_on_the_storage_is_not_enough(
    owner, recipient, shared_image, public
):
    if public:
        owner.ec2().modify_image_attribute(ImageId=shared_image, LaunchPermission={"Add": [{"Group": "all"}]})
    with refused("InvalidRequest", message="You do not have permission to access the storage of this ami"):
        copy(recipient, shared_image)


def test_permission_on_every_disk_is_needed(owner, recipient):
    first, second = (disks.upload(owner, {0: disks.block(word)}) for word in ("first", "second"))
    image = disks.register(
        owner,
        first,
        BlockDeviceMappings=[
            {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": first}},
            {"DeviceName": "/dev/sdb", "Ebs": {"SnapshotId": second}},
        ],
    )
    disks.share_image(owner, image, recipient)
    disks.share_snapshot(owner, first, recipient)
    with refused("InvalidRequest"):
        copy(recipient, image)
    disks.share_snapshot(owner, second, recipient)
    wait_for(recipient, copy(recipient, image))


def test_permission_on_the_storage_alone_does_not_show_the_image(owner, recipient):
    snapshot = disks.upload(owner, {0: disks.block("storage only")})
    image = disks.register(owner, snapshot)
    disks.share_snapshot(owner, snapshot, recipient)
    with refused("InvalidAMIID.NotFound"):
        copy(recipient, image)


def test_a_recipient_owns_his_copy_and_keeps_it_when_everything_is_taken_back(owner, recipient):
    blocks = {0: disks.block("lent"), 8: disks.block("eight")}
    snapshot = disks.upload(owner, blocks)
    image = disks.register(owner, snapshot)
    disks.share_image(owner, image, recipient)
    disks.share_snapshot(owner, snapshot, recipient)
    found, new = wait_for(recipient, copy(recipient, image))
    owner.ec2().deregister_image(ImageId=image)
    owner.ec2().delete_snapshot(SnapshotId=snapshot)
    assert (
        found["OwnerId"] == recipient.id
        and disks.describe_snapshot(recipient, new, "us-west-2")["OwnerId"] == recipient.id
    )
    assert disks.read(recipient, new, "us-west-2") == blocks
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(owner, found["ImageId"], "us-west-2")
