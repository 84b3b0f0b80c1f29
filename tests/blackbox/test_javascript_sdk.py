"""The newest AWS SDK for JavaScript: what Debian's botocore does not know, and a whole upload."""
import base64
import json
import pathlib
import subprocess

import pytest

import argosyd
import disks
from disks import BLOCK_BYTES, ZEROS, block, checksum

FOLDER = pathlib.Path(__file__).parent / "js"


class Refusal(Exception):
    def __init__(self, error):
        super().__init__(error)
        self.name, self.status, self.message, self.reason = (
            error.get(key) for key in ("name", "status", "message", "reason")
        )


class JavaScript:
    """calls.mjs as a process that makes calls."""

    def __init__(self):
        node = FOLDER / "node_modules/.bin/node"
        assert node.exists(), f"the SDK is not installed: run `npm ci` in {FOLDER}"
        self.process = subprocess.Popen(
            [node, "calls.mjs"],
            cwd=FOLDER,
            env=argosyd.CLIENT_ENVIRONMENT,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def call(self, account, service, command, region="us-east-1", **given):
        request = {
            "service": service,
            "command": command,
            "region": region,
            "endpoint": account.server.endpoint,
            "input": given,
            "credentials": {
                "accessKeyId": account.access_key_id,
                "secretAccessKey": account.secret_access_key,
            },
        }
        self.process.stdin.write(
            json.dumps(request, default=lambda data: {"$bytes": base64.b64encode(data).decode()}) + "\n"
        )
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise Refusal(answer["error"])
        return answer["output"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def javascript():
    process = JavaScript()
    yield process
    process.close()


@pytest.fixture
def ec2(javascript, owner):
    return lambda command, region="us-east-1", **given: javascript.call(
        owner, "ec2", command, region, **given
    )


@pytest.fixture
def ebs(javascript, owner):
    return lambda command, **given: javascript.call(owner, "ebs", command, **given)


def mapping(snapshot, device="/dev/xvda"):
    return {"DeviceName": device, "Ebs": {"SnapshotId": snapshot}}


def show(ec2, image, region="us-east-1"):
    return ec2("DescribeImages", region, ImageIds=[image])["Images"][0]


def tags(found):
    return {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}


def test_the_caller_is_told_who_he_is(javascript, owner):
    assert javascript.call(owner, "sts", "GetCallerIdentity")["Account"] == owner.id


def test_images_are_described_in_pages(ec2, owner, snapshot):
    word = disks.unique("pages")
    images = {disks.register(owner, snapshot, f"{word} {number}") for number in range(5)}
    seen, token = [], None
    while True:
        page = ec2(
            "DescribeImages",
            MaxResults=2,
            NextToken=token,
            Filters=[{"Name": "name", "Values": [word + "*"]}],
        )
        assert len(page["Images"]) <= 2
        seen += [image["ImageId"] for image in page["Images"]]
        token = page.get("NextToken")
        if not token:
            break
    assert len(seen) == 5 and set(seen) == images


def test_an_image_is_registered_with_tags_and_deregistered_with_its_snapshots(ec2, ebs, owner):
    alone, both = (disks.upload(owner, {0: block(word)}) for word in ("alone", "both"))
    disks.register(owner, both)
    image = ec2(
        "RegisterImage",
        Name=disks.unique("js"),
        RootDeviceName="/dev/xvda",
        ImdsSupport="v2.0",
        BlockDeviceMappings=[mapping(alone), mapping(both, "/dev/sdb")],
        TagSpecifications=[{"ResourceType": "image", "Tags": [{"Key": "k", "Value": "v"}]}],
    )["ImageId"]
    found = show(ec2, image)
    assert (
        tags(found) == {"k": "v"}
        and found["ImdsSupport"] == "v2.0"
        and found["DeregistrationProtection"] == "disabled"
    )
    answer = ec2("DeregisterImage", ImageId=image, DeleteAssociatedSnapshots=True)
    assert answer["Return"] is True
    results = {entry["SnapshotId"]: entry["ReturnCode"] for entry in answer["DeleteSnapshotResults"]}
    assert results == {alone: "success", both: "skipped"}


def test_a_copy_is_made_with_tags_within_a_time(ec2, owner, image):
    new = ec2(
        "CopyImage",
        "us-west-2",
        Name=disks.unique("js"),
        SourceImageId=image,
        SourceRegion="us-east-1",
        SnapshotCopyCompletionDurationMinutes=45,
        TagSpecifications=[
            {"ResourceType": "image", "Tags": [{"Key": "on", "Value": "image"}]},
            {"ResourceType": "snapshot", "Tags": [{"Key": "on", "Value": "snapshot"}]},
        ],
    )["ImageId"]
    disks.await_image(owner, new, "us-west-2")
    found = show(ec2, new, "us-west-2")
    assert tags(found) == {"on": "image"}
    assert (found["SourceImageId"], found["SourceImageRegion"]) == (image, "us-east-1")
    snapshot = found["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    found = ec2("DescribeSnapshots", "us-west-2", SnapshotIds=[snapshot])["Snapshots"][0]
    assert tags(found) == {"on": "snapshot"}
    assert (found["TransferType"], found["CompletionDurationMinutes"]) == ("time-based", 45)
    assert found["CompletionTime"] >= found["StartTime"]
    assert found["FullSnapshotSizeInBytes"] == 3 * BLOCK_BYTES


def test_a_copy_of_a_snapshot_is_asked_for_with_a_presigned_url(ec2, owner, snapshot):
    new = ec2(
        "CopySnapshot", "us-west-2", SourceSnapshotId=snapshot, SourceRegion="us-east-1", Description="js"
    )["SnapshotId"]
    assert disks.await_snapshot(owner, new, "us-west-2")["Description"] == "js"


def test_an_image_is_shared_and_given_up(ec2, javascript, owner, recipient, image):
    ec2("ModifyImageAttribute", ImageId=image, LaunchPermission={"Add": [{"UserId": recipient.id}]})
    found = javascript.call(
        recipient,
        "ec2",
        "DescribeImages",
        ExecutableUsers=["self"],
        IncludeDeprecated=True,
        IncludeDisabled=True,
    )
    assert image in {entry["ImageId"] for entry in found["Images"]}
    assert javascript.call(recipient, "ec2", "CancelImageLaunchPermission", ImageId=image)["Return"] is True
    assert (
        ec2("DescribeImageAttribute", ImageId=image, Attribute="launchPermission")["LaunchPermissions"] == []
    )


def test_attributes_that_debian_does_not_know_are_changed_and_shown(ec2, image):
    assert not ec2("DescribeImageAttribute", ImageId=image, Attribute="imdsSupport")["ImdsSupport"].get(
        "Value"
    )
    ec2("ModifyImageAttribute", ImageId=image, ImdsSupport={"Value": "v2.0"})
    assert ec2("DescribeImageAttribute", ImageId=image, Attribute="imdsSupport")["ImdsSupport"] == {
        "Value": "v2.0"
    }
    protection = ec2("DescribeImageAttribute", ImageId=image, Attribute="deregistrationProtection")
    assert protection["DeregistrationProtection"] == {"Value": "disabled"}


def test_regions_and_zones_are_described(ec2):
    assert {region["RegionName"] for region in ec2("DescribeRegions")["Regions"]} == set(argosyd.REGIONS)
    assert ec2("DescribeAvailabilityZones", "eu-west-1")["AvailabilityZones"][0]["RegionName"] == "eu-west-1"


@pytest.mark.parametrize(
    "command, given, name, status",
    [
        ("DescribeImages", {"ImageIds": ["ami-0123456789abcdef0"]}, "InvalidAMIID.NotFound", 400),
        ("DescribeImages", {"MaxResults": 1001}, "InvalidParameterValue", 400),
        ("DescribeImages", {"DryRun": True}, "DryRunOperation", 412),
        ("DescribeSnapshots", {"MaxResults": 4}, "InvalidParameterValue", 400),
        (
            "CopyImage",
            {"Name": "x y z", "SourceImageId": "ami-0123456789abcdef0", "SourceRegion": "mars-north-1"},
            "InvalidRegion",
            400,
        ),
        ("DescribeImageUsageReports", {}, "InvalidAction", 400),
    ],
)
def test_errors_have_their_names_and_statuses(ec2, command, given, name, status):
    with pytest.raises(Refusal) as caught:
        ec2(command, **given)
    assert (caught.value.name, caught.value.status) == (name, status)


def test_a_disk_is_uploaded_changed_compared_and_read(ebs, owner):
    def put(snapshot, index, data):
        answer = ebs(
            "PutSnapshotBlock",
            SnapshotId=snapshot,
            BlockIndex=index,
            BlockData=data,
            DataLength=BLOCK_BYTES,
            Checksum=checksum(data),
            ChecksumAlgorithm="SHA256",
        )
        assert answer["Checksum"] == checksum(data)

    blocks = {0: block("js 0"), 5: block("js 5"), 2047: block("js 2047")}
    started = ebs(
        "StartSnapshot", VolumeSize=1, Description="by JavaScript", Tags=[{"Key": "k", "Value": "v"}]
    )
    first = started["SnapshotId"]
    assert (started["Status"], started["BlockSize"], started["OwnerId"]) == ("pending", BLOCK_BYTES, owner.id)
    for index, data in blocks.items():
        put(first, index, data)
    ebs(
        "CompleteSnapshot",
        SnapshotId=first,
        ChangedBlocksCount=3,
        Checksum=disks.aggregate(blocks),
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )
    disks.await_snapshot(owner, first)

    second = ebs("StartSnapshot", VolumeSize=1, ParentSnapshotId=first)["SnapshotId"]
    put(second, 5, ZEROS)
    put(second, 6, block("js 6"))
    ebs("CompleteSnapshot", SnapshotId=second, ChangedBlocksCount=2)
    disks.await_snapshot(owner, second)
    changed = ebs("ListChangedBlocks", FirstSnapshotId=first, SecondSnapshotId=second)
    assert [entry["BlockIndex"] for entry in changed["ChangedBlocks"]] == [5, 6]

    listed = ebs("ListSnapshotBlocks", SnapshotId=first)
    assert [entry["BlockIndex"] for entry in listed["Blocks"]] == list(blocks)
    for entry in listed["Blocks"]:
        answer = ebs("GetSnapshotBlock", SnapshotId=first, **entry)
        assert base64.b64decode(answer["BlockData"]["$bytes"]) == blocks[entry["BlockIndex"]]
        assert answer["DataLength"] == BLOCK_BYTES and answer["Checksum"] == checksum(
            blocks[entry["BlockIndex"]]
        )


@pytest.mark.parametrize(
    "command, given, name, reason",
    [
        (
            "ListSnapshotBlocks",
            {"SnapshotId": "snap-0123456789abcdef0"},
            "ResourceNotFoundException",
            "SNAPSHOT_NOT_FOUND",
        ),
        ("ListSnapshotBlocks", {"SnapshotId": "snap-xyz"}, "ValidationException", "INVALID_SNAPSHOT_ID"),
        ("StartSnapshot", {"VolumeSize": 0}, "ValidationException", "INVALID_VOLUME_SIZE"),
        ("StartSnapshot", {"VolumeSize": 1, "Timeout": 1}, "ValidationException", "INVALID_PARAMETER_VALUE"),
    ],
)
def test_errors_of_ebs_direct_have_their_reasons(ebs, command, given, name, reason):
    with pytest.raises(Refusal) as caught:
        ebs(command, **given)
    assert (caught.value.name, caught.value.reason) == (name, reason)
