"""RegisterImage, and DeregisterImage: from snapshots to an image and back."""
import base64

import pytest

import argosyd
import disks
from argosyd import refused

NO_SNAPSHOT = "snap-0123456789abcdef0"


def ebs(snapshot, device="/dev/xvda", **more):
    return {"DeviceName": device, "Ebs": {"SnapshotId": snapshot, **more}}


def test_an_image_that_says_the_least_has_the_defaults_of_ec2(owner, snapshot):
    name = disks.unique("least")
    image = owner.ec2().register_image(Name=name, BlockDeviceMappings=[ebs(snapshot, "/dev/sda1")])["ImageId"]
    assert image.startswith("ami-") and len(image) == 21
    found = disks.await_image(owner, image)
    created = found.pop("CreationDate")
    assert created.endswith("Z")
    assert found == {
        "ImageId": image,
        "Name": name,
        "OwnerId": owner.id,
        "State": "available",
        "Public": False,
        "ImageLocation": f"{owner.id}/{name}",
        "ImageType": "machine",
        "Architecture": "i386",
        "VirtualizationType": "paravirtual",
        "Hypervisor": "xen",
        "PlatformDetails": "Linux/UNIX",
        "UsageOperation": "RunInstances",
        "RootDeviceType": "ebs",
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMappings": [
            {
                "DeviceName": "/dev/sda1",
                "Ebs": {
                    "SnapshotId": snapshot,
                    "VolumeSize": 1,
                    "VolumeType": "standard",
                    "DeleteOnTermination": True,
                    "Encrypted": False,
                },
            }
        ],
    }


def test_an_image_keeps_all_that_it_was_registered_with(owner, snapshot):
    uefi = base64.b64encode(b"variables").decode()
    given = {
        "Description": "all there is",
        "Architecture": "arm64",
        "VirtualizationType": "hvm",
        "EnaSupport": True,
        "SriovNetSupport": "simple",
        "BootMode": "uefi",
        "TpmSupport": "v2.0",
        "UefiData": uefi,
        "ImdsSupport": "v2.0",
    }
    image = disks.register(owner, snapshot, **given)
    found = disks.describe_image(owner, image)
    assert {name: found.get(name) for name in given if name != "UefiData"} == {
        name: value for name, value in given.items() if name != "UefiData"
    }
    attribute = owner.ec2().describe_image_attribute(ImageId=image, Attribute="uefiData")
    assert attribute["UefiData"] == {"Value": uefi}


def test_an_image_may_have_many_kinds_of_devices(owner, snapshot):
    image = disks.register(
        owner,
        snapshot,
        BlockDeviceMappings=[
            ebs(
                snapshot, VolumeSize=8, VolumeType="gp3", Iops=4000, Throughput=250, DeleteOnTermination=False
            ),
            ebs(snapshot, "/dev/sdb", VolumeType="io1", Iops=100),
            {"DeviceName": "/dev/sdc", "Ebs": {"VolumeSize": 20, "VolumeType": "gp2"}},
            {"DeviceName": "/dev/sdd", "VirtualName": "ephemeral0"},
            {"DeviceName": "/dev/sde", "NoDevice": ""},
        ],
    )
    found = {
        mapping.pop("DeviceName"): mapping
        for mapping in disks.describe_image(owner, image)["BlockDeviceMappings"]
    }
    assert found == {
        "/dev/xvda": {
            "Ebs": {
                "SnapshotId": snapshot,
                "VolumeSize": 8,
                "VolumeType": "gp3",
                "Iops": 4000,
                "Throughput": 250,
                "DeleteOnTermination": False,
                "Encrypted": False,
            }
        },
        "/dev/sdb": {
            "Ebs": {
                "SnapshotId": snapshot,
                "VolumeSize": 1,
                "VolumeType": "io1",
                "Iops": 100,
                "DeleteOnTermination": True,
                "Encrypted": False,
            }
        },
        "/dev/sdc": {
            "Ebs": {"VolumeSize": 20, "VolumeType": "gp2", "DeleteOnTermination": True, "Encrypted": False}
        },
        "/dev/sdd": {"VirtualName": "ephemeral0"},
    }


