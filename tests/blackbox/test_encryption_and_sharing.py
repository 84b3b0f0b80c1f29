"""What is encrypted under which key may be shared with whom, row by row of ec2-semantics E2, in two regions and with
each of the clients; and what the recipient needs of the key for a copy to the other region."""
import pytest

import disks
import encryption
import keys
from argosyd import refused

REGIONS = ("us-east-1", "us-west-2")
BLOCKS = {0: disks.block("shared")}
MANAGED_IMAGE = "Snapshots encrypted with the AWS Managed CMK can’t be shared. Specify another snapshot."
PUBLIC_IMAGE = "Encrypted snapshots can’t be shared publicly. Specify another snapshot."
MANAGED_SNAPSHOT = "Encrypted snapshots with EBS default key cannot be shared"
ORGANIZATION = "o-a1b2c3d4e5"
PRINCIPALS = {
    "account": {"UserId": "111122223333"},
    "organization": {"OrganizationArn": f"arn:aws:organizations::111122223333:organization/{ORGANIZATION}"},
    "unit": {"OrganizationalUnitArn": f"arn:aws:organizations::111122223333:ou/{ORGANIZATION}/ou-ab12-11111111"},
}
EVERYBODY = {"Group": "all"}
EVERYONE_NAMED = pytest.mark.parametrize("principal", PRINCIPALS.values(), ids=PRINCIPALS)
EVERY_KEY = pytest.mark.parametrize("kind", ["managed", "customer"])


class Disk:
    """An encrypted snapshot and an image with it."""

    def __init__(self, owner, region, key=None):
        self.region, self.key = region, key
        self.snapshot = encryption.upload(owner, BLOCKS, key, region)
        self.image = disks.register(owner, self.snapshot, region=region)


@pytest.fixture(scope="module", params=REGIONS)
def encrypted(request, owner):
    """The owner's by the kind of their keys, in one region and in another."""
    region = request.param
    return {
        "managed": Disk(owner, region),
        "customer": Disk(owner, region, keys.make(owner, region)["Arn"]),
    }


def share_image(client, account, disk, principal):
    client.call(
        account,
        "ec2",
        "ModifyImageAttribute",
        disk.region,
        ImageId=disk.image,
        LaunchPermission={"Add": [principal]},
    )


def share_snapshot(client, account, disk, principal):
    client.call(
        account,
        "ec2",
        "ModifySnapshotAttribute",
        disk.region,
        SnapshotId=disk.snapshot,
        Attribute="createVolumePermission",
        CreateVolumePermission={"Add": [principal]},
    )


def image_permissions(account, disk):
    answer = account.ec2(disk.region).describe_image_attribute(ImageId=disk.image, Attribute="launchPermission")
    return answer["LaunchPermissions"]


def snapshot_permissions(account, disk):
    answer = account.ec2(disk.region).describe_snapshot_attribute(
        SnapshotId=disk.snapshot, Attribute="createVolumePermission"
    )
    return answer["CreateVolumePermissions"]


@EVERYONE_NAMED
def test_an_image_under_the_key_of_ebs_is_shared_with_nobody(client, owner, encrypted, principal):
    disk = encrypted["managed"]
    with refused("InvalidParameter", message=MANAGED_IMAGE):
        share_image(client, owner, disk, principal)
    assert image_permissions(owner, disk) == []


@EVERY_KEY
def test_an_encrypted_image_is_never_public(client, owner, encrypted, kind):
    disk = encrypted[kind]
    with refused("UnsupportedOperation", message=PUBLIC_IMAGE):
        share_image(client, owner, disk, EVERYBODY)
    assert EVERYBODY not in image_permissions(owner, disk)


@EVERYONE_NAMED
def test_an_image_under_a_key_of_the_customers_is_shared(client, owner, encrypted, principal):
    disk = encrypted["customer"]
    share_image(client, owner, disk, principal)
    assert principal in image_permissions(owner, disk)


def test_a_snapshot_under_the_key_of_ebs_is_shared_with_nobody(client, owner, recipient, encrypted):
    disk = encrypted["managed"]
    with refused("OperationNotPermitted", message=MANAGED_SNAPSHOT):
        share_snapshot(client, owner, disk, {"UserId": recipient.id})
    assert snapshot_permissions(owner, disk) == []


