"""What RunInstances checks before anything starts: the image, its disks, the rest of the request (ec2-semantics
B19, C1, E4, J6, J28, J42, J43). What it refuses starts nothing."""
import pytest

import disks
import encryption
import guests
import keys
import machines
from argosyd import refused

HERE, ELSEWHERE = "us-east-1", "us-west-2"
ROOT = "/dev/xvda"  # of disks.register
NO_IMAGE = "ami-0123456789abcdef0"


def launch(client, account, image, region=HERE, **given):
    wish = {"ImageId": image, "InstanceType": machines.TYPE, "MinCount": 1, "MaxCount": 1, **given}
    return client.call(account, "ec2", "RunInstances", region, **wish)["Instances"]


def mapped(device=ROOT, **ebs):
    return {"BlockDeviceMappings": [{"DeviceName": device, "Ebs": ebs}]}


@pytest.fixture(scope="module")
def base(owner):
    return disks.upload(owner, guests.blocks())


@pytest.fixture
def image(owner, base):
    return disks.register(owner, base)


@pytest.fixture
def boto3(every_client):
    return every_client["boto3"]


@pytest.fixture(autouse=True)
def nothing_starts_that_is_not_ended(owner, recipient, stranger):
    yield
    for account in (owner, recipient, stranger):
        for region in (HERE, ELSEWHERE):
            answer = account.ec2(region).describe_instances(
                Filters=[{"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}]
            )
            left = [one["InstanceId"] for each in answer["Reservations"] for one in each["Instances"]]
            if left:
                machines.terminate(account, *left, region=region)
            assert not left


def test_an_image_that_is_none_or_private_or_elsewhere_is_not_found(client, owner, stranger, image):
    with refused("InvalidAMIID.NotFound", message=f"The image id '[{NO_IMAGE}]' does not exist"):
        launch(client, owner, NO_IMAGE)
    with refused("InvalidAMIID.NotFound", message=f"The image id '[{image}]' does not exist"):
        launch(client, stranger, image)
    with refused("InvalidAMIID.NotFound", message=f"The image id '[{image}]' does not exist"):
        launch(client, owner, image, ELSEWHERE)
    with refused("InvalidAMIID.Malformed"):
        launch(client, owner, "ami-nonsense")


def test_a_recipient_starts_what_is_shared_and_needs_no_snapshot_permission(client, owner, recipient, image):
    disks.share_image(owner, image, recipient)
    (started,) = launch(client, recipient, image)
    instance = started["InstanceId"]
    assert "guest boot 1" in machines.await_console(recipient, instance, "guest boot")
    described = machines.describe(recipient, instance)
    assert described["ImageId"] == image
    volume = recipient.ec2().describe_volumes(VolumeIds=[machines.volume_of(recipient, instance)])["Volumes"][0]
    with refused("InvalidSnapshot.NotFound"):
        recipient.ec2().describe_snapshots(SnapshotIds=[volume["SnapshotId"]])
    with refused("InvalidSnapshot.NotFound"):
        recipient.ec2().create_volume(AvailabilityZone=HERE + "a", SnapshotId=volume["SnapshotId"])
    machines.terminate(recipient, instance)


def test_a_permission_that_was_taken_back_a_moment_ago_is_none(client, owner, recipient, image):
    disks.share_image(owner, image, recipient)
    removed = {"Remove": [{"UserId": recipient.id}]}
    client.call(owner, "ec2", "ModifyImageAttribute", ImageId=image, LaunchPermission=removed)
    with refused("InvalidAMIID.NotFound"):
        launch(client, recipient, image)


def test_an_image_that_was_deregistered_or_disabled_or_failed_is_unavailable(
    client, javascript, owner, recipient, image
):
    disks.share_image(owner, image, recipient)
    javascript.call(owner, "ec2", "DisableImage", ImageId=image)
    unavailable = f"The image ID '{image}' is no longer available"
    with refused("InvalidAMIID.Unavailable", message=unavailable):
        launch(client, owner, image)
    with refused("InvalidAMIID.NotFound"):
        launch(client, recipient, image)
    owner.ec2().deregister_image(ImageId=image)
    with refused("InvalidAMIID.Unavailable", message=unavailable):
        launch(client, owner, image)
    failed = owner.ec2(ELSEWHERE).copy_image(
        Name=disks.unique("failed"),
        SourceImageId=disks.register(owner, disks.upload(owner, {})),
        SourceRegion=HERE,
        Encrypted=True,
        KmsKeyId="alias/nothing",
    )["ImageId"]
    disks.await_image(owner, failed, ELSEWHERE, "failed")
    with refused("InvalidAMIID.Unavailable"):
        launch(client, owner, failed, ELSEWHERE)


def test_an_image_that_is_pending_is_unavailable_and_a_deprecated_one_is_not(client, own_server):
    owner, recipient = own_server.accounts["owner"], own_server.accounts["recipient"]
    snapshot = disks.upload(owner, guests.blocks())
    pending = disks.register(owner, disks.upload(owner, {}))
    deprecated = disks.register(owner, snapshot)
    for image in (pending, deprecated):
        disks.share_image(owner, image, recipient)
    own_server.stop()
    for statement in (
        f"UPDATE images SET deprecation = '2020-02-02T02:02:00.000Z' WHERE id = '{deprecated}'",
        f"UPDATE images SET state = 'pending' WHERE id = '{pending}'",
        f"UPDATE snapshots SET state = 'pending', is_upload = 0 WHERE id <> '{snapshot}'",
    ):
        keys.ask_stopped(own_server, statement)
    own_server.start()
    for account in (owner, recipient):
        with refused("InvalidAMIID.Unavailable"):
            launch(client, account, pending)
    assert disks.describe_image(recipient, deprecated)["DeprecationTime"].startswith("2020")
    (started,) = launch(client, recipient, deprecated)
    machines.terminate(recipient, started["InstanceId"])


def test_only_what_these_machines_can_run_is_started(client, owner, base):
    for given in ({"Architecture": "arm64"}, {"Architecture": "i386", "VirtualizationType": "paravirtual"}):
        code = "InvalidParameterValue" if given["Architecture"] == "arm64" else "InvalidParameterCombination"
        with refused(code):
            launch(client, owner, disks.register(owner, base, **given))
    (started,) = launch(client, owner, disks.register(owner, base, Architecture="i386"))
    assert started["Architecture"] == "i386"
    machines.terminate(owner, started["InstanceId"])


REQUESTS = {
    "an unknown type": ({"InstanceType": "t3.gigantic"}, "InvalidParameterValue"),
    "an unknown key pair": ({"KeyName": "nobody"}, "InvalidKeyPair.NotFound"),
    "another subnet": ({"SubnetId": "subnet-0123456789abcdef0"}, "InvalidSubnetID.NotFound"),
    "another group": ({"SecurityGroupIds": ["sg-0123456789abcdef0"]}, "InvalidGroup.NotFound"),
    "another group's name": ({"SecurityGroups": ["web"]}, "InvalidGroup.NotFound"),
    "another zone": ({"Placement": {"AvailabilityZone": "us-east-1f"}}, "InvalidParameterValue"),
    "a placement group": ({"Placement": {"GroupName": "cluster"}}, "InvalidPlacementGroup.Unknown"),
    "a host": ({"Placement": {"HostId": "h-0123456789abcdef0"}}, "UnsupportedOperation"),
    "a partition": ({"Placement": {"PartitionNumber": 2}}, "UnsupportedOperation"),
    "metadata over IPv6": ({"MetadataOptions": {"HttpProtocolIpv6": "enabled"}}, "UnsupportedOperation"),
    "a second interface alone": ({"NetworkInterfaces": [{"DeviceIndex": 1}]}, "UnsupportedOperation"),
    "tenancy": ({"Placement": {"Tenancy": "dedicated"}}, "UnsupportedOperation"),
    "none": ({"MinCount": 0}, "InvalidParameterValue"),
    "fewer at most than at least": ({"MinCount": 2}, "InvalidParameterValue"),
    "more than there can be": ({"MaxCount": 1001}, "InvalidParameterValue"),
    "an instance profile": ({"IamInstanceProfile": {"Name": "admin"}}, "UnsupportedOperation"),
    "another behaviour": ({"InstanceInitiatedShutdownBehavior": "sleep"}, "InvalidParameterValue"),
    "too long a token": ({"ClientToken": "x" * 65}, "InvalidParameterValue"),
    "tokens that are neither": ({"MetadataOptions": {"HttpTokens": "maybe"}}, "InvalidParameterValue"),
    "too many hops": ({"MetadataOptions": {"HttpPutResponseHopLimit": 65}}, "InvalidParameterValue"),
    "tags of something else": (
        {"TagSpecifications": [{"ResourceType": "image", "Tags": [{"Key": "k", "Value": "v"}]}]},
        "InvalidParameterValue",
    ),
    "a launch template": ({"LaunchTemplate": {"LaunchTemplateName": "web"}}, "UnknownParameter"),
    "a key without encryption": (mapped(KmsKeyId="alias/k"), "InvalidParameterDependency"),
    "a key with a name without end": (mapped(Encrypted=True, KmsKeyId="k" * 2_049), "InvalidParameterValue"),
    "a device with a name without end": (
        mapped("/dev/" + "x" * 60, VolumeSize=1),
        "InvalidBlockDeviceMapping",
    ),
    "a smaller disk": (mapped(VolumeSize=0), "InvalidBlockDeviceMapping"),
    "a larger disk than there can be": (mapped(VolumeSize=65537), "InvalidBlockDeviceMapping"),
    "an unknown type of disk": (mapped(VolumeType="floppy"), "InvalidParameterValue"),
    "operations of a disk without any": (mapped(VolumeType="standard", Iops=100), "InvalidParameterCombination"),
    "throughput of another disk": (mapped(VolumeType="io1", Throughput=200), "InvalidParameterCombination"),
    "another snapshot at the root": (mapped(SnapshotId="snap-0123456789abcdef0"), "InvalidBlockDeviceMapping"),
    "an empty disk without a size": (mapped("/dev/sdf", VolumeType="gp3"), "MissingParameter"),
    "an unknown snapshot": (mapped("/dev/sdf", SnapshotId="snap-0123456789abcdef0"), "InvalidSnapshot.NotFound"),
    "a malformed snapshot": (mapped("/dev/sdf", SnapshotId="snap-x"), "InvalidSnapshotID.Malformed"),
    "more disks than a machine has places for": (
        {"BlockDeviceMappings": [{"DeviceName": f"/dev/xvdb{n}", "Ebs": {"VolumeSize": 1}} for n in range(28)]},
        "AttachmentLimitExceeded",
    ),
    "no root": ({"BlockDeviceMappings": [{"DeviceName": ROOT, "NoDevice": ""}]}, "InvalidBlockDeviceMapping"),
    "an ephemeral disk": (
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "VirtualName": "ephemeral0"}]},
        "UnsupportedOperation",
    ),
    "one device twice": (
        {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1}}] * 2},
        "InvalidBlockDeviceMapping",
    ),
    "too many devices": (
        {"BlockDeviceMappings": [{"DeviceName": f"/dev/xvd{n}", "Ebs": {"VolumeSize": 1}} for n in range(101)]},
        "InvalidBlockDeviceMapping",
    ),
}


