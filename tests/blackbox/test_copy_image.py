"""CopyImage: what a copy is, who may make it, and what is refused."""
import re

import pytest

import disks
from argosyd import REGIONS, refused
from conftest import BLOCKS

NO_IMAGE = "ami-0123456789abcdef0"


def copy(account, image, region="us-west-2", source="us-east-1", name=None, **options):
    """The id of a copy that has only begun."""
    return account.ec2(region).copy_image(
        Name=name or disks.unique("copy"), SourceImageId=image, SourceRegion=source, **options
    )["ImageId"]


def copy_by_hand(account, image, region="us-west-2", **parameters):
    given = {"Name": disks.unique("copy"), "SourceImageId": image, "SourceRegion": "us-east-1"}
    return account.query("CopyImage", region, **given | parameters)


def wait_for(account, image, region="us-west-2"):
    """The available copy and its first snapshot."""
    found = disks.await_image(account, image, region)
    return found, disks.snapshots_of(found)[0]


def test_a_copy_is_the_same_image_with_an_identity_of_its_own(owner, snapshot):
    image = disks.register(
        owner,
        snapshot,
        Description="the original",
        EnaSupport=True,
        SriovNetSupport="simple",
        BootMode="uefi",
        TpmSupport="v2.0",
        UefiData="dmFyaWFibGVz",
        ImdsSupport="v2.0",
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "SnapshotId": snapshot,
                    "VolumeSize": 6,
                    "VolumeType": "gp3",
                    "Iops": 3500,
                    "Throughput": 200,
                    "DeleteOnTermination": False,
                },
            },
            {"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0"},
            {"DeviceName": "/dev/sdc", "Ebs": {"VolumeSize": 2, "VolumeType": "gp2"}},
        ],
    )
    name = disks.unique("copy")
    new = copy(owner, image, name=name)
    found, new_snapshot = wait_for(owner, new)
    source = disks.describe_image(owner, image)
    assert new != image and new_snapshot != snapshot
    assert found["Name"] == name and found["ImageLocation"] == f"{owner.id}/{name}"
    assert found["CreationDate"] >= source["CreationDate"]
    assert found["Description"] == f"[Copied {image} from us-east-1] the original"
    for shown in (found, source):
        for own in ("ImageId", "Name", "ImageLocation", "CreationDate", "Description"):
            del shown[own]
        shown["BlockDeviceMappings"][0]["Ebs"].pop("SnapshotId")
    assert found == source
    item = owner.query("DescribeImages", "us-west-2", ImageId__1=new).xml.find("imagesSet/item")
    assert (item.findtext("sourceImageId"), item.findtext("sourceImageRegion")) == (image, "us-east-1")
    attribute = owner.ec2("us-west-2").describe_image_attribute(ImageId=new, Attribute="uefiData")
    assert attribute["UefiData"] == {"Value": "dmFyaWFibGVz"}


def test_the_content_of_a_copy_is_that_of_its_source_bit_for_bit(owner, image, snapshot):
    _, new = wait_for(owner, copy(owner, image))
    assert disks.read(owner, new, "us-west-2") == BLOCKS
    assert (
        disks.extension(owner, new, "us-west-2")["contentDigest"]
        == disks.extension(owner, snapshot)["contentDigest"]
    )


def test_the_snapshot_of_a_copy_says_where_it_comes_from(owner, image, snapshot):
    new = copy(owner, image)
    _, new_snapshot = wait_for(owner, new)
    found = disks.describe_snapshot(owner, new_snapshot, "us-west-2")
    assert re.fullmatch(
        rf"Copied for DestinationAmi {new} from SourceAmi {image} for SourceSnapshot {snapshot}\. "
        r"Task created on \d{1,3}(,\d{3})+\.",
        found["Description"],
    )
    assert (found["OwnerId"], found["VolumeId"], found["VolumeSize"]) == (owner.id, "vol-ffffffff", 1)
    assert (found["State"], found["Progress"]) == ("completed", "100%")
    answer = owner.query("DescribeSnapshots", "us-west-2", SnapshotId__1=new_snapshot).xml.find(
        "snapshotSet/item"
    )
    assert answer.findtext("transferType") == "standard"


