"""DescribeSnapshots, the permissions of snapshots, DeleteSnapshot."""
import pytest

import disks
from argosyd import refused

NO_SNAPSHOT = "snap-0123456789abcdef0"
ACCOUNT = "012345678901"
ORGANIZATION = "arn:aws:organizations::111122223333:organization/o-abcdefghij"


@pytest.fixture
def fresh(owner):
    """A completed snapshot that the test may share or delete."""
    return disks.upload(owner, {0: disks.block("fresh"), 9: disks.block("nine")}, Description="fresh bread")


def permissions(account, snapshot):
    answer = account.ec2().describe_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission"
    )
    assert answer["SnapshotId"] == snapshot
    return {tuple(entry.items()) for entry in answer["CreateVolumePermissions"]}


def modify(account, snapshot, **changes):
    return account.ec2().modify_snapshot_attribute(SnapshotId=snapshot, **changes)


def ids(account, **selectors):
    return {entry["SnapshotId"] for entry in account.ec2().describe_snapshots(**selectors)["Snapshots"]}


def test_a_completed_snapshot_shows_all_of_itself(owner, fresh):
    found = disks.describe_snapshot(owner, fresh)
    started = found.pop("StartTime")
    assert started.tzinfo is not None
    assert found.pop("VolumeId").startswith("vol-ffffffff")
    assert found == {
        "SnapshotId": fresh,
        "OwnerId": owner.id,
        "Description": "fresh bread",
        "State": "completed",
        "Progress": "100%",
        "VolumeSize": 1,
        "Encrypted": False,
        "StorageTier": "standard",
    }
    item = owner.query("DescribeSnapshots", SnapshotId__1=fresh).xml.find("snapshotSet/item")
    assert item.findtext("fullSnapshotSizeInBytes") == str(2 * disks.BLOCK_BYTES)
    assert item.findtext("completionTime").endswith("Z")
    assert item.find("statusMessage") is None


def test_a_pending_snapshot_says_so(owner):
    pending = disks.start(owner, 7)
    found = disks.describe_snapshot(owner, pending)
    assert (found["State"], found["VolumeSize"]) == ("pending", 7)
    assert found["Progress"] in ("", "0%")
    disks.put(owner, pending, 3, disks.block("progress"), Progress=40)
    assert disks.describe_snapshot(owner, pending)["State"] == "pending"


@pytest.mark.parametrize(
    "name, yes, no",
    [
        ("description", "fresh*", "stale*"),
        ("encrypted", "false", "true"),
        ("progress", "100%", "50%"),
        ("start-time", "2*Z", "1*"),
        ("status", "completed", "pending"),
        ("storage-tier", "standard", "archive"),
        ("volume-id", "vol-ffffffff*", "vol-0*"),
        ("volume-size", "1", "2"),
        ("tag:kind", "bread", "cake"),
        ("tag-key", "kind", "bread"),
    ],
)
def test_a_filter_keeps_what_matches(owner, fresh, name, yes, no):
    owner.ec2().create_tags(Resources=[fresh], Tags=[{"Key": "kind", "Value": "bread"}])
    mine = {"Name": "snapshot-id", "Values": [fresh]}
    assert ids(owner, Filters=[mine, {"Name": name, "Values": [yes]}]) == {fresh}
    assert ids(owner, Filters=[mine, {"Name": name, "Values": [no]}]) == set()


@pytest.mark.parametrize("name", ["owner-alias", "transfer-type"])
def test_a_filter_of_what_a_snapshot_does_not_have_is_known(owner, fresh, name):
    assert ids(owner, SnapshotIds=[fresh], Filters=[{"Name": name, "Values": ["amazon"]}]) == set()


def test_owners_are_filters_and_selectors(owner, recipient, fresh):
    for selectors in (
        {"OwnerIds": ["self"]},
        {"OwnerIds": [owner.id]},
        {"Filters": [{"Name": "owner-id", "Values": [owner.id]}]},
    ):
        assert fresh in ids(owner, **selectors)
    assert fresh not in ids(owner, OwnerIds=[recipient.id])
    assert ids(owner, OwnerIds=["amazon"]) == set()


def test_unknown_filters_and_bad_ids_are_refused(owner):
    ec2 = owner.ec2()
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        ec2.describe_snapshots(Filters=[{"Name": "colour", "Values": ["red"]}])
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        ec2.describe_snapshots(OwnerIds=["amazon"], Filters=[{"Name": "colour", "Values": ["red"]}])
    with refused("FilterLimitExceeded"):
        ec2.describe_snapshots(Filters=[{"Name": "description", "Values": [str(n) for n in range(201)]}])
    with refused("InvalidUserID.Malformed"):
        ec2.describe_snapshots(OwnerIds=["nobody"])
    with refused("InvalidUserID.Malformed"):
        ec2.describe_snapshots(RestorableByUserIds=["nobody"])
    with refused("InvalidSnapshotID.Malformed", "InvalidParameterValue"):
        ec2.describe_snapshots(SnapshotIds=["snap-nonsense"])
    with refused("InvalidSnapshot.NotFound", message=f"The snapshot '{NO_SNAPSHOT}' does not exist."):
        ec2.describe_snapshots(SnapshotIds=[NO_SNAPSHOT])


