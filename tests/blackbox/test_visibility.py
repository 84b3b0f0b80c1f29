"""Who sees which image and snapshot: owner, recipient, stranger, everybody."""
import re
import xml.etree.ElementTree as ElementTree

import pytest

import disks
import sigv4
from argosyd import refused

NO_IMAGE = "ami-0123456789abcdef0"
NO_SNAPSHOT = "snap-0123456789abcdef0"


def ids(account, region="us-east-1", **selectors):
    return {image["ImageId"] for image in account.ec2(region).describe_images(**selectors)["Images"]}


def snapshot_ids(account, **selectors):
    return {entry["SnapshotId"] for entry in account.ec2().describe_snapshots(**selectors)["Snapshots"]}


def make_public(owner, image):
    owner.ec2().modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})


def test_a_private_image_is_seen_by_its_owner_only(owner, recipient, stranger, image):
    assert image in ids(owner)
    assert image not in ids(recipient) | ids(stranger)


def test_a_shared_image_is_seen_by_its_recipient_too(owner, recipient, stranger, shared_image):
    assert shared_image in ids(owner) & ids(recipient)
    assert shared_image not in ids(stranger)
    assert disks.describe_image(recipient, shared_image)["OwnerId"] == owner.id


def test_a_share_holds_in_one_region_only(recipient, shared_image):
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, shared_image, "us-west-2")


def test_a_public_image_is_seen_by_everybody_as_public(owner, recipient, stranger, image):
    make_public(owner, image)
    for account in (owner, recipient, stranger):
        assert disks.describe_image(account, image)["Public"] is True
        assert image in ids(account, Filters=[{"Name": "is-public", "Values": ["true"]}])


def test_nobody_makes_anothers_list_unreadable_by_what_he_writes(owner, recipient, snapshot):
    image = disks.register(owner, snapshot, Description="no\ufffe XML\uffff can\x01 hold it")
    disks.share_image(owner, image, recipient)
    assert image in ids(recipient)
    assert disks.describe_image(recipient, image)["Description"] == "no XML can hold it"


def test_executable_by_self_is_what_is_shared_with_me_by_name(
    owner, recipient, stranger, snapshot, shared_image
):
    private, public = (disks.register(owner, snapshot) for _ in range(2))
    make_public(owner, public)
    mine = disks.register(recipient, disks.upload(recipient, {0: disks.block("mine")}))
    disks.share_image(recipient, mine, recipient)
    found = ids(recipient, ExecutableUsers=["self"])
    assert shared_image in found
    assert not {private, public, mine} & found
    assert found == ids(recipient, ExecutableUsers=[recipient.id])
    assert shared_image not in ids(owner, ExecutableUsers=["self"]) | ids(stranger, ExecutableUsers=["self"])
    disks.share_image(owner, public, recipient)
    assert public in ids(recipient, ExecutableUsers=["self"])


def test_executable_by_all_is_what_is_public_also_my_own(owner, stranger, snapshot, shared_image):
    image = disks.register(owner, snapshot)
    make_public(owner, image)
    for account in (owner, stranger):
        found = ids(account, ExecutableUsers=["all"])
        assert image in found and shared_image not in found


def test_executable_by_another_account_is_what_i_shared_with_it(
    owner, recipient, stranger, snapshot, shared_image
):
    image = disks.register(owner, snapshot)
    found = ids(owner, ExecutableUsers=[recipient.id])
    assert shared_image in found and image not in found
    assert shared_image not in ids(owner, ExecutableUsers=[stranger.id])


def test_a_recipient_sees_what_an_owner_sees_but_his_own_affairs(owner, recipient, shared_image, snapshot):
    owner.ec2().create_tags(Resources=[shared_image], Tags=[{"Key": "secret", "Value": "plan"}])
    items = [
        account.query("DescribeImages", ImageId__1=shared_image).xml.find("imagesSet/item")
        for account in (owner, recipient)
    ]
    mine, theirs = ({element.tag: ElementTree.tostring(element) for element in item} for item in items)
    assert b"secret" in mine.pop("tagSet")
    assert b"disabled" in mine.pop("deregistrationProtection")
    assert theirs == mine
    assert snapshot.encode() in theirs["blockDeviceMapping"]


def test_tags_belong_to_whoever_made_them(owner, recipient, stranger, shared_image):
    owner.ec2().create_tags(Resources=[shared_image], Tags=[{"Key": "who", "Value": "owner"}])
    recipient.ec2().create_tags(Resources=[shared_image], Tags=[{"Key": "who", "Value": "recipient"}])
    for account, value in ((owner, "owner"), (recipient, "recipient")):
        assert disks.describe_image(account, shared_image)["Tags"] == [{"Key": "who", "Value": value}]
        for other in ("owner", "recipient"):
            filters = [{"Name": "tag:who", "Values": [other]}]
            assert (shared_image in ids(account, Filters=filters)) == (other == value)
        found = account.ec2().describe_tags(Filters=[{"Name": "resource-id", "Values": [shared_image]}])
        assert [tag["Value"] for tag in found["Tags"]] == [value]
    with refused("InvalidAMIID.NotFound"):
        stranger.ec2().create_tags(Resources=[shared_image], Tags=[{"Key": "who", "Value": "stranger"}])