@EVERY_KEY
def test_an_encrypted_snapshot_is_never_public(client, owner, encrypted, kind):
    disk = encrypted[kind]
    with refused("OperationNotPermitted"):
        share_snapshot(client, owner, disk, EVERYBODY)
    assert EVERYBODY not in snapshot_permissions(owner, disk)


def test_a_customers_key_that_is_the_default_can_be_shared(client, server, recipient):
    account = server.new_account(disks.unique("sharer"))
    account.ec2().modify_ebs_default_kms_key_id(KmsKeyId=keys.make(account)["Arn"])
    share_image(client, account, Disk(account, "us-east-1"), {"UserId": recipient.id})


def copy_image(client, account, disk, state="available"):
    """The copy in the other region, as it ended."""
    [region] = set(REGIONS) - {disk.region}
    new = client.call(
        account,
        "ec2",
        "CopyImage",
        region,
        Name=disks.unique("copy"),
        SourceImageId=disk.image,
        SourceRegion=disk.region,
    )["ImageId"]
    found = disks.await_image(account, new, region, state)
    if state == "available":
        assert disks.read(account, disks.snapshots_of(found)[0], region) == BLOCKS
    return found


def test_whether_the_recipient_can_use_the_key_is_asked_when_he_copies(client, owner, recipient, encrypted):
    region = encrypted["customer"].region
    disk = Disk(owner, region, keys.make(owner, region)["Arn"])
    share_image(client, owner, disk, {"UserId": recipient.id})
    share_snapshot(client, owner, disk, {"UserId": recipient.id})
    [found] = client.call(recipient, "ec2", "DescribeImages", disk.region, ImageIds=[disk.image])["Images"]
    assert found["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    reason = copy_image(client, recipient, disk, "failed")["StateReason"]
    assert reason["Code"] == "Client.InvalidKMSKey.InvalidState" and disk.key in reason["Message"]
    keys.lend(owner, disk.key, recipient, disk.region)
    copy_image(client, recipient, disk)


@pytest.fixture(scope="module")
def member(server):
    account = server.new_account(disks.unique("member"))
    server.command("account", "move", account.id, f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/")
    return account


def typical(owner, other):
    """What AWS's documentation tells people to write."""
    use = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
    grants = ["kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"]
    principal = {"AWS": keys.root(other)}
    resources = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return keys.policy(owner, keys.allow(principal, use), keys.allow(principal, grants, **resources))


def of_organization(owner, _):
    within = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    return keys.policy(owner, keys.allow("*", keys.RECIPIENT_ACTIONS, **within))


def of_unit(owner, _):
    within = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/*"}}
    return keys.policy(owner, keys.allow("*", keys.RECIPIENT_ACTIONS, **within))


@pytest.mark.parametrize("policy", [typical, of_organization, of_unit])
def test_a_key_is_opened_by_the_policies_that_people_write(client, every_client, owner, recipient, member, policy):
    disk = Disk(owner, "us-east-1", keys.make(owner, Policy=policy(owner, member))["Arn"])
    for account in (member, recipient):
        disks.share_image(owner, disk.image, account)
        disks.share_snapshot(owner, disk.snapshot, account)
    copy_image(client, member, disk)
    assert disk.key in copy_image(every_client["boto3"], recipient, disk, "failed")["StateReason"]["Message"]


@pytest.mark.parametrize("missing", ["DescribeKey", "CreateGrant", "Decrypt", "ReEncryptFrom"])
def test_each_action_on_the_key_is_needed_for_a_copy(every_client, owner, recipient, missing):
    actions = [action for action in keys.RECIPIENT_ACTIONS if action != f"kms:{missing}"]
    policy = keys.policy(owner, keys.allow({"AWS": keys.root(recipient)}, actions))
    disk = Disk(owner, "us-east-1", keys.make(owner, Policy=policy)["Arn"])
    disks.share_image(owner, disk.image, recipient)
    disks.share_snapshot(owner, disk.snapshot, recipient)
    assert disk.key in copy_image(every_client["boto3"], recipient, disk, "failed")["StateReason"]["Message"]


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


@EVERY_KEY
def test_an_image_cannot_be_registered_with_a_key_of_its_own(owner, encrypted, kind):
    disk = encrypted[kind]
    for more in ({"Encrypted": True}, {"KmsKeyId": "alias/aws/ebs"}):
        mapping = {"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": disk.snapshot} | more}
        with refused("InvalidBlockDeviceMapping"):
            disks.register(owner, disk.snapshot, region=disk.region, BlockDeviceMappings=[mapping])
