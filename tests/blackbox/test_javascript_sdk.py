"""The newest AWS SDK for JavaScript: what Debian's botocore does not know, and a whole upload."""
import re

import pytest

import argosyd
import disks
from argosyd import refused
from disks import BLOCK_BYTES, ZEROS, block, checksum


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
    with refused(name) as caught:
        ec2(command, **given)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


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
        assert answer["BlockData"] == blocks[entry["BlockIndex"]]
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
    with refused(name, reason=reason):
        ebs(command, **given)


@pytest.fixture
def kms(javascript, owner):
    return lambda command, region="us-east-1", **given: javascript.call(
        owner, "kms", command, region, **given
    )


def test_a_key_is_made_used_rotated_and_deleted(kms, owner):
    tag = {"TagKey": "k", "TagValue": "v"}
    made = kms("CreateKey", Description="by JavaScript", Tags=[tag])["KeyMetadata"]
    key = made["KeyId"]
    assert (made["AWSAccountId"], made["KeyState"], made["CreationDate"][:2]) == (owner.id, "Enabled", "20")
    assert re.fullmatch("[0-9a-f]{64}", made["CurrentKeyMaterialId"])
    alias = "alias/" + disks.unique("js").replace(" ", "-")
    kms("CreateAlias", AliasName=alias, TargetKeyId=key)
    assert kms("ListAliases", KeyId=key)["Aliases"][0]["AliasName"] == alias
    context = {"a": "b"}
    before = kms("Encrypt", KeyId=alias, Plaintext=b"secret", EncryptionContext=context)
    rotated = kms("RotateKeyOnDemand", KeyId=key)
    assert rotated["KeyId"] == made["Arn"]
    opened = kms("Decrypt", CiphertextBlob=before["CiphertextBlob"], EncryptionContext=context)
    assert opened["Plaintext"] == b"secret" and opened["KeyMaterialId"] == made["CurrentKeyMaterialId"]
    data_key = kms("GenerateDataKey", KeyId=key, KeySpec="AES_256")
    assert len(data_key["Plaintext"]) == 32 and data_key["KeyMaterialId"] != made["CurrentKeyMaterialId"]
    hidden = kms("GenerateDataKeyWithoutPlaintext", KeyId=key, NumberOfBytes=64)
    moved = kms("ReEncrypt", CiphertextBlob=hidden["CiphertextBlob"], DestinationKeyId=key)
    assert len(kms("Decrypt", CiphertextBlob=moved["CiphertextBlob"])["Plaintext"]) == 64
    kms("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    status = kms("GetKeyRotationStatus", KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 90)
    rotations = kms("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")["Rotations"]
    assert [entry["KeyMaterialState"] for entry in rotations] == ["NON_CURRENT", "CURRENT"]
    kms("DisableKeyRotation", KeyId=key)
    kms("UpdateKeyDescription", KeyId=key, Description="other")
    kms("TagResource", KeyId=key, Tags=[{"TagKey": "more", "TagValue": ""}])
    kms("UntagResource", KeyId=key, TagKeys=["k"])
    assert kms("ListResourceTags", KeyId=key)["Tags"] == [{"TagKey": "more", "TagValue": ""}]
    kms("UpdateAlias", AliasName=alias, TargetKeyId=key)
    kms("DeleteAlias", AliasName=alias)
    kms("DisableKey", KeyId=key)
    kms("EnableKey", KeyId=key)
    assert kms("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    kms("CancelKeyDeletion", KeyId=key)
    found = kms("DescribeKey", KeyId=key)["KeyMetadata"]
    assert (found["KeyState"], found["Description"]) == ("Disabled", "other")
    assert key in {entry["KeyId"] for entry in kms("ListKeys", Limit=1000)["Keys"]}


def test_a_key_is_shared_by_policy_and_grant(javascript, kms, owner, recipient):
    key = kms("CreateKey", MultiRegion=True)["KeyMetadata"]
    policy = kms("GetKeyPolicy", KeyId=key["KeyId"])["Policy"]
    kms("PutKeyPolicy", KeyId=key["KeyId"], Policy=policy)
    assert kms("ListKeyPolicies", KeyId=key["KeyId"])["PolicyNames"] == ["default"]
    root = f"arn:aws:iam::{recipient.id}:root"
    grant = kms(
        "CreateGrant",
        KeyId=key["KeyId"],
        GranteePrincipal=root,
        RetiringPrincipal=root,
        Operations=["Decrypt"],
        Constraints={"EncryptionContextEquals": {"a": "b"}},
    )
    encrypted = kms("Encrypt", KeyId=key["KeyId"], Plaintext=b"secret", EncryptionContext={"a": "b"})
    given = {
        "CiphertextBlob": encrypted["CiphertextBlob"],
        "EncryptionContext": {"a": "b"},
        "GrantTokens": [grant["GrantToken"]],
    }
    assert javascript.call(recipient, "kms", "Decrypt", **given)["Plaintext"] == b"secret"
    listed = kms("ListGrants", KeyId=key["KeyId"])["Grants"]
    assert listed[0]["Constraints"] == {"EncryptionContextEquals": {"a": "b"}}
    retirable = javascript.call(recipient, "kms", "ListRetirableGrants", RetiringPrincipal=root)["Grants"]
    assert grant["GrantId"] in {entry["GrantId"] for entry in retirable}
    javascript.call(recipient, "kms", "RetireGrant", GrantToken=grant["GrantToken"])
    with refused("AccessDeniedException"):
        javascript.call(recipient, "kms", "Decrypt", **given)
    again = kms("CreateGrant", KeyId=key["KeyId"], GranteePrincipal=root, Operations=["Decrypt"])
    kms("RevokeGrant", KeyId=key["KeyId"], GrantId=again["GrantId"])
    replica = kms("ReplicateKey", KeyId=key["KeyId"], ReplicaRegion="us-west-2")["ReplicaKeyMetadata"]
    assert replica["KeyId"] == key["KeyId"]
    with refused("DryRunOperationException"):
        kms("Encrypt", KeyId=key["KeyId"], Plaintext=b"x", DryRun=True)


@pytest.mark.parametrize(
    "command, given, name",
    [
        ("DescribeKey", {"KeyId": "alias/none"}, "NotFoundException"),
        ("CreateAlias", {"AliasName": "alias/aws/x", "TargetKeyId": "x"}, "InvalidAliasNameException"),
        ("Decrypt", {"CiphertextBlob": b"x"}, "InvalidCiphertextException"),
        ("GetPublicKey", {"KeyId": "alias/none"}, "UnknownOperationException"),
    ],
)
def test_errors_of_kms_have_their_names(kms, command, given, name):
    with refused(name):
        kms(command, **given)