def register_by_hand(owner, snapshot, name, **more):
    """For parameters that Debian's boto3 does not know, or would not send."""
    return owner.query(
        "RegisterImage",
        Name=name,
        RootDeviceName="/dev/xvda",
        BlockDeviceMapping__1__DeviceName="/dev/xvda",
        BlockDeviceMapping__1__Ebs__SnapshotId=snapshot,
        **more,
    )


def test_tags_may_be_given_at_once(owner, snapshot):
    answer = register_by_hand(
        owner,
        snapshot,
        disks.unique("tagged"),
        TagSpecification__1__ResourceType="image",
        TagSpecification__1__Tag__1__Key="build",
        TagSpecification__1__Tag__1__Value="7",
        TagSpecification__1__Tag__2__Key="empty",
    )
    found = disks.describe_image(owner, answer.xml.findtext("imageId"))["Tags"]
    assert sorted((tag["Key"], tag["Value"]) for tag in found) == [("build", "7"), ("empty", "")]


@pytest.mark.parametrize("kind", ["snapshot", "instance", "nonsense"])
def test_tags_for_anything_but_the_image_are_refused(owner, snapshot, kind):
    name = disks.unique("tagged")
    answer = register_by_hand(
        owner, snapshot, name, TagSpecification__1__ResourceType=kind, TagSpecification__1__Tag__1__Key="k"
    )
    assert (answer.status, answer.code) == (400, "InvalidParameterValue")
    assert owner.ec2().describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"] == []


@pytest.mark.parametrize(
    "name", ["ab", "x" * 129, "a*b", "tab\tbed", "semi;colon", "ünï", "new\nline", "a:b", ""]
)
def test_a_name_outside_the_rule_is_refused(owner, snapshot, name):
    answer = register_by_hand(owner, snapshot, name)
    assert (answer.status, answer.code) == (400, "InvalidAMIName.Malformed")


def test_a_name_may_hold_every_character_of_the_rule(owner, snapshot):
    for name in ("abc", disks.unique("All of (this) [and] that./-'@_ 09 Zz").ljust(128, "x")):
        image = disks.register(owner, snapshot, name)
        assert disks.describe_image(owner, image)["Name"] == name
        owner.ec2().deregister_image(ImageId=image)


def test_a_name_is_unique_within_account_and_region_and_case_counts(owner, recipient, snapshot):
    name = disks.unique("taken")
    image = disks.register(owner, snapshot, name)
    with refused("InvalidAMIName.Duplicate", message=f"AMI name {name} is already in use by AMI {image}"):
        disks.register(owner, snapshot, name)
    disks.register(owner, snapshot, name.upper())
    theirs = disks.upload(recipient, {0: disks.block("theirs")})
    disks.register(recipient, theirs, name)
    elsewhere = disks.upload(owner, {0: disks.block("elsewhere")}, region="eu-west-1")
    disks.register(owner, elsewhere, name, region="eu-west-1")


@pytest.mark.parametrize(
    "change, code",
    [
        ({"Description": "x" * 256}, "InvalidParameterValue"),
        ({"Architecture": "pdp11"}, "InvalidParameterValue"),
        ({"VirtualizationType": "wishful"}, "InvalidParameterValue"),
        ({"BootMode": "floppy"}, "InvalidParameterValue"),
        ({"ImdsSupport": "v1.0"}, "InvalidParameterValue"),
        ({"SriovNetSupport": "complicated"}, "InvalidParameterValue"),
        ({"TpmSupport": "v2.0"}, "InvalidParameterCombination"),
        ({"TpmSupport": "v2.0", "BootMode": "legacy-bios"}, "InvalidParameterCombination"),
        ({"UefiData": "A" * 64_001}, "InvalidParameterValue"),
        ({"RootDeviceName": "/dev/sdz"}, "InvalidBlockDeviceMapping"),
        ({"KernelId": "aki-" + "0" * 61}, "InvalidParameterValue"),
        ({"RamdiskId": "ari-" + "0" * 61}, "InvalidParameterValue"),
    ],
)
def test_an_attribute_that_cannot_be_is_refused(owner, snapshot, change, code):
    name = disks.unique("refused")
    with refused(code, "InvalidParameterValue"):
        disks.register(owner, snapshot, name, **change)
    assert owner.ec2().describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"] == []


