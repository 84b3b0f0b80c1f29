"""CreateSnapshot, CreateSnapshots and CreateImage: what machines wrote, on top of what they started from
(ec2-semantics B7, F5). A guest counts its boots on its disk, so an image of it boots to the next number."""
import pytest

import disks
import encryption
import guests
import keys
import machines
from argosyd import refused, wait_until

ROOT = "/dev/xvda"  # of disks.register
OTHER = disks.block("not the guest's")


@pytest.fixture(scope="module")
def base(owner):
    """A disk with something on it that no guest changes."""
    return disks.upload(owner, guests.blocks(more={7: OTHER}))


@pytest.fixture(scope="module")
def image(owner, recipient, base):
    made = disks.register(owner, base)
    disks.share_image(owner, made, recipient)
    return made


@pytest.fixture
def instance(owner, image):
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        yield instance


def create_image(client, account, instance, **given):
    name = given.pop("Name", None) or disks.unique("sibling")
    return client.call(account, "ec2", "CreateImage", InstanceId=instance, Name=name, **given)["ImageId"]


def changed(account, first, second):
    """The blocks in which the second snapshot differs from the first."""
    answer = account.ebs().list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second)
    return [entry["BlockIndex"] for entry in answer["ChangedBlocks"]]


def snapshot_of(account, image):
    (snapshot,) = disks.snapshots_of(disks.await_image(account, image))
    return snapshot


def assert_boots(account, image, number, region="us-east-1"):
    with machines.running(account, image, region) as instance:
        machines.await_console(account, instance, f"guest boot {number}", region)


def volumes_named(account, volume):
    return account.ec2().describe_volumes(Filters=[{"Name": "volume-id", "Values": [volume]}])["Volumes"]


def stop(account, instance):
    account.ec2().stop_instances(InstanceIds=[instance])
    machines.await_state(account, instance, "stopped")


def test_an_image_without_a_reboot_is_what_the_disk_holds_while_the_machine_goes_on(
    client, owner, base, instance
):
    made = create_image(client, owner, instance, NoReboot=True, Description="as it was")
    found = disks.await_image(owner, made)
    assert (found["Description"], found["RootDeviceName"]) == ("as it was", ROOT)
    (mapping,) = found["BlockDeviceMappings"]
    assert (mapping["DeviceName"], mapping["Ebs"]["VolumeSize"]) == (ROOT, 1)
    snapshot = mapping["Ebs"]["SnapshotId"]
    shown = disks.describe_snapshot(owner, snapshot)
    assert shown["Description"] == f"Created by CreateImage({instance}) for {made}"
    assert shown["VolumeId"] == machines.volume_of(owner, instance)
    assert changed(owner, base, snapshot) == [guests.COUNT_BLOCK]  # on top of what the machine started from
    assert machines.console(owner, instance).count("guest boot") == 1, "it was rebooted"
    assert_boots(owner, made, 2)


def test_an_image_with_a_reboot_is_what_the_machine_starts_again_from(client, owner, base, instance):
    made = create_image(client, owner, instance)
    snapshot = snapshot_of(owner, made)
    assert changed(owner, base, snapshot) == [guests.COUNT_BLOCK]
    machines.await_console(owner, instance, "guest boot 2")
    assert machines.describe(owner, instance)["State"]["Name"] == "running"
    assert_boots(owner, made, 2)


def test_an_image_names_where_it_comes_from(javascript, owner, image, instance):
    made = create_image(javascript, owner, instance, NoReboot=True)
    disks.await_image(owner, made)
    (found,) = javascript.call(owner, "ec2", "DescribeImages", ImageIds=[made])["Images"]
    assert (found["SourceInstanceId"], found["SourceImageId"]) == (instance, image)


def test_an_image_of_a_stopped_instance(client, owner, base, instance):
    stop(owner, instance)
    made = create_image(client, owner, instance)
    assert changed(owner, base, snapshot_of(owner, made)) == [guests.COUNT_BLOCK]
    assert machines.describe(owner, instance)["State"]["Name"] == "stopped"
    assert_boots(owner, made, 2)