def test_an_image_is_pending_until_its_copy_is_whole(owner, image):
    new = copy(owner, image)
    found = disks.describe_image(owner, new, "us-west-2")
    assert found["State"] in ("pending", "available") and found["OwnerId"] == owner.id
    owner.ec2("us-west-2").get_waiter("image_available").wait(
        ImageIds=[new], WaiterConfig={"Delay": 0.05, "MaxAttempts": 600}
    )


def test_every_disk_is_copied_and_one_that_is_mapped_twice_is_copied_once(owner, snapshot):
    second = disks.upload(owner, {1: disks.block("second disk")}, size_gib=3)
    image = disks.register(
        owner,
        snapshot,
        BlockDeviceMappings=[
            {"DeviceName": device, "Ebs": {"SnapshotId": disk}}
            for device, disk in (("/dev/xvda", snapshot), ("/dev/sdb", second), ("/dev/sdc", snapshot))
        ],
    )
    found = disks.await_image(owner, copy(owner, image), "us-west-2")
    first, other, third = disks.snapshots_of(found)
    assert first == third != other
    assert disks.read(owner, first, "us-west-2") == BLOCKS
    assert disks.read(owner, other, "us-west-2") == {1: disks.block("second disk")}


def test_one_image_is_copied_to_several_regions_at_once(owner, image):
    copies = {region: copy(owner, image, region) for region in REGIONS}
    for region, new in copies.items():
        _, new_snapshot = wait_for(owner, new, region)
        assert disks.read(owner, new_snapshot, region) == BLOCKS


def test_a_copy_within_a_region_moves_nothing(owner, image, snapshot):
    found, new = wait_for(owner, copy(owner, image, "us-east-1"), "us-east-1")
    assert new != snapshot and disks.read(owner, new) == BLOCKS
    assert disks.extension(owner, new)["copyBytesMoved"] == "0"
    owner.ec2().deregister_image(ImageId=found["ImageId"])
    owner.ec2().delete_snapshot(SnapshotId=new)
    assert disks.read(owner, snapshot) == BLOCKS


def test_a_copy_of_a_copy_leads_back_home_and_moves_nothing(owner, image):
    there, _ = wait_for(owner, copy(owner, image))
    _, home = wait_for(owner, copy(owner, there["ImageId"], "us-east-1", "us-west-2"), "us-east-1")
    assert disks.read(owner, home) == BLOCKS
    assert disks.extension(owner, home)["copyBytesMoved"] == "0"


def test_progress_adds_up_when_a_copy_is_done(owner, image):
    _, new = wait_for(owner, copy(owner, image))
    said = disks.extension(owner, new, "us-west-2")
    assert said["copyBytesTotal"] == said["copyBytesDone"] == str(len(BLOCKS) * disks.BLOCK_BYTES)


def test_the_next_version_moves_only_what_changed(owner):
    blocks = {index: disks.block(f"version one {index}") for index in range(40)}
    first = disks.upload(owner, blocks)
    _, first_copy = wait_for(owner, copy(owner, disks.register(owner, first)))
    moved = int(disks.extension(owner, first_copy, "us-west-2")["copyBytesMoved"])
    assert moved >= 40 * disks.BLOCK_BYTES
    second = disks.upload(owner, {7: disks.block("version two")}, ParentSnapshotId=first)
    _, second_copy = wait_for(owner, copy(owner, disks.register(owner, second)))
    moved = int(disks.extension(owner, second_copy, "us-west-2")["copyBytesMoved"])
    assert disks.BLOCK_BYTES <= moved < 2 * disks.BLOCK_BYTES
    assert disks.read(owner, second_copy, "us-west-2") == blocks | {7: disks.block("version two")}


def test_a_disk_that_has_grown_moves_only_what_is_new(owner):
    blocks = {index: disks.block(f"small {index}") for index in range(10)}
    small = disks.upload(owner, blocks)
    wait_for(owner, copy(owner, disks.register(owner, small)))
    large = disks.upload(owner, {300 * 2048 - 1: disks.block("end")}, 300, ParentSnapshotId=small)
    _, new = wait_for(owner, copy(owner, disks.register(owner, large)))
    assert int(disks.extension(owner, new, "us-west-2")["copyBytesMoved"]) < 2 * disks.BLOCK_BYTES
    assert disks.read(owner, new, "us-west-2") == blocks | {300 * 2048 - 1: disks.block("end")}