@pytest.mark.parametrize("given, code", REQUESTS.values(), ids=REQUESTS)
def test_a_request_is_refused(boto3, owner, image, given, code):
    with refused(code):
        launch(boto3, owner, image, **given)


def test_another_zone_is_refused_by_its_id_too(owner, image):  # which Debian's botocore does not know
    wish = {"ImageId": image, "InstanceType": machines.TYPE, "MinCount": 1, "MaxCount": 1}
    answer = owner.query("RunInstances", **wish, Placement__AvailabilityZoneId="use1-az6")
    assert answer.code == "InvalidParameterValue"


@pytest.mark.parametrize("what", ["an unknown type", "an unknown key pair", "a key without encryption", "no root"])
def test_every_client_understands_the_refusal(client, owner, image, what):
    given, code = REQUESTS[what]
    with refused(code):
        launch(client, owner, image, **given)


def test_user_data_is_base64_and_bounded(owner, image):
    wish = {"ImageId": image, "InstanceType": machines.TYPE, "MinCount": 1, "MaxCount": 1}
    assert owner.query("RunInstances", **wish, UserData="not base64!").code == "InvalidParameterValue"
    with refused("InvalidParameterValue"):
        machines.run(owner, image, UserData="x" * 16_385)
    assert owner.query("RunInstances", **wish, UserData="eA==", DryRun="true").code == "DryRunOperation"