def test_a_shared_snapshot_has_tags_of_each_account_too(owner, recipient):
    snapshot = disks.upload(owner, {0: disks.block("tagged")}, Tags=[{"Key": "who", "Value": "owner"}])
    disks.share_snapshot(owner, snapshot, recipient)
    assert "Tags" not in disks.describe_snapshot(recipient, snapshot)
    recipient.ec2().create_tags(Resources=[snapshot], Tags=[{"Key": "who", "Value": "recipient"}])
    for account, value in ((owner, "owner"), (recipient, "recipient")):
        assert disks.describe_snapshot(account, snapshot)["Tags"] == [{"Key": "who", "Value": value}]


def test_what_is_taken_back_is_gone_at_once(owner, recipient, shared_image):
    owner.ec2().modify_image_attribute(
        ImageId=shared_image, LaunchPermission={"Remove": [{"UserId": recipient.id}]}
    )
    assert shared_image not in ids(recipient) | ids(recipient, ExecutableUsers=["self"])
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, shared_image)


def test_an_image_that_will_be_deprecated_is_not_hidden_yet(owner, recipient, image):
    make_public(owner, image)
    assert disks.describe_image(recipient, image)["DeprecationTime"].endswith(":00.000Z")
    assert image in ids(recipient) & ids(recipient, IncludeDeprecated=True) & ids(owner)


def test_sharing_an_image_does_not_share_its_snapshot(recipient, shared_image, snapshot):
    assert snapshot not in snapshot_ids(recipient)
    with refused("InvalidSnapshot.NotFound"):
        recipient.ec2().describe_snapshots(SnapshotIds=[snapshot])


def test_a_snapshot_is_seen_by_those_it_is_shared_with(owner, recipient, stranger):
    snapshot = disks.upload(owner, {0: disks.block("shared")})
    disks.share_snapshot(owner, snapshot, recipient)
    assert snapshot in snapshot_ids(owner) & snapshot_ids(recipient)
    assert snapshot not in snapshot_ids(stranger)
    owner.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot, CreateVolumePermission={"Add": [{"Group": "all"}]}
    )
    assert snapshot in snapshot_ids(stranger)


def test_restorable_by_selects_snapshots_by_whom_they_are_shared_with(owner, recipient, stranger, snapshot):
    shared, public = (disks.upload(owner, {0: disks.block(word)}) for word in ("one", "two"))
    disks.share_snapshot(owner, shared, recipient)
    owner.ec2().modify_snapshot_attribute(
        SnapshotId=public, CreateVolumePermission={"Add": [{"Group": "all"}]}
    )
    assert {shared, public, snapshot} & snapshot_ids(stranger, RestorableByUserIds=["all"]) == {public}
    assert {shared, public, snapshot} & snapshot_ids(recipient, RestorableByUserIds=["self"]) == {shared}
    assert {shared, public, snapshot} & snapshot_ids(owner, RestorableByUserIds=[recipient.id]) == {shared}


@pytest.mark.parametrize("hidden", ["private", "absent"])
def test_a_list_by_ids_is_refused_for_a_snapshot_that_may_not_be_seen_as_for_none(stranger, snapshot, hidden):
    mine = disks.upload(stranger, {0: disks.block("the stranger's")})
    unseen = snapshot if hidden == "private" else NO_SNAPSHOT
    with refused("InvalidSnapshot.NotFound", message=f"The snapshot '{unseen}' does not exist."):
        stranger.ec2().describe_snapshots(SnapshotIds=[mine, unseen])
    with refused("InvalidSnapshotID.Malformed"):
        stranger.ec2().describe_snapshots(SnapshotIds=[unseen, "snap-nonsense"])


