"""CopySnapshot."""
import pytest

import disks
from argosyd import refused
from conftest import BLOCKS

NO_SNAPSHOT = "snap-0123456789abcdef0"


def copy(account, snapshot, region="us-west-2", source="us-east-1", **options):
    answer = account.ec2(region).copy_snapshot(SourceRegion=source, SourceSnapshotId=snapshot, **options)
    new = answer["SnapshotId"]
    return new, disks.await_snapshot(account, new, region)


def by_hand(account, snapshot, region="us-west-2", **parameters):
    return account.query(
        "CopySnapshot", region, **{"SourceSnapshotId": snapshot, "SourceRegion": "us-east-1"} | parameters
    )


@pytest.mark.parametrize("region", ["us-west-2", "us-east-1"])
def test_a_copy_has_the_content_of_its_source(owner, snapshot, region):
    new, found = copy(owner, snapshot, region, Description="carried")
    assert new != snapshot
    assert (found["OwnerId"], found["Description"], found["VolumeSize"]) == (owner.id, "carried", 1)
    assert found["VolumeId"].startswith("vol-ffff") and found["Progress"] == "100%"
    assert disks.read(owner, new, region) == BLOCKS


def test_a_copy_repeated_is_another_copy(owner, snapshot):
    assert copy(owner, snapshot)[0] != copy(owner, snapshot)[0]


def test_tags_are_given_not_copied(owner):
    source = disks.upload(owner, {0: disks.block("tagged")}, Tags=[{"Key": "old", "Value": "v"}])
    answer = owner.ec2("us-west-2").copy_snapshot(
        SourceRegion="us-east-1",
        SourceSnapshotId=source,
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "new", "Value": "w"}]}],
    )
    assert answer["Tags"] == [{"Key": "new", "Value": "w"}]
    assert disks.await_snapshot(owner, answer["SnapshotId"], "us-west-2")["Tags"] == answer["Tags"]


def test_a_description_that_xml_cannot_hold_stops_no_copy(owner):
    source = disks.upload(owner, {2: disks.block("control")}, Description="no\x01 XML")
    new, _ = copy(owner, source)
    assert disks.read(owner, new, "us-west-2") == {2: disks.block("control")}


def test_a_recipient_copies_what_is_shared_with_him_and_owns_the_copy(owner, recipient):
    snapshot = disks.upload(owner, {2: disks.block("lent")})
    disks.share_snapshot(owner, snapshot, recipient)
    new, found = copy(recipient, snapshot)
    owner.ec2().delete_snapshot(SnapshotId=snapshot)
    assert found["OwnerId"] == recipient.id
    assert disks.read(recipient, new, "us-west-2") == {2: disks.block("lent")}
    with refused("ResourceNotFoundException"):
        disks.read(owner, new, "us-west-2")


def test_a_public_snapshot_is_copied_by_anybody(owner, stranger):
    snapshot = disks.upload(owner, {2: disks.block("public")})
    owner.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot, CreateVolumePermission={"Add": [{"Group": "all"}]}
    )
    new, found = copy(stranger, snapshot)
    assert disks.read(stranger, new, "us-west-2") == {2: disks.block("public")}
    attribute = stranger.ec2("us-west-2").describe_snapshot_attribute(
        SnapshotId=new, Attribute="createVolumePermission"
    )
    assert found["OwnerId"] == stranger.id and attribute["CreateVolumePermissions"] == []


def test_a_shared_image_does_not_open_its_snapshot(recipient, shared_image, snapshot):
    with refused("InvalidSnapshot.NotFound"):
        copy(recipient, snapshot)


def test_a_completion_duration_makes_the_copy_time_based(owner, snapshot):
    new = by_hand(owner, snapshot, CompletionDurationMinutes="15").xml.findtext("snapshotId")
    disks.await_snapshot(owner, new, "us-west-2")
    for value, count in (("time-based", 1), ("standard", 0)):
        found = owner.ec2("us-west-2").describe_snapshots(
            SnapshotIds=[new], Filters=[{"Name": "transfer-type", "Values": [value]}]
        )
        assert len(found["Snapshots"]) == count


@pytest.mark.parametrize(
    "change, codes",
    [
        ({"SourceSnapshotId": NO_SNAPSHOT}, ["InvalidSnapshot.NotFound"]),
        ({"SourceSnapshotId": "snap-nonsense"}, ["InvalidSnapshotID.Malformed"]),
        ({"SourceSnapshotId": "ami-0123456789abcdef0"}, ["InvalidSnapshotID.Malformed"]),
        ({"SourceRegion": "mars-north-1"}, ["InvalidRegion"]),
        ({"SourceRegion": "eu-west-1"}, ["InvalidSnapshot.NotFound"]),
        ({"DestinationRegion": "eu-west-1"}, ["InvalidParameterValue"]),
        ({"Description": "x" * 256}, ["InvalidParameterValue"]),
        ({"CompletionDurationMinutes": "14"}, ["InvalidParameterValue"]),
        ({"CompletionDurationMinutes": "2881"}, ["InvalidParameterValue"]),
        ({"KmsKeyId": "alias/mine"}, ["InvalidParameterDependency"]),
        ({"Encrypted": "true", "KmsKeyId": "k" * 2_049}, ["InvalidParameterValue"]),
        (
            {"TagSpecification__1__ResourceType": "image", "TagSpecification__1__Tag__1__Key": "k"},
            ["InvalidParameterValue"],
        ),
    ],
)
def test_a_copy_that_cannot_be_is_refused(owner, snapshot, change, codes):
    answer = by_hand(owner, snapshot, **change)
    assert answer.status == 400 and answer.code in codes


def test_a_pending_snapshot_is_not_copied(owner):
    pending = disks.start(owner)
    with refused("IncorrectState"):
        copy(owner, pending)
    owner.ec2().delete_snapshot(SnapshotId=pending)