def test_the_copies_of_two_versions_are_compared_as_their_sources_are(owner):
    first = disks.upload(owner, {0: disks.block("same"), 1: disks.block("one")})
    second = disks.upload(owner, {1: disks.block("two")}, ParentSnapshotId=first)
    copies = [
        wait_for(owner, copy(owner, disks.register(owner, snapshot)))[1] for snapshot in (first, second)
    ]
    page = owner.ebs("us-west-2").list_changed_blocks(FirstSnapshotId=copies[0], SecondSnapshotId=copies[1])
    assert [entry["BlockIndex"] for entry in page["ChangedBlocks"]] == [1]


@pytest.mark.parametrize("given, shown", [("my own", "my own"), ("", "")])
def test_a_description_that_is_given_is_kept(owner, image, given, shown):
    answer = copy_by_hand(owner, image, Description=given)
    found, _ = wait_for(owner, answer.xml.findtext("imageId"))
    assert found.get("Description", "") == shown


def test_an_image_without_a_description_lends_its_name_to_the_copy(owner, image):
    found, _ = wait_for(owner, copy(owner, image))
    assert (
        found["Description"]
        == f"[Copied {image} from us-east-1] {disks.describe_image(owner, image)['Name']}"
    )


def test_a_description_that_xml_cannot_hold_is_copied_as_it_is_shown(owner, snapshot):
    image = disks.register(owner, snapshot, Description="no\x01 XML", KernelId="aki-\x01")
    new = copy(owner, image)
    found, _ = wait_for(owner, new)
    assert (found["Description"], found["KernelId"]) == (f"[Copied {image} from us-east-1] no XML", "aki-")


def test_a_copy_is_private_and_untagged_whatever_its_source_is(owner, recipient, shared_image):
    owner.ec2().modify_image_attribute(ImageId=shared_image, LaunchPermission={"Add": [{"Group": "all"}]})
    owner.ec2().create_tags(Resources=[shared_image], Tags=[{"Key": "k", "Value": "v"}])
    found, _ = wait_for(owner, copy(owner, shared_image))
    assert found["Public"] is False and "Tags" not in found and "DeprecationTime" not in found
    attribute = owner.ec2("us-west-2").describe_image_attribute(
        ImageId=found["ImageId"], Attribute="launchPermission"
    )
    assert attribute["LaunchPermissions"] == []
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, found["ImageId"], "us-west-2")