# Every way to name an image or a snapshot: a stranger must not learn from the answer whether it exists.
IMAGE_CALLS = {
    "DescribeImages": {"ImageId__1": "{}"},
    "DescribeImageAttribute launchPermission": {"ImageId": "{}", "Attribute": "launchPermission"},
    "DescribeImageAttribute blockDeviceMapping": {"ImageId": "{}", "Attribute": "blockDeviceMapping"},
    "ModifyImageAttribute": {"ImageId": "{}", "LaunchPermission__Add__1__Group": "all"},
    "ModifyImageAttribute description": {"ImageId": "{}", "Description__Value": "mine"},
    "ResetImageAttribute": {"ImageId": "{}", "Attribute": "launchPermission"},
    "CancelImageLaunchPermission": {"ImageId": "{}"},
    "DeregisterImage": {"ImageId": "{}"},
    "DeregisterImage with snapshots": {"ImageId": "{}", "DeleteAssociatedSnapshots": "true"},
    "CopyImage": {"SourceImageId": "{}", "SourceRegion": "us-east-1", "Name": "stolen"},
    "CreateTags": {"ResourceId__1": "{}", "Tag__1__Key": "k"},
    "DeleteTags": {"ResourceId__1": "{}", "Tag__1__Key": "k"},
}
SNAPSHOT_CALLS = {
    "DescribeSnapshots": {"SnapshotId__1": "{}"},
    "RegisterImage": {
        "Name": "stolen",
        "RootDeviceName": "/dev/sda1",
        "BlockDeviceMapping__1__DeviceName": "/dev/sda1",
        "BlockDeviceMapping__1__Ebs__SnapshotId": "{}",
    },
    "CopySnapshot": {"SourceSnapshotId": "{}", "SourceRegion": "us-east-1"},
    "ModifySnapshotAttribute": {"SnapshotId": "{}", "CreateVolumePermission__Add__1__Group": "all"},
    "DescribeSnapshotAttribute": {"SnapshotId": "{}", "Attribute": "createVolumePermission"},
    "ResetSnapshotAttribute": {"SnapshotId": "{}", "Attribute": "createVolumePermission"},
    "DeleteSnapshot": {"SnapshotId": "{}"},
    "CreateTags": {"ResourceId__1": "{}", "Tag__1__Key": "k"},
    "DeleteTags": {"ResourceId__1": "{}"},
}
EBS_CALLS = [
    ("GET", "/snapshots/{}/blocks", [], b""),
    ("GET", "/snapshots/{}/blocks/0?blockToken=AAAA", [], b""),
    ("GET", "/snapshots/{}/changedblocks", [], b""),
    ("GET", "/snapshots/{}/changedblocks?firstSnapshotId={}", [], b""),
    (
        "PUT",
        "/snapshots/{}/blocks/0",
        [
            ("x-amz-Data-Length", str(disks.BLOCK_BYTES)),
            ("x-amz-Checksum-Algorithm", "SHA256"),
            ("x-amz-Checksum", disks.checksum(disks.ZEROS)),
        ],
        disks.ZEROS,
    ),
    ("POST", "/snapshots/completion/{}", [("x-amz-ChangedBlocksCount", "0")], b""),
    (
        "POST",
        "/snapshots",
        [("Content-Type", "application/json")],
        b'{"VolumeSize": 1, "ParentSnapshotId": "{}"}',
    ),
]


def told(answer, resource):
    """An answer without what differs between any two: the id that was asked for, request id and date."""
    body = answer.body.decode().replace(resource, "ID")
    body = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "REQUEST", body)
    headers = {name.lower(): value for name, value in answer.headers.items()}
    varying = ("x-amzn-requestid", "date", "content-length")
    return answer.status, {name: value for name, value in headers.items() if name not in varying}, body


def ask(account, call, parameters, resource, region="us-east-1"):
    filled = {name: value.replace("{}", resource) for name, value in parameters.items()}
    return told(account.query(call.split()[0], region, **filled), resource)


@pytest.mark.parametrize("call", IMAGE_CALLS)
def test_a_stranger_cannot_tell_a_private_image_from_none(stranger, shared_image, call):
    private = ask(stranger, call, IMAGE_CALLS[call], shared_image)
    assert private == ask(stranger, call, IMAGE_CALLS[call], NO_IMAGE)
    assert private[0] == 400 and "InvalidAMIID.NotFound" in private[2]


def test_a_stranger_in_another_region_cannot_tell_a_private_image_from_none(stranger, shared_image):
    call = "CopyImage"
    private = ask(stranger, call, IMAGE_CALLS[call], shared_image, "us-west-2")
    assert private == ask(stranger, call, IMAGE_CALLS[call], NO_IMAGE, "us-west-2")
    assert "InvalidAMIID.NotFound" in private[2]


@pytest.mark.parametrize("call", SNAPSHOT_CALLS)
def test_a_stranger_cannot_tell_a_private_snapshot_from_none(stranger, snapshot, call):
    private = ask(stranger, call, SNAPSHOT_CALLS[call], snapshot)
    assert private == ask(stranger, call, SNAPSHOT_CALLS[call], NO_SNAPSHOT)
    assert private[0] == 400 and "InvalidSnapshot.NotFound" in private[2]


@pytest.mark.parametrize(
    "method, target, headers, body", EBS_CALLS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_stranger_cannot_tell_the_blocks_of_a_private_snapshot_from_none(
    stranger, snapshot, method, target, headers, body
):
    answers = []
    for resource in (snapshot, NO_SNAPSHOT):
        path, _, query = target.replace("{}", resource).partition("?")
        filled = body.replace(b"{}", resource.encode()) if len(body) < 100 else body
        request = sigv4.Request(method, path, query, list(headers), filled)
        answers.append(
            told(sigv4.send(stranger.server, sigv4.sign(stranger, request, service="ebs")), resource)
        )
    assert answers[0] == answers[1]
    assert answers[0][0] == 404 and "SNAPSHOT_NOT_FOUND" in answers[0][2]


def test_a_recipient_of_the_image_alone_cannot_read_its_blocks(recipient, shared_image, snapshot):
    with refused("ResourceNotFoundException", "AccessDeniedException"):
        recipient.ebs().list_snapshot_blocks(SnapshotId=snapshot)
