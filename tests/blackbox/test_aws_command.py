"""Debian's aws command: the commands of the story as people type them, and an upload."""
import base64

import pytest

import disks
from argosyd import REGIONS
from clients import aws
from conftest import BLOCKS
from disks import BLOCK_BYTES, block, checksum


def image_ids(answer):
    return {image["ImageId"] for image in answer["Images"]}


def test_the_story_is_told_with_the_commands_as_they_stand(owner, recipient, image):
    name = disks.unique("CopiedAMI")
    new = aws(
        owner,
        "ec2",
        "copy-image",
        "--source-region",
        "us-east-1",
        "--source-image-id",
        image,
        "--name",
        name,
        "--region",
        "us-west-2",
    )["ImageId"]
    disks.await_image(
        owner, new, "us-west-2"
    )  # the command's own waiter would look again after 15 seconds only
    assert aws(owner, "ec2", "wait", "image-available", "--image-ids", new, "--region", "us-west-2") is None
    assert new in image_ids(aws(owner, "ec2", "describe-images", "--owners", "self", "--region", "us-west-2"))

    def share(operation):
        aws(
            owner,
            "ec2",
            "modify-image-attribute",
            "--image-id",
            new,
            "--launch-permission",
            f"{operation}=[{{UserId={recipient.id}}}]",
            "--region",
            "us-west-2",
        )
        return image_ids(
            aws(recipient, "ec2", "describe-images", "--executable-users", "self", "--region", "us-west-2")
        )

    assert new in share("Add")
    assert new not in share("Remove")
    complaint = aws(
        recipient, "ec2", "describe-images", "--image-ids", new, "--region", "us-west-2", status=254
    )
    assert "InvalidAMIID.NotFound" in complaint


def test_a_disk_is_uploaded_registered_and_read(owner, tmp_path):
    started = aws(
        owner,
        "ebs",
        "start-snapshot",
        "--volume-size",
        "1",
        "--description",
        "by hand",
        "--tags",
        "Key=k,Value=v",
    )
    snapshot = started["SnapshotId"]
    (tmp_path / "block").write_bytes(block("by hand"))
    put = aws(
        owner,
        "ebs",
        "put-snapshot-block",
        "--snapshot-id",
        snapshot,
        "--block-index",
        "9",
        "--data-length",
        str(BLOCK_BYTES),
        "--checksum",
        checksum(block("by hand")),
        "--checksum-algorithm",
        "SHA256",
        "--block-data",
        str(tmp_path / "block"),
    )
    assert put["Checksum"] == checksum(block("by hand"))
    aws(owner, "ebs", "complete-snapshot", "--snapshot-id", snapshot, "--changed-blocks-count", "1")
    disks.await_snapshot(owner, snapshot)
    aws(owner, "ec2", "wait", "snapshot-completed", "--snapshot-ids", snapshot)
    image = aws(
        owner,
        "ec2",
        "register-image",
        "--name",
        disks.unique("by hand"),
        "--architecture",
        "x86_64",
        "--virtualization-type",
        "hvm",
        "--ena-support",
        "--root-device-name",
        "/dev/xvda",
        "--block-device-mappings",
        f"DeviceName=/dev/xvda,Ebs={{SnapshotId={snapshot},VolumeType=gp3}}",
    )["ImageId"]
    found = aws(owner, "ec2", "describe-images", "--image-ids", image)["Images"][0]
    assert found["State"] == "available" and found["BlockDeviceMappings"][0]["Ebs"]["VolumeType"] == "gp3"
    listed = aws(owner, "ebs", "list-snapshot-blocks", "--snapshot-id", snapshot)["Blocks"]
    assert [entry["BlockIndex"] for entry in listed] == [9]
    aws(
        owner,
        "ebs",
        "get-snapshot-block",
        "--snapshot-id",
        snapshot,
        "--block-index",
        "9",
        "--block-token",
        listed[0]["BlockToken"],
        str(tmp_path / "read"),
    )
    assert (tmp_path / "read").read_bytes() == block("by hand")


def test_a_snapshot_is_copied_with_the_presigned_url_that_the_command_adds(owner, snapshot):
    new = aws(
        owner,
        "ec2",
        "copy-snapshot",
        "--source-region",
        "us-east-1",
        "--source-snapshot-id",
        snapshot,
        region="eu-west-1",
    )["SnapshotId"]
    disks.await_snapshot(owner, new, "eu-west-1")
    assert disks.read(owner, new, "eu-west-1") == BLOCKS