def test_a_snapshot_is_shared_with_accounts_and_everybody(owner, fresh):
    modify(owner, fresh, CreateVolumePermission={"Add": [{"UserId": ACCOUNT}, {"Group": "all"}]})
    assert permissions(owner, fresh) == {(("UserId", ACCOUNT),), (("Group", "all"),)}
    modify(owner, fresh, CreateVolumePermission={"Remove": [{"Group": "all"}]})
    assert permissions(owner, fresh) == {(("UserId", ACCOUNT),)}
    modify(
        owner,
        fresh,
        Attribute="createVolumePermission",
        OperationType="add",
        UserIds=["999999999999"],
        GroupNames=["all"],
    )
    assert len(permissions(owner, fresh)) == 3
    modify(owner, fresh, Attribute="createVolumePermission", OperationType="remove", UserIds=["999999999999"])
    owner.ec2().reset_snapshot_attribute(SnapshotId=fresh, Attribute="createVolumePermission")
    assert permissions(owner, fresh) == set()


def test_sharing_twice_and_unsharing_what_is_not_shared_succeed(owner, fresh):
    for operation, left in (("Add", 1), ("Remove", 0)):
        for _ in range(2):
            modify(owner, fresh, CreateVolumePermission={operation: [{"UserId": ACCOUNT}]})
            assert len(permissions(owner, fresh)) == left


def test_a_call_does_not_add_and_remove(owner, fresh):
    with refused("InvalidParameterCombination"):
        modify(
            owner, fresh, CreateVolumePermission={"Add": [{"UserId": ACCOUNT}], "Remove": [{"Group": "all"}]}
        )
    assert permissions(owner, fresh) == set()


def test_snapshots_have_no_form_for_organizations(owner, fresh):
    answer = owner.query(
        "ModifySnapshotAttribute",
        SnapshotId=fresh,
        CreateVolumePermission__Add__1__OrganizationArn=ORGANIZATION,
    )
    assert (answer.status, answer.code) == (400, "UnknownParameter")


def test_five_hundred_modifications_fit_into_a_call(owner, fresh):
    entries = [{"UserId": f"{number:012}"} for number in range(501)]
    with refused("InvalidParameterValue"):
        modify(owner, fresh, CreateVolumePermission={"Add": entries})
    modify(owner, fresh, CreateVolumePermission={"Add": entries[:500]})
    assert len(permissions(owner, fresh)) == 500


def test_lists_of_the_older_form_say_nothing_without_its_operation(owner, fresh):
    """Packer sends them beside the newer form."""
    modify(owner, fresh, CreateVolumePermission={"Add": [{"UserId": ACCOUNT}]}, UserIds=[ACCOUNT])
    assert len(permissions(owner, fresh)) == 1


@pytest.mark.parametrize(
    "changes, codes",
    [
        ({}, ["MissingParameter", "InvalidParameterCombination"]),
        (
            {"Attribute": "createVolumePermission", "OperationType": "add"},
            ["MissingParameter", "InvalidParameterCombination"],
        ),
        (
            {"Attribute": "createVolumePermission", "UserIds": [ACCOUNT]},
            ["MissingParameter", "InvalidParameterCombination"],
        ),
        ({"Attribute": "colour", "OperationType": "add", "UserIds": [ACCOUNT]}, ["InvalidParameterValue"]),
        (
            {"Attribute": "createVolumePermission", "OperationType": "set", "UserIds": [ACCOUNT]},
            ["InvalidParameterValue"],
        ),
        (
            {"CreateVolumePermission": {"Add": [{"UserId": "12"}]}},
            ["InvalidAMIAttributeItemValue", "InvalidParameterValue", "InvalidUserID.Malformed"],
        ),
        (
            {"CreateVolumePermission": {"Add": [{"Group": "some"}]}},
            ["InvalidAMIAttributeItemValue", "InvalidParameterValue"],
        ),
        (
            {"CreateVolumePermission": {"Add": [{"Group": "all", "UserId": ACCOUNT}]}},
            ["InvalidParameterCombination"],
        ),
    ],
)
def test_a_change_that_cannot_be_is_refused(owner, fresh, changes, codes):
    with refused(*codes):
        modify(owner, fresh, **changes)
    assert permissions(owner, fresh) == set()


