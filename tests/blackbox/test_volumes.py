"""CreateVolume, DeleteVolume, DescribeVolumes of volumes that no machine has."""
import pytest

import disks
import encryption
import keys
from argosyd import refused, wait_until

ZONE = "us-east-1a"


def create(client, account, **given):
    return client.call(account, "ec2", "CreateVolume", AvailabilityZone=ZONE, **given)


def describe(account, volume):
    (found,) = account.ec2().describe_volumes(VolumeIds=[volume])["Volumes"]
    return found


def await_volume(account, volume, state="available"):
    def settled():
        found = describe(account, volume)
        return found if found["State"] != "creating" else None

    found = wait_until(settled, f"{volume} is still creating")
    assert found["State"] == state
    return found


@pytest.fixture
def boto3(every_client):
    return every_client["boto3"]


def test_an_empty_volume_is_made_shown_and_deleted(client, owner):
    made = create(client, owner, Size=3, VolumeType="gp3", Iops=3000, Throughput=125)
    assert (made["State"], made["Size"], made["Encrypted"]) == ("creating", 3, False)
    volume = made["VolumeId"]
    found = await_volume(owner, volume)
    shown = {name: found[name] for name in ("AvailabilityZone", "Size", "VolumeType", "Iops", "Throughput")}
    assert shown == {"AvailabilityZone": ZONE, "Size": 3, "VolumeType": "gp3", "Iops": 3000, "Throughput": 125}
    assert "KmsKeyId" not in found and found["SnapshotId"] == ""
    client.call(owner, "ec2", "DeleteVolume", VolumeId=volume)
    for operation, given in (("DeleteVolume", {"VolumeId": volume}), ("DescribeVolumes", {"VolumeIds": [volume]})):
        with refused("InvalidVolume.NotFound", message=f"The volume '{volume}' does not exist."):
            client.call(owner, "ec2", operation, **given)


def test_a_volume_is_as_large_as_its_snapshot_or_larger(client, owner):
    snapshot = disks.upload(owner, {}, size_gib=2)
    assert create(client, owner, SnapshotId=snapshot)["Size"] == 2
    made = create(client, owner, SnapshotId=snapshot, Size=5)
    assert (made["Size"], made["SnapshotId"]) == (5, snapshot)
    with refused("InvalidBlockDeviceMapping", "InvalidParameterValue"):
        create(client, owner, SnapshotId=snapshot, Size=1)


REQUESTS = {
    "nothing": ({}, "MissingParameter"),
    "an empty snapshot": ({"SnapshotId": ""}, "MissingParameter"),
    "no size": ({"Size": 0}, "InvalidParameterValue"),
    "too large": ({"Size": 65537}, "InvalidParameterValue"),
    "another zone": ({"Size": 1, "AvailabilityZone": "us-east-1f"}, "InvalidZone.NotFound"),
    "another type": ({"Size": 1, "VolumeType": "tape"}, "InvalidParameterValue"),
    "operations of gp2": ({"Size": 1, "VolumeType": "gp2", "Iops": 3000}, "InvalidParameterCombination"),
    "an unknown snapshot": ({"SnapshotId": "snap-0123456789abcdef0"}, "InvalidSnapshot.NotFound"),
    "a malformed snapshot": ({"SnapshotId": "snap-x"}, "InvalidSnapshotID.Malformed"),
    "a key without encryption": ({"Size": 1, "KmsKeyId": "alias/k"}, "InvalidParameterDependency"),
    "a key with a name without end": (
        {"Size": 1, "Encrypted": True, "KmsKeyId": "k" * 2_049},
        "InvalidParameterValue",
    ),
    "several machines": ({"Size": 1, "MultiAttachEnabled": True}, "UnsupportedOperation"),
    "a token that is too long": ({"Size": 1, "ClientToken": "x" * 65}, "InvalidParameterValue"),
    "a dry run": ({"Size": 1, "DryRun": True}, "DryRunOperation"),
    "tags of something else": (
        {"Size": 1, "TagSpecifications": [{"ResourceType": "snapshot", "Tags": [{"Key": "k", "Value": "v"}]}]},
        "InvalidParameterValue",
    ),
}