@pytest.mark.parametrize(
    "name", ["AvailabilityZone", "AvailabilityZoneId", "VolumeInitializationRate", "EbsCardIndex", "OutpostArn"]
)
def test_what_no_disk_can_have_is_refused_by_name(owner, image, base, name):
    """Of a launch and of an image; Debian's clients do not know most of them."""
    disk = {"BlockDeviceMapping__1__DeviceName": ROOT, f"BlockDeviceMapping__1__Ebs__{name}": "100"}
    launched = owner.query("RunInstances", ImageId=image, MinCount=1, MaxCount=1, **disk)
    disk["BlockDeviceMapping__1__Ebs__SnapshotId"] = base
    registered = owner.query("RegisterImage", Name=disks.unique("image"), RootDeviceName=ROOT, **disk)
    assert (launched.code, registered.code) == ("UnsupportedOperation", "UnsupportedOperation")


@pytest.mark.parametrize(
    "of_image, used", [(None, "legacy-bios"), ("legacy-bios", "legacy-bios"), ("uefi-preferred", "uefi")]
)
def test_the_boot_mode_of_an_image_decides_how_its_machines_boot(owner, base, of_image, used):
    mode = {"BootMode": of_image} if of_image else {}
    wish = {"ImageId": disks.register(owner, base, **mode), "MinCount": 1, "MaxCount": 1}
    started = owner.query("RunInstances", InstanceType=machines.TYPE, **wish).xml.find("instancesSet/item")
    instance = started.findtext("instanceId")
    machines.terminate(owner, instance)
    assert (started.findtext("bootMode"), started.findtext("currentInstanceBootMode")) == (of_image, used)
    for name, value in (("boot-mode", of_image), ("current-instance-boot-mode", used)):
        given = [{"Name": name, "Values": [value or "*"]}, {"Name": "instance-id", "Values": [instance]}]
        assert bool(owner.ec2().describe_instances(Filters=given)["Reservations"]) == (value is not None)