def test_tags_are_made_listed_and_deleted(owner, image):
    aws(
        owner,
        "ec2",
        "create-tags",
        "--resources",
        image,
        "--tags",
        "Key=stage,Value=prod",
        "Key=empty,Value=",
    )
    listed = aws(
        owner, "ec2", "describe-tags", "--filters", f"Name=resource-id,Values={image}", "Name=key,Values=st*"
    )["Tags"]
    assert [tag["Value"] for tag in listed] == ["prod"]
    aws(owner, "ec2", "delete-tags", "--resources", image)
    assert aws(owner, "ec2", "describe-tags", "--filters", f"Name=resource-id,Values={image}")["Tags"] == []


def test_long_lists_are_paged_by_the_command_itself(owner, snapshot):
    word = disks.unique("paged")
    images = [disks.register(owner, snapshot) for _ in range(7)]
    owner.ec2().create_tags(Resources=images, Tags=[{"Key": word, "Value": "v"}])
    listed = aws(owner, "ec2", "describe-tags", "--filters", f"Name=key,Values={word}", "--page-size", "5")
    assert sorted(tag["ResourceId"] for tag in listed["Tags"]) == sorted(images)


def test_regions_and_the_caller_are_shown(owner):
    names = aws(owner, "ec2", "describe-regions", "--query", "Regions[].RegionName")
    assert sorted(names) == sorted(REGIONS)
    assert aws(owner, "sts", "get-caller-identity")["Account"] == owner.id


@pytest.mark.parametrize(
    "arguments, code",
    [
        (["ec2", "describe-images", "--image-ids", "ami-0123456789abcdef0"], "InvalidAMIID.NotFound"),
        (["ec2", "deregister-image", "--image-id", "ami-0123456789abcdef0", "--dry-run"], "DryRunOperation"),
        (
            ["ebs", "list-snapshot-blocks", "--snapshot-id", "snap-0123456789abcdef0"],
            "ResourceNotFoundException",
        ),
    ],
)
def test_a_refusal_ends_the_command_with_its_code(owner, arguments, code):
    assert f"({code})" in aws(owner, *arguments, status=254)


def test_a_key_is_made_named_shared_and_used_with_the_commands_as_they_stand(owner, recipient, tmp_path):
    key = aws(owner, "kms", "create-key", "--description", "for disks", "--tags", "TagKey=k,TagValue=v")[
        "KeyMetadata"
    ]["Arn"]
    alias = "alias/" + disks.unique("aws").replace(" ", "-")
    aws(owner, "kms", "create-alias", "--alias-name", alias, "--target-key-id", key)
    plain, encrypted, decrypted = (tmp_path / name for name in ("plain", "encrypted", "decrypted"))
    plain.write_bytes(b"\x00secret\xff")
    context = ("--encryption-context", "team=a,disk=1")
    out = aws(owner, "kms", "encrypt", "--key-id", alias, "--plaintext", f"fileb://{plain}", *context)
    assert out["KeyId"] == key
    encrypted.write_bytes(base64.b64decode(out["CiphertextBlob"]))
    decrypt = ("kms", "decrypt", "--ciphertext-blob", f"fileb://{encrypted}", *context)
    assert "AccessDeniedException" in aws(recipient, *decrypt, status=254)
    grant = aws(
        owner,
        *("kms", "create-grant", "--key-id", key, "--grantee-principal", f"arn:aws:iam::{recipient.id}:root"),
        *("--operations", "Decrypt", "DescribeKey", "--constraints", "EncryptionContextSubset={team=a}"),
    )
    decrypted.write_bytes(base64.b64decode(aws(recipient, *decrypt)["Plaintext"]))
    assert decrypted.read_bytes() == plain.read_bytes()
    assert aws(recipient, "kms", "describe-key", "--key-id", key)["KeyMetadata"]["KeyState"] == "Enabled"
    aws(owner, "kms", "revoke-grant", "--key-id", key, "--grant-id", grant["GrantId"])
    assert "AccessDeniedException" in aws(recipient, *decrypt, status=254)
    aws(owner, "kms", "disable-key", "--key-id", key)
    assert f"{key} is disabled." in aws(owner, *decrypt, status=254)
    found = aws(owner, "kms", "schedule-key-deletion", "--key-id", key, "--pending-window-in-days", "7")
    assert found["KeyState"] == "PendingDeletion"
