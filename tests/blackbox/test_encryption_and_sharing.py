"""What is encrypted under which key may be shared with whom (ec2-semantics E2)."""
import pytest

import disks
import encryption
from argosyd import refused

BLOCKS = {0: disks.block("shared")}
MANAGED_IMAGE = "Snapshots encrypted with the AWS Managed CMK can’t be shared. Specify another snapshot."
PUBLIC_IMAGE = "Encrypted snapshots can’t be shared publicly. Specify another snapshot."
MANAGED_SNAPSHOT = "Encrypted snapshots with EBS default key cannot be shared"


@pytest.fixture(scope="module", params=["managed", "customer"])
def shared(request, owner):
    """(kind of key, snapshot, image)"""
    key = encryption.make_key(owner) if request.param == "customer" else None
    snapshot = encryption.upload(owner, BLOCKS, key)
    return request.param, snapshot, disks.register(owner, snapshot)


def permissions(owner, image):
    return owner.ec2().describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]


def test_an_image_is_shared_with_an_account_only_under_a_key_of_the_customers(owner, recipient, shared):
    kind, _, image = shared
    if kind == "managed":
        with refused("InvalidParameter", message=MANAGED_IMAGE):
            disks.share_image(owner, image, recipient)
        assert permissions(owner, image) == []
        return
    disks.share_image(owner, image, recipient)  # whether he can use the key is not asked
    found = disks.describe_image(recipient, image)
    assert found["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True


def test_an_encrypted_image_is_never_public(owner, shared):
    _, _, image = shared
    before = permissions(owner, image)
    with refused("UnsupportedOperation", message=PUBLIC_IMAGE):
        owner.ec2().modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    assert permissions(owner, image) == before


def test_a_snapshot_is_shared_only_under_a_key_of_the_customers_and_never_with_everybody(owner, recipient, shared):
    kind, snapshot, _ = shared
    if kind == "managed":
        with refused("OperationNotPermitted", message=MANAGED_SNAPSHOT):
            disks.share_snapshot(owner, snapshot, recipient)
    else:
        disks.share_snapshot(owner, snapshot, recipient)
    with refused("OperationNotPermitted"):
        owner.ec2().modify_snapshot_attribute(
            SnapshotId=snapshot, CreateVolumePermission={"Add": [{"Group": "all"}]}
        )


def test_a_customers_key_that_is_the_default_can_be_shared(server, recipient):
    account = server.new_account(disks.unique("sharer"))
    account.ec2().modify_ebs_default_kms_key_id(KmsKeyId=encryption.make_key(account))
    image = disks.register(account, encryption.upload(account, BLOCKS))
    disks.share_image(account, image, recipient)


def test_filters_find_what_is_encrypted(server):
    account = server.new_account(disks.unique("filter"))
    plain, sealed = disks.upload(account, BLOCKS), encryption.upload(account, BLOCKS)
    images = {"false": disks.register(account, plain), "true": disks.register(account, sealed)}
    for value, snapshot in (("false", plain), ("true", sealed)):
        found = account.ec2().describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "encrypted", "Values": [value]}])
        assert [one["SnapshotId"] for one in found["Snapshots"]] == [snapshot]
        filters = [{"Name": "block-device-mapping.encrypted", "Values": [value]}]
        found = account.ec2().describe_images(Owners=["self"], Filters=filters)
        assert [one["ImageId"] for one in found["Images"]] == [images[value]]


def test_an_image_cannot_be_registered_with_a_key_of_its_own(owner, shared):
    _, snapshot, _ = shared
    for more in ({"Encrypted": True}, {"KmsKeyId": "alias/aws/ebs"}):
        mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot} | more}
        with refused("InvalidBlockDeviceMapping"):
            disks.register(owner, snapshot, BlockDeviceMappings=[mapping])