def test_sizes_types_and_counts_are_there(owner, image):
    assert owner.query("RunInstances", ImageId=image, MaxCount=1).code == "MissingParameter"
    assert owner.query("RunInstances", ImageId=image, MinCount=1).code == "MissingParameter"
    assert owner.query("RunInstances", MinCount=1, MaxCount=1).code == "MissingParameter"


def test_a_dry_run_starts_nothing_and_takes_no_token(client, owner, image):
    token = disks.unique("token")
    with refused("DryRunOperation"):
        launch(client, owner, image, DryRun=True, ClientToken=token)
    found = owner.ec2().describe_instances(Filters=[{"Name": "image-id", "Values": [image]}])
    assert not found["Reservations"]
    (started,) = launch(client, owner, image, ClientToken=token)
    machines.terminate(owner, started["InstanceId"])


def test_empty_texts_say_nothing(owner, image):
    """Packer sends them where it was told nothing."""
    answer = owner.query(
        "RunInstances",
        ImageId=image,
        InstanceType=machines.TYPE,
        MinCount=1,
        MaxCount=1,
        SubnetId="",
        IamInstanceProfile__Name="",
        Placement__AvailabilityZone="",
        Placement__Tenancy="",
        DryRun="true",
    )
    assert answer.code == "DryRunOperation"


def test_a_volume_is_not_smaller_than_its_snapshot_and_not_less_encrypted(client, owner):
    large = disks.upload(owner, {}, size_gib=3)
    with refused(
        "InvalidBlockDeviceMapping",
        message=f"Volume of size 2GB is smaller than snapshot '{large}', expect size >= 3GB",
    ):
        launch(client, owner, disks.register(owner, large), **mapped(VolumeSize=2))
    sealed = disks.register(owner, encryption.upload(owner, {0: disks.block("sealed")}))
    with refused("InvalidBlockDeviceMapping", "InvalidParameterCombination"):
        launch(client, owner, sealed, **mapped(Encrypted=False))