def test_a_snapshot_of_an_attached_and_of_a_kept_volume(client, owner, base, image):
    kept = {"BlockDeviceMappings": [{"DeviceName": ROOT, "Ebs": {"DeleteOnTermination": False}}]}
    with machines.running(owner, image, **kept) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        volume = machines.volume_of(owner, instance)
        tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "k", "Value": "v"}]}]
        given = {"VolumeId": volume, "Description": "while it runs", "TagSpecifications": tags}
        made = client.call(owner, "ec2", "CreateSnapshot", **given)
        assert (made["State"], made["VolumeId"], made["VolumeSize"]) == ("pending", volume, 1)
        first = disks.await_snapshot(owner, made["SnapshotId"])
        assert (first["Description"], first["Tags"]) == ("while it runs", [{"Key": "k", "Value": "v"}])
        assert first["OwnerId"] == owner.id
    # The instance is terminated, the volume is there with all that was written.
    second = client.call(owner, "ec2", "CreateSnapshot", VolumeId=volume)["SnapshotId"]
    client.call(owner, "ec2", "DeleteVolume", VolumeId=volume)  # which waits until it is read
    disks.await_snapshot(owner, second)
    for snapshot in (first["SnapshotId"], second):
        assert changed(owner, base, snapshot) == [guests.COUNT_BLOCK]
        assert disks.read(owner, snapshot)[7] == OTHER
    wait_until(lambda: not volumes_named(owner, volume), "the deleted volume stays")
    assert_boots(owner, disks.register(owner, second), 2)