def tags(found):
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def test_tags_are_copied_when_they_are_asked_for_and_explicit_ones_win(owner, image):
    owner.ec2().create_tags(Resources=[image], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    answer = copy_by_hand(owner, image, CopyImageTags="true", **tag_parameters("image", b="3", c="4"))
    found, new_snapshot = wait_for(owner, answer.xml.findtext("imageId"))
    assert tags(found) == {"a": "1", "b": "3", "c": "4"}
    assert tags(disks.describe_snapshot(owner, new_snapshot, "us-west-2")) == {}


def tag_parameters(kind, number=1, **given):
    out = {f"TagSpecification__{number}__ResourceType": kind}
    for index, (key, value) in enumerate(given.items(), 1):
        out[f"TagSpecification__{number}__Tag__{index}__Key"] = key
        out[f"TagSpecification__{number}__Tag__{index}__Value"] = value
    return out


def test_new_tags_go_to_the_image_and_to_every_snapshot(owner, image):
    answer = copy_by_hand(
        owner, image, **tag_parameters("image", on="image"), **tag_parameters("snapshot", 2, on="snapshot")
    )
    found, new_snapshot = wait_for(owner, answer.xml.findtext("imageId"))
    assert tags(found) == {"on": "image"}
    assert tags(disks.describe_snapshot(owner, new_snapshot, "us-west-2")) == {"on": "snapshot"}


@pytest.mark.parametrize("kind", ["instance", "volume", "nonsense"])
def test_tags_for_anything_else_fail_the_whole_copy(owner, image, kind):
    name = disks.unique("copy")
    answer = copy_by_hand(
        owner, image, Name=name, **tag_parameters("image", a="1"), **tag_parameters(kind, 2, b="2")
    )
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert (
        owner.ec2("us-west-2").describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"] == []
    )


def test_a_client_token_makes_one_copy_and_belongs_to_its_request(owner, recipient, image):
    given = {"Name": disks.unique("copy"), "ClientToken": disks.unique("token")}
    first, again = (copy_by_hand(owner, image, **given) for _ in range(2))
    new = first.xml.findtext("imageId")
    assert again.xml.findtext("imageId") == new
    assert (
        copy_by_hand(owner, image, **given | {"Name": disks.unique("copy")}).code
        == "IdempotentParameterMismatch"
    )
    assert copy_by_hand(owner, image, **given, Description="other").code == "IdempotentParameterMismatch"
    wait_for(owner, new)
    owner.ec2("us-west-2").deregister_image(ImageId=new)
    assert copy_by_hand(owner, image, **given).xml.findtext("imageId") == new
    # The same token in another region or account is another token.
    assert copy_by_hand(owner, image, "eu-west-1", **given).xml.findtext("imageId") != new
    mine = disks.register(recipient, disks.upload(recipient, {0: disks.block("mine")}))
    assert copy_by_hand(recipient, mine, **given).status == 200


def test_a_name_that_is_taken_is_refused_and_may_be_taken_elsewhere(owner, image):
    name = disks.unique("copy")
    new = copy(owner, image, name=name)
    with refused("InvalidAMIName.Duplicate", message=f"AMI name {name} is already in use by AMI {new}"):
        copy(owner, image, name=name)
    wait_for(owner, copy(owner, image, "eu-west-1", name=name), "eu-west-1")


@pytest.mark.parametrize(
    "change, code",
    [
        ({"Name": "ab"}, "InvalidAMIName.Malformed"),
        ({"Name": "a*b"}, "InvalidAMIName.Malformed"),
        ({"Description": "x" * 256}, "InvalidParameterValue"),
        ({"ClientToken": "x" * 129}, "InvalidParameterValue"),
        ({"SourceRegion": "mars-north-1"}, "InvalidRegion"),
        ({"SourceRegion": "eu-west-1"}, "InvalidAMIID.NotFound"),
        ({"SourceImageId": NO_IMAGE}, "InvalidAMIID.NotFound"),
        ({"SourceImageId": "ami-nonsense"}, "InvalidAMIID.Malformed"),
        ({"SourceImageId": "snap-0123456789abcdef0"}, "InvalidAMIID.Malformed"),
        ({"KmsKeyId": "alias/mine"}, "InvalidParameterDependency"),
        ({"KmsKeyId": "alias/mine", "Encrypted": "false"}, "InvalidParameterDependency"),
        ({"SnapshotCopyCompletionDurationMinutes": "0"}, "InvalidParameterValue"),
        ({"SnapshotCopyCompletionDurationMinutes": "20"}, "InvalidParameterValue"),
        ({"SnapshotCopyCompletionDurationMinutes": "2895"}, "InvalidParameterValue"),
        (
            {
                "DestinationAvailabilityZone": "us-west-2-lax-1a",
                "DestinationAvailabilityZoneId": "usw2-lax1-az1",
            },
            "InvalidParameterCombination",
        ),
        (
            {
                "DestinationOutpostArn": "arn:aws:outposts:us-west-2:111122223333:outpost/op-1",
                "DestinationAvailabilityZone": "x",
            },
            "InvalidParameterCombination",
        ),
    ],
)
def test_a_copy_that_cannot_be_is_refused_and_leaves_nothing(owner, image, change, code):
    before = {entry["ImageId"] for entry in owner.ec2("us-west-2").describe_images(Owners=["self"])["Images"]}
    answer = copy_by_hand(owner, image, **change)
    assert (answer.status, answer.code) == (400, code)
    after = {entry["ImageId"] for entry in owner.ec2("us-west-2").describe_images(Owners=["self"])["Images"]}
    assert after == before


def test_encrypted_false_is_no_request_for_encryption(owner, image):
    wait_for(owner, copy_by_hand(owner, image, Encrypted="false").xml.findtext("imageId"))


def test_a_completion_duration_makes_the_copy_time_based(owner, image):
    answer = copy_by_hand(owner, image, SnapshotCopyCompletionDurationMinutes="30")
    _, new = wait_for(owner, answer.xml.findtext("imageId"))
    item = owner.query("DescribeSnapshots", "us-west-2", SnapshotId__1=new).xml.find("snapshotSet/item")
    assert (item.findtext("transferType"), item.findtext("completionDurationMinutes")) == ("time-based", "30")


def test_a_deregistered_source_cannot_be_copied(owner, image):
    owner.ec2().deregister_image(ImageId=image)
    with refused("InvalidAMIID.Unavailable", "InvalidAMIID.NotFound"):
        copy(owner, image)