def test_the_disks_of_an_image_are_changed_added_and_left_out(client, owner, base):
    more = disks.upload(owner, {3: disks.block("more")}, size_gib=2)
    image = disks.register(
        owner,
        base,
        BlockDeviceMappings=[
            {"DeviceName": ROOT, "Ebs": {"SnapshotId": base}},
            {"DeviceName": "/dev/sdb", "Ebs": {"VolumeSize": 1}},
            {"DeviceName": "/dev/sdc", "Ebs": {"SnapshotId": more}},
        ],
    )
    (started,) = launch(
        client,
        owner,
        image,
        BlockDeviceMappings=[
            {"DeviceName": ROOT, "Ebs": {"VolumeSize": 5, "VolumeType": "gp3", "Iops": 4000}},
            {"DeviceName": "/dev/sdb", "NoDevice": ""},
            {"DeviceName": "/dev/sdc", "Ebs": {"DeleteOnTermination": False}},
            {"DeviceName": "/dev/sdd", "Ebs": {"VolumeSize": 7, "DeleteOnTermination": True}},
            {"DeviceName": "/dev/sde", "Ebs": {"SnapshotId": more, "DeleteOnTermination": True}},
        ],
    )
    instance = started["InstanceId"]
    machines.await_console(owner, instance, "guest boot 1")
    shown = {one["DeviceName"]: one["Ebs"] for one in machines.describe(owner, instance)["BlockDeviceMappings"]}
    assert {name: one["DeleteOnTermination"] for name, one in shown.items()} == {
        ROOT: True,
        "/dev/sdc": False,
        "/dev/sdd": True,
        "/dev/sde": True,
    }
    answer = client.call(
        owner, "ec2", "DescribeVolumes", Filters=[{"Name": "attachment.instance-id", "Values": [instance]}]
    )
    volumes = {one["Attachments"][0]["Device"]: one for one in answer["Volumes"]}
    assert {name: (one["Size"], one["VolumeType"], one["SnapshotId"]) for name, one in volumes.items()} == {
        ROOT: (5, "gp3", base),
        "/dev/sdc": (2, "standard", more),  # RegisterImage says so
        "/dev/sdd": (7, "gp2", ""),
        "/dev/sde": (2, "gp2", more),
    }
    assert volumes[ROOT]["Iops"] == 4000
    assert all(one["State"] == "in-use" for one in volumes.values())
    kept = volumes["/dev/sdc"]["VolumeId"]
    with refused("VolumeInUse"):
        client.call(owner, "ec2", "DeleteVolume", VolumeId=kept)
    machines.terminate(owner, instance)
    left = owner.ec2().describe_volumes(
        Filters=[{"Name": "volume-id", "Values": [one["VolumeId"] for one in volumes.values()]}]
    )["Volumes"]
    assert [(one["VolumeId"], one["State"], one.get("Attachments", [])) for one in left] == [(kept, "available", [])]
    client.call(owner, "ec2", "DeleteVolume", VolumeId=kept)
    with refused("InvalidVolume.NotFound"):
        client.call(owner, "ec2", "DeleteVolume", VolumeId=kept)


@pytest.mark.parametrize(
    "support, given, shown",
    [
        (None, {}, ("optional", 1)),
        ("v2.0", {}, ("required", 2)),
        ("v2.0", {"HttpTokens": "optional", "HttpPutResponseHopLimit": 5}, ("optional", 5)),
        (None, {"HttpTokens": "required"}, ("required", 1)),
    ],
)
def test_an_image_that_supports_tokens_alone_asks_for_them(boto3, owner, base, support, given, shown):
    options = {"ImdsSupport": support} if support else {}
    image = disks.unique("image")
    answer = owner.query(
        "RegisterImage",
        Name=image,
        RootDeviceName=ROOT,
        BlockDeviceMapping__1__DeviceName=ROOT,
        BlockDeviceMapping__1__Ebs__SnapshotId=base,
        Architecture="x86_64",
        VirtualizationType="hvm",
        **options,
    )
    (started,) = launch(boto3, owner, answer.xml.findtext("imageId"), MetadataOptions=given)
    options = started["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == shown
    assert machines.describe(owner, started["InstanceId"])["MetadataOptions"] == options
    machines.terminate(owner, started["InstanceId"])


def test_an_instance_shows_its_image_when_that_is_gone_and_starts_again(client, owner, recipient, image):
    disks.share_image(owner, image, recipient)
    with machines.running(recipient, image) as instance:
        machines.await_console(recipient, instance, "guest boot 1")
        owner.ec2().deregister_image(ImageId=image)
        assert machines.describe(recipient, instance)["ImageId"] == image
        client.call(recipient, "ec2", "StopInstances", InstanceIds=[instance])
        machines.await_state(recipient, instance, "stopped")
        client.call(recipient, "ec2", "StartInstances", InstanceIds=[instance])
        machines.await_console(recipient, instance, "guest boot 2")