def test_snapshots_of_all_volumes_of_an_instance(client, owner, base, image):
    more = [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": base, "DeleteOnTermination": True}}]
    volume_tags = [{"ResourceType": "volume", "Tags": [{"Key": "from", "Value": "volume"}]}]
    with machines.running(owner, image, BlockDeviceMappings=more, TagSpecifications=volume_tags) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        mappings = machines.describe(owner, instance)["BlockDeviceMappings"]
        root, data = (one["Ebs"]["VolumeId"] for one in mappings)

        def call(specification, **given):
            given["InstanceSpecification"] = {"InstanceId": instance, **specification}
            return client.call(owner, "ec2", "CreateSnapshots", CopyTagsFromSource="volume", **given)

        def take(**specification):
            answer = call(specification)
            for one in answer["Snapshots"]:
                disks.await_snapshot(owner, one["SnapshotId"])
                assert one["Tags"] == [{"Key": "from", "Value": "volume"}]
            return {one["VolumeId"]: one["SnapshotId"] for one in answer["Snapshots"]}

        both = take()
        assert set(both) == {root, data}
        assert changed(owner, base, both[root]) == [guests.COUNT_BLOCK] and changed(owner, base, both[data]) == []
        assert set(take(ExcludeBootVolume=True)) == {data}
        with refused("InvalidParameterValue", "InvalidParameterCombination"):
            take(ExcludeBootVolume=True, **({"ExcludeDataVolumeIds": [data]}))
        assert set(take(ExcludeDataVolumeIds=[data])) == {root}
        # What is refused leaves no snapshot: what was to be left out by a wrong name, and more tags than there may be.
        filters = [{"Name": "volume-id", "Values": [root, data]}]
        before = owner.ec2().describe_snapshots(Filters=filters)["Snapshots"]
        with refused("InvalidVolume.NotFound"):
            call({"ExcludeDataVolumeIds": ["vol-0123456789abcdef0"]})
        with refused("InvalidParameterValue"):
            call({"ExcludeDataVolumeIds": [root]})
        many = [{"Key": f"key {number}", "Value": ""} for number in range(50)]
        with refused("TagLimitExceeded"):
            call({}, TagSpecifications=[{"ResourceType": "snapshot", "Tags": many}])
        assert len(owner.ec2().describe_snapshots(Filters=filters)["Snapshots"]) == len(before)


def test_an_image_leaves_out_changes_and_adds_disks(client, owner, base, image):
    more = [
        {"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}},
        {"DeviceName": "/dev/sdi", "Ebs": {"VolumeSize": 1, "VolumeType": "gp3", "Iops": 3000, "DeleteOnTermination": True}},
    ]
    with machines.running(owner, image, BlockDeviceMappings=more) as instance:
        twice = [{"DeviceName": ROOT, "Ebs": {"DeleteOnTermination": keep}} for keep in (True, False)]
        with refused("InvalidBlockDeviceMapping"):
            create_image(client, owner, instance, NoReboot=True, BlockDeviceMappings=twice)
        made = create_image(
            client,
            owner,
            instance,
            NoReboot=True,
            BlockDeviceMappings=[
                {"DeviceName": ROOT, "Ebs": {"VolumeType": "gp3", "Iops": 4000, "DeleteOnTermination": False}},
                {"DeviceName": "/dev/sdf", "NoDevice": ""},
                {"DeviceName": "/dev/sdg", "Ebs": {"VolumeSize": 3}},
                {"DeviceName": "/dev/sdh", "Ebs": {"SnapshotId": base, "VolumeSize": 2}},
                {"DeviceName": "/dev/sdi", "Ebs": {"Iops": 6000}},
            ],
        )
    found = {one["DeviceName"]: one["Ebs"] for one in disks.await_image(owner, made)["BlockDeviceMappings"]}
    assert set(found) == {ROOT, "/dev/sdg", "/dev/sdh", "/dev/sdi"}
    assert (found["/dev/sdi"]["VolumeType"], found["/dev/sdi"]["Iops"]) == ("gp3", 6000)
    root = found[ROOT]
    assert (root["VolumeType"], root["Iops"], root["DeleteOnTermination"]) == ("gp3", 4000, False)
    assert found["/dev/sdg"]["VolumeSize"] == 3 and "SnapshotId" not in found["/dev/sdg"]
    assert (found["/dev/sdh"]["VolumeSize"], found["/dev/sdh"]["SnapshotId"]) == (2, base)


def test_what_the_recipient_of_a_share_takes_is_his_own_and_whole(client, owner, recipient, base, image):
    with machines.running(recipient, image) as instance:
        machines.await_console(recipient, instance, "guest boot 1")
        made = create_image(client, recipient, instance, NoReboot=True)
        snapshot = snapshot_of(recipient, made)
    assert disks.describe_image(recipient, made)["OwnerId"] == recipient.id
    found = disks.read(recipient, snapshot)
    assert sorted(found) == [0, guests.COUNT_BLOCK, 7] and found[7] == OTHER
    owner.ec2().modify_image_attribute(ImageId=image, LaunchPermission={"Remove": [{"UserId": recipient.id}]})
    assert_boots(recipient, made, 2)
    disks.share_image(owner, image, recipient)


def test_an_encrypted_volume_is_taken_under_its_key(client, owner, recipient):
    key = keys.make(owner, Policy=keys.open_to(owner, recipient))["Arn"]
    source = encryption.upload(owner, guests.blocks(), key)
    image = disks.register(owner, source)
    disks.share_image(owner, image, recipient)
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        made = create_image(client, owner, instance, NoReboot=True)
        snapshot = snapshot_of(owner, made)
        assert encryption.key_of(owner, snapshot) == key
        assert changed(owner, source, snapshot) == [guests.COUNT_BLOCK]
        owner.kms().disable_key(KeyId=key)
        with refused("InvalidParameterValue") as caught:
            create_image(client, owner, instance, NoReboot=True)
        assert key in caught.value.response["Error"]["Message"]
        owner.kms().enable_key(KeyId=key)
    assert_boots(owner, made, 2)
    with machines.running(recipient, image) as instance:  # whose volume is under his own key
        machines.await_console(recipient, instance, "guest boot 1")
        owner.kms().disable_key(KeyId=key)
        own = create_image(client, recipient, instance, NoReboot=True)
        assert encryption.key_of(recipient, snapshot_of(recipient, own)) == keys.managed(recipient)
    assert_boots(recipient, own, 2)


def test_the_copy_of_a_sibling_moves_what_was_changed(every_client, owner, image, instance):
    client = every_client["boto3"]

    def copy(source):
        west = owner.ec2("us-west-2")
        made = west.copy_image(Name=disks.unique("copy"), SourceImageId=source, SourceRegion="us-east-1")["ImageId"]
        (snapshot,) = disks.snapshots_of(disks.await_image(owner, made, "us-west-2"))
        return made, int(disks.extension(owner, snapshot, "us-west-2")["copyBytesMoved"])

    _, whole = copy(image)
    assert whole > disks.BLOCK_BYTES
    made = create_image(client, owner, instance, NoReboot=True)
    disks.await_image(owner, made)
    copied, moved = copy(made)
    assert 0 < moved < 16_384, "a block of a few numbers, and the nodes above it"
    assert_boots(owner, copied, 2, "us-west-2")


def test_names_descriptions_and_mappings_are_checked(every_client, owner, instance):
    client = every_client["boto3"]
    taken = disks.unique("taken")
    disks.await_image(owner, create_image(client, owner, instance, Name=taken, NoReboot=True))

    def code(code, **given):
        with refused(code):
            create_image(client, owner, instance, **{"NoReboot": True, **given})

    code("InvalidAMIName.Duplicate", Name=taken)
    code("InvalidAMIName.Malformed", Name="a;b")
    code("InvalidParameterValue", Description="x" * 256)
    code("InvalidBlockDeviceMapping", BlockDeviceMappings=[{"DeviceName": ROOT, "NoDevice": ""}])
    code("InvalidBlockDeviceMapping", BlockDeviceMappings=[{"DeviceName": ROOT, "Ebs": {"VolumeSize": 2}}])
    code("InvalidBlockDeviceMapping", BlockDeviceMappings=[{"DeviceName": ROOT, "Ebs": {"Encrypted": True}}])
    code("MissingParameter", BlockDeviceMappings=[{"DeviceName": "/dev/sdz", "Ebs": {"VolumeType": "gp3"}}])
    code("InvalidParameterValue", BlockDeviceMappings=[{"DeviceName": ROOT, "Ebs": {"VolumeType": "floppy"}}])
    twice = [{"DeviceName": "/dev/sdz", "Ebs": {"VolumeSize": 1}}] * 2
    code("InvalidBlockDeviceMapping", BlockDeviceMappings=twice)
    missing = {"DeviceName": "/dev/sdz", "Ebs": {"SnapshotId": "snap-0123456789abcdef0"}}
    code("InvalidSnapshot.NotFound", BlockDeviceMappings=[missing])
    code("DryRunOperation", DryRun=True)
    before = len(owner.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"])
    code("InvalidAMIName.Duplicate", Name=taken)
    assert len(owner.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before
    for volume, wanted in (("vol-0123456789abcdef0", "InvalidVolume.NotFound"), ("x", "InvalidVolumeID.Malformed")):
        with refused(wanted):
            client.call(owner, "ec2", "CreateSnapshot", VolumeId=volume)


def test_no_client_writes_to_what_the_service_takes(owner, image):
    large = {"BlockDeviceMappings": [{"DeviceName": ROOT, "Ebs": {"VolumeSize": 1}}]}
    with machines.running(owner, image, **large) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        snapshot = owner.ec2().create_snapshot(VolumeId=machines.volume_of(owner, instance))["SnapshotId"]
        with refused("ValidationException", "ResourceNotFoundException", "ConflictException"):
            disks.put(owner, snapshot, 3, disks.block("smuggled"))
        with refused("ValidationException", "ResourceNotFoundException", "ConflictException"):
            owner.ebs().complete_snapshot(SnapshotId=snapshot, ChangedBlocksCount=0)
        disks.await_snapshot(owner, snapshot)
        assert 3 not in disks.list_blocks(owner, snapshot)