def test_the_other_attribute_is_empty_and_unknown_ones_are_refused(owner, fresh):
    assert (
        owner.ec2().describe_snapshot_attribute(SnapshotId=fresh, Attribute="productCodes")["ProductCodes"]
        == []
    )
    for call, attribute in (
        ("DescribeSnapshotAttribute", "colour"),
        ("ResetSnapshotAttribute", "colour"),
        ("ResetSnapshotAttribute", "productCodes"),
    ):
        answer = owner.query(call, SnapshotId=fresh, Attribute=attribute)
        assert (answer.status, answer.code) == (400, "InvalidParameterValue")


def test_only_the_owner_changes_shows_and_deletes(owner, recipient, fresh):
    disks.share_snapshot(owner, fresh, recipient)
    ec2 = recipient.ec2()
    for call in (
        lambda: ec2.describe_snapshot_attribute(SnapshotId=fresh, Attribute="createVolumePermission"),
        lambda: ec2.modify_snapshot_attribute(
            SnapshotId=fresh, CreateVolumePermission={"Add": [{"Group": "all"}]}
        ),
        lambda: ec2.reset_snapshot_attribute(SnapshotId=fresh, Attribute="createVolumePermission"),
        lambda: ec2.delete_snapshot(SnapshotId=fresh),
    ):
        with refused("AuthFailure", "UnauthorizedOperation", "OperationNotPermitted"):
            call()
    assert permissions(owner, fresh) == {(("UserId", recipient.id),)}


def test_a_deleted_snapshot_is_gone_for_all(owner, recipient, fresh):
    disks.share_snapshot(owner, fresh, recipient)
    owner.ec2().delete_snapshot(SnapshotId=fresh)
    assert fresh not in ids(owner) | ids(recipient)
    for account in (owner, recipient):
        with refused("InvalidSnapshot.NotFound"):
            account.ec2().delete_snapshot(SnapshotId=fresh)
    with refused("ResourceNotFoundException"):
        owner.ebs().list_snapshot_blocks(SnapshotId=fresh)


@pytest.mark.parametrize("device", ["/dev/xvda", "/dev/sdb"])
def test_a_snapshot_that_an_image_needs_is_not_deleted(owner, snapshot, fresh, device):
    other = {"/dev/xvda": "/dev/sdb", "/dev/sdb": "/dev/xvda"}[device]
    image = disks.register(
        owner,
        snapshot,
        BlockDeviceMappings=[
            {"DeviceName": device, "Ebs": {"SnapshotId": fresh}},
            {"DeviceName": other, "Ebs": {"SnapshotId": snapshot}},
        ],
    )
    with refused("InvalidSnapshot.InUse", message=f"The snapshot {fresh} is currently in use by {image}"):
        owner.ec2().delete_snapshot(SnapshotId=fresh)
    owner.ec2().deregister_image(ImageId=image)
    owner.ec2().delete_snapshot(SnapshotId=fresh)


def test_a_snapshot_that_anothers_image_needs_is_not_deleted(owner, recipient, fresh):
    disks.share_snapshot(owner, fresh, recipient)
    disks.register(recipient, fresh)
    # A private image is named to nobody else.
    unnamed = f"The snapshot {fresh} is currently in use by an image of another account"
    with refused("InvalidSnapshot.InUse", message=unnamed):
        owner.ec2().delete_snapshot(SnapshotId=fresh)


def test_deleting_one_snapshot_leaves_the_others_that_hold_the_same_blocks(owner):
    blocks = {index: disks.block(f"common {index}") for index in range(4)}
    first, second = disks.upload(owner, blocks), disks.upload(owner, blocks)
    child = disks.upload(owner, {1: disks.block("new")}, ParentSnapshotId=first)
    owner.ec2().delete_snapshot(SnapshotId=first)
    assert disks.read(owner, second) == blocks
    assert disks.read(owner, child) == blocks | {1: disks.block("new")}


def test_a_pending_upload_may_be_deleted(owner):
    pending = disks.start(owner)
    disks.put(owner, pending, 0, disks.block("deleted"))
    owner.ec2().delete_snapshot(SnapshotId=pending)
    with refused("ResourceNotFoundException"):
        disks.put(owner, pending, 1, disks.block("deleted"))


def test_equal_disks_have_equal_content_digests_and_others_do_not(owner, recipient):
    blocks = {5: disks.block("digest"), 6: disks.block("digest two")}
    here, there = disks.upload(owner, blocks), disks.upload(recipient, blocks, region="eu-west-1")
    digest = disks.extension(owner, here)["contentDigest"]
    assert len(bytes.fromhex(digest)) == 32
    assert disks.extension(recipient, there, "eu-west-1")["contentDigest"] == digest
    with_zeros = disks.upload(owner, blocks | {7: disks.ZEROS})
    assert disks.extension(owner, with_zeros)["contentDigest"] == digest
    swapped = disks.upload(owner, {5: blocks[6], 6: blocks[5]})
    assert disks.extension(owner, swapped)["contentDigest"] != digest