@pytest.mark.parametrize("given, code", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_refused(boto3, owner, given, code):
    before = owner.ec2().describe_volumes()["Volumes"]
    with refused(code):
        boto3.call(owner, "ec2", "CreateVolume", **{"AvailabilityZone": ZONE, **given})
    assert len(owner.ec2().describe_volumes()["Volumes"]) == len(before)


def test_a_snapshot_is_used_by_whom_it_is_shared_with_and_when_it_is_completed(client, owner, recipient, stranger):
    snapshot = disks.upload(owner, {0: disks.block("lent")})
    for account in (recipient, stranger):
        with refused("InvalidSnapshot.NotFound"):
            create(client, account, SnapshotId=snapshot)
    disks.share_snapshot(owner, snapshot, recipient)
    made = await_volume(recipient, create(client, recipient, SnapshotId=snapshot)["VolumeId"])
    assert made["SnapshotId"] == snapshot
    with refused("IncorrectState"):
        create(client, owner, SnapshotId=disks.start(owner))
    # It holds what it was made of, whatever becomes of that.
    owner.ec2().delete_snapshot(SnapshotId=snapshot)
    taken = client.call(recipient, "ec2", "CreateSnapshot", VolumeId=made["VolumeId"])["SnapshotId"]
    disks.await_snapshot(recipient, taken)
    assert disks.read(recipient, taken) == {0: disks.block("lent")}


def test_a_client_token_makes_a_volume_once(client, owner):
    token = disks.unique("token")
    first = create(client, owner, Size=1, ClientToken=token)["VolumeId"]
    assert create(client, owner, Size=1, ClientToken=token)["VolumeId"] == first
    with refused("IdempotentParameterMismatch"):
        create(client, owner, Size=2, ClientToken=token)


def test_the_key_of_a_volume(client, owner, recipient):
    """As D3 has it for the volumes of a launch."""
    key, other = (keys.make(owner, Policy=keys.open_to(owner, recipient))["Arn"] for _ in range(2))
    plain = disks.upload(owner, {0: disks.block("plain")})
    sealed = encryption.upload(owner, {0: disks.block("sealed")}, key)
    disks.share_snapshot(owner, sealed, recipient)

    def key_of(account, **given):
        return await_volume(account, create(client, account, **given)["VolumeId"]).get("KmsKeyId")

    assert key_of(owner, SnapshotId=plain) is None
    assert key_of(owner, SnapshotId=plain, Encrypted=True) == keys.managed(owner)
    assert key_of(owner, SnapshotId=plain, Encrypted=True, KmsKeyId=other) == other
    assert key_of(owner, Size=1, Encrypted=True, KmsKeyId=key.rpartition("/")[2]) == key
    assert key_of(owner, SnapshotId=sealed) == key
    assert key_of(owner, SnapshotId=sealed, Encrypted=True, KmsKeyId=other) == other
    assert key_of(recipient, SnapshotId=sealed) == keys.managed(recipient)
    assert key_of(recipient, SnapshotId=sealed, Encrypted=True, KmsKeyId=other) == other
    with refused("InvalidBlockDeviceMapping", "InvalidParameterCombination", "InvalidParameterValue"):
        create(client, owner, SnapshotId=sealed, Encrypted=False)


def test_a_volume_whose_key_cannot_be_used_is_in_error_and_can_be_deleted(client, owner):
    key = keys.make(owner)["Arn"]
    sealed = encryption.upload(owner, {0: disks.block("sealed")}, key)
    owner.kms().disable_key(KeyId=key)
    for given in ({"SnapshotId": sealed}, {"Size": 1, "Encrypted": True, "KmsKeyId": "alias/nothing"}):
        volume = create(client, owner, **given)["VolumeId"]
        await_volume(owner, volume, "error")
        with refused("IncorrectState"):
            client.call(owner, "ec2", "CreateSnapshot", VolumeId=volume)
        client.call(owner, "ec2", "DeleteVolume", VolumeId=volume)


def test_volumes_are_found_by_what_they_are(client, owner):
    word = disks.unique("found")
    snapshot = disks.upload(owner, {}, size_gib=2)
    specification = [{"ResourceType": "volume", "Tags": [{"Key": "word", "Value": word}]}]
    tagged = {"TagSpecifications": specification}
    plain = create(client, owner, SnapshotId=snapshot, **tagged)["VolumeId"]
    sealed = create(client, owner, Size=9, Encrypted=True, VolumeType="st1", **tagged)["VolumeId"]
    for volume in (plain, sealed):
        await_volume(owner, volume)

    def found(**filters):
        names = {"tag:word": word, **{name.replace("_", "-"): value for name, value in filters.items()}}
        given = [{"Name": name, "Values": [value]} for name, value in names.items()]
        answer = client.call(owner, "ec2", "DescribeVolumes", Filters=given)["Volumes"]
        return {one["VolumeId"] for one in answer}

    assert found() == {plain, sealed}
    assert found(encrypted="true") == found(size="9") == found(volume_type="st1") == {sealed}
    assert found(snapshot_id=snapshot) == found(volume_type="gp2") == {plain}
    assert found(status="available") == {plain, sealed} and not found(status="in-use")
    assert found(volume_id=plain) == {plain}
    assert found(availability_zone=ZONE) == found(multi_attach_enabled="false") == {plain, sealed}
    assert not found(availability_zone="us-east-1f")
    # No machine has them, so they have nothing of an attachment.
    for name, value in (("instance_id", "*"), ("device", "*"), ("delete_on_termination", "false"), ("status", "*")):
        assert not found(**{f"attachment.{name}": value}), name
    with refused("InvalidParameterValue"):
        client.call(owner, "ec2", "DescribeVolumes", Filters=[{"Name": "colour", "Values": ["red"]}])


def test_volumes_come_in_pages(boto3, owner):
    word = disks.unique("paged")
    specification = [{"ResourceType": "volume", "Tags": [{"Key": "word", "Value": word}]}]
    made = [create(boto3, owner, Size=1, TagSpecifications=specification)["VolumeId"] for _ in range(12)]
    given = {"Filters": [{"Name": "tag:word", "Values": [word]}]}
    pages = list(owner.ec2().get_paginator("describe_volumes").paginate(**given, PaginationConfig={"PageSize": 5}))
    assert [len(page["Volumes"]) for page in pages] == [5, 5, 2]
    assert [one["VolumeId"] for page in pages for one in page["Volumes"]] == made
    with refused("InvalidParameterCombination"):
        owner.ec2().describe_volumes(VolumeIds=made[:1], MaxResults=5)
    with refused("InvalidParameterValue"):
        owner.ec2().describe_volumes(MaxResults=4)
    with refused("InvalidVolumeID.Malformed", "InvalidParameterValue"):
        owner.ec2().describe_volumes(VolumeIds=["vol-x"])