@pytest.mark.parametrize(
    "mapping, code",
    [
        ({"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 8}}, "InvalidBlockDeviceMapping"),
        ({"DeviceName": "/dev/xvda", "VirtualName": "ephemeral0"}, "InvalidBlockDeviceMapping"),
        ({"DeviceName": "/dev/xvda", "NoDevice": ""}, "InvalidBlockDeviceMapping"),
        (ebs(NO_SNAPSHOT), "InvalidSnapshot.NotFound"),
        (ebs("snap-XYZ"), "InvalidSnapshotID.Malformed"),
        (ebs("ami-0123456789abcdef0"), "InvalidSnapshotID.Malformed"),
    ],
)
def test_a_root_device_that_cannot_be_is_refused(owner, mapping, code):
    with refused(code):
        owner.ec2().register_image(
            Name=disks.unique("root"), RootDeviceName="/dev/xvda", BlockDeviceMappings=[mapping]
        )


@pytest.mark.parametrize(
    "ebs_change, code",
    [
        ({"Encrypted": True}, "InvalidBlockDeviceMapping"),
        ({"Encrypted": False}, "InvalidBlockDeviceMapping"),
        ({"KmsKeyId": "alias/mine"}, "InvalidBlockDeviceMapping"),
        ({"VolumeSize": 0}, "InvalidBlockDeviceMapping"),
        ({"VolumeType": "tape"}, "InvalidParameterValue"),
        ({"VolumeType": "gp2", "Throughput": 125}, "InvalidParameterCombination"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(owner, snapshot, ebs_change, code):
    with refused(code, "InvalidParameterValue", "InvalidParameterCombination"):
        disks.register(owner, snapshot, BlockDeviceMappings=[ebs(snapshot, **ebs_change)])


@pytest.mark.parametrize(
    "more",
    [
        [{"DeviceName": "/dev/sdb", "VirtualName": "ephemeral24"}],
        [{"DeviceName": "/dev/sdb", "VirtualName": "ephemeral0" + "x" * 1_000}],
        [{"DeviceName": "/dev/" + "x" * 60, "VirtualName": "ephemeral0"}],
        [{"DeviceName": f"/dev/xvd{number}", "VirtualName": "ephemeral0"} for number in range(100)],
    ],
    ids=["no virtual name", "a long virtual name", "a long device name", "101 devices"],
)
def test_devices_that_cannot_be_are_refused(owner, snapshot, more):
    with refused("InvalidBlockDeviceMapping") as caught:
        disks.register(owner, snapshot, BlockDeviceMappings=[ebs(snapshot), *more])
    assert len(caught.value.response["Error"]["Message"]) < 200


def test_what_is_refused_is_not_repeated_at_length(owner, snapshot):
    for text in ("x" * 500_000, "☃" * 100_000):
        answer = register_by_hand(owner, snapshot, disks.unique("long"), Architecture=text)
        assert answer.code == "InvalidParameterValue"
        assert text[:1_000] in answer.body.decode() and len(answer.body) < 40_000


def test_a_volume_smaller_than_its_snapshot_is_refused(owner):
    snapshot = disks.upload(owner, {0: disks.block("two GiB")}, size_gib=2)
    message = f"Volume of size 1GB is smaller than snapshot '{snapshot}', expect size >= 2GB"
    with refused("InvalidBlockDeviceMapping", message=message):
        disks.register(owner, snapshot, BlockDeviceMappings=[ebs(snapshot, VolumeSize=1)])


def test_a_device_may_be_mapped_once(owner, snapshot):
    with refused("InvalidBlockDeviceMapping"):
        disks.register(owner, snapshot, BlockDeviceMappings=[ebs(snapshot), ebs(snapshot)])


def test_an_image_needs_storage(owner):
    answer = owner.query("RegisterImage", Name=disks.unique("bare"))
    assert answer.code in ("MissingParameter", "InvalidRequest", "InvalidBlockDeviceMapping")


def test_a_pending_snapshot_cannot_back_an_image(owner):
    pending = disks.start(owner)
    with refused("IncorrectState", "InvalidSnapshot.NotFound", "InvalidParameterValue"):
        disks.register(owner, pending)


def test_the_snapshot_of_another_account_backs_an_image_only_with_its_permission(owner, recipient, stranger):
    snapshot = disks.upload(owner, {0: disks.block("lent")})
    disks.share_snapshot(owner, snapshot, recipient)
    with refused("InvalidSnapshot.NotFound", message=f"The snapshot '{snapshot}' does not exist."):
        disks.register(stranger, snapshot)
    image = disks.register(recipient, snapshot)
    assert disks.snapshots_of(disks.describe_image(recipient, image)) == [snapshot]


def test_the_snapshot_of_another_region_is_not_found(owner, snapshot):
    with refused("InvalidSnapshot.NotFound"):
        disks.register(owner, snapshot, region="us-west-2")


def test_a_deregistered_image_is_gone_and_its_snapshot_and_name_are_free(owner, recipient, snapshot):
    name = disks.unique("short lived")
    image = disks.register(owner, snapshot, name)
    disks.share_image(owner, image, recipient)
    owner.ec2().deregister_image(ImageId=image)
    for account in (owner, recipient):
        with refused("InvalidAMIID.NotFound"):
            disks.describe_image(account, image)
        assert (
            account.ec2().describe_images(Filters=[{"Name": "image-id", "Values": [image]}])["Images"] == []
        )
    assert disks.describe_snapshot(owner, snapshot)["State"] == "completed"
    assert disks.register(owner, snapshot, name) != image


def test_an_image_is_deregistered_once(owner, image):
    owner.ec2().deregister_image(ImageId=image)
    with refused("InvalidAMIID.Unavailable", "InvalidAMIID.NotFound"):
        owner.ec2().deregister_image(ImageId=image)


@pytest.mark.parametrize(
    "image, code",
    [
        ("ami-0123456789abcdef0", "InvalidAMIID.NotFound"),
        ("ami-01234567", "InvalidAMIID.NotFound"),
        ("ami-0123456789ABCDEF0", "InvalidAMIID.Malformed"),
        ("ami-", "InvalidAMIID.Malformed"),
        ("snap-0123456789abcdef0", "InvalidAMIID.Malformed"),
        ("nonsense", "InvalidAMIID.Malformed"),
    ],
)
def test_what_is_no_image_cannot_be_deregistered(owner, image, code):
    with refused(code):
        owner.ec2().deregister_image(ImageId=image)


def results_of(answer):
    return {
        item.findtext("snapshotId"): item.findtext("returnCode")
        for item in answer.xml.iterfind("deleteSnapshotResultSet/item")
    }


def test_the_snapshots_may_go_with_the_image_but_not_those_that_another_image_needs(owner):
    alone, both = (disks.upload(owner, {0: disks.block(word)}) for word in ("alone", "both"))
    kept = disks.register(owner, both)
    image = disks.register(owner, alone, BlockDeviceMappings=[ebs(alone), ebs(both, "/dev/sdb")])
    answer = owner.query("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots="true")
    assert answer.xml.findtext("return") == "true"
    assert results_of(answer) == {alone: "success", both: "skipped"}
    with refused("InvalidSnapshot.NotFound"):
        disks.describe_snapshot(owner, alone)
    assert disks.describe_image(owner, kept)["State"] == "available"
    assert disks.read(owner, both) == {0: disks.block("both")}


def test_the_snapshot_of_another_account_does_not_go_with_the_image(owner, recipient):
    snapshot = disks.upload(owner, {0: disks.block("still the owner's")})
    disks.share_snapshot(owner, snapshot, recipient)
    image = disks.register(recipient, snapshot)
    answer = recipient.query("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots="true")
    assert results_of(answer) == {snapshot: "missing-permissions"}
    assert disks.describe_snapshot(owner, snapshot)["State"] == "completed"


def test_only_the_owner_deregisters(owner, recipient, stranger, shared_image):
    with refused("AuthFailure", message=f"Not authorized for image:{shared_image}"):
        recipient.ec2().deregister_image(ImageId=shared_image)
    with refused("InvalidAMIID.NotFound"):
        stranger.ec2().deregister_image(ImageId=shared_image)
    assert disks.describe_image(owner, shared_image)["State"] == "available"


@pytest.mark.parametrize("region", [region for region in argosyd.REGIONS if region != "us-east-1"])
def test_an_image_is_known_in_its_region_only(owner, image, region):
    with refused("InvalidAMIID.NotFound"):
        owner.ec2(region).deregister_image(ImageId=image)
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(owner, image, region)
