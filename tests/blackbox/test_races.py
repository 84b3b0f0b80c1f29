"""Calls that come at the same moment: one wins, or all do, and nothing is torn."""
import concurrent.futures

import botocore.exceptions
import pytest

import disks

AT_ONCE = 8


def at_once(call):
    """Runs call(number) from several threads; results and error codes, in any order."""

    def outcome(number):
        try:
            return call(number)
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(outcome, range(AT_ONCE)))


def test_a_name_is_given_once(owner, snapshot):
    name = disks.unique("raced")
    outcomes = at_once(lambda _: disks.register(owner, snapshot, name))
    assert sorted(outcomes)[:-1] == ["InvalidAMIName.Duplicate"] * (AT_ONCE - 1) and sorted(outcomes)[
        -1
    ].startswith("ami-")
    found = owner.ec2().describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    assert [image["ImageId"] for image in found] == sorted(outcomes)[-1:]


def test_a_client_token_makes_one_copy(owner, image):
    given = {
        "Name": disks.unique("raced"),
        "SourceImageId": image,
        "SourceRegion": "us-east-1",
        "ClientToken": disks.unique("token"),
    }
    outcomes = at_once(lambda _: owner.query("CopyImage", "us-west-2", **given).xml.findtext("imageId"))
    assert len(set(outcomes)) == 1
    disks.await_image(owner, outcomes[0], "us-west-2")


def test_a_client_token_starts_one_upload(owner):
    token = disks.unique("token")
    assert len(set(at_once(lambda _: disks.start(owner, ClientToken=token)))) == 1


def test_everybody_who_is_added_at_once_is_there(owner, image):
    at_once(
        lambda number: owner.ec2().modify_image_attribute(
            ImageId=image, LaunchPermission={"Add": [{"UserId": f"{number:012}"}]}
        )
        and None
    )
    found = owner.ec2().describe_image_attribute(ImageId=image, Attribute="launchPermission")
    assert {entry["UserId"] for entry in found["LaunchPermissions"]} == {
        f"{number:012}" for number in range(AT_ONCE)
    }


def test_tags_that_are_made_at_once_are_all_there(owner, image):
    at_once(
        lambda number: owner.ec2().create_tags(Resources=[image], Tags=[{"Key": str(number), "Value": "v"}])
        and None
    )
    assert {tag["Key"] for tag in disks.describe_image(owner, image)["Tags"]} == {
        str(number) for number in range(AT_ONCE)
    }


def test_an_image_is_deregistered_by_one(owner, image):
    outcomes = at_once(lambda _: owner.ec2().deregister_image(ImageId=image) and "done")
    assert outcomes.count("done") == 1
    assert set(outcomes) <= {"done", "InvalidAMIID.Unavailable", "InvalidAMIID.NotFound"}


def test_a_snapshot_is_either_deleted_or_backs_the_image(owner):
    for _ in range(5):
        snapshot = disks.upload(owner, {0: disks.block("raced")})
        calls = [
            lambda: disks.register(owner, snapshot),
            lambda: owner.ec2().delete_snapshot(SnapshotId=snapshot) and "deleted",
        ]
        outcomes = set(at_once(lambda number: calls[number % 2]()))
        registered = {outcome for outcome in outcomes if outcome.startswith("ami-")}
        if registered:
            assert "deleted" not in outcomes and "InvalidSnapshot.InUse" in outcomes
            assert disks.read(owner, snapshot) == {0: disks.block("raced")}
        else:
            assert outcomes == {"deleted", "InvalidSnapshot.NotFound"}


def test_of_blocks_put_at_the_same_index_one_whole_block_stays(owner):
    upload = disks.start(owner)
    outcomes = at_once(lambda number: disks.put(owner, upload, 3, disks.block(number)) and number)
    acknowledged = [outcome for outcome in outcomes if isinstance(outcome, int)]
    assert acknowledged and set(outcomes) - set(acknowledged) <= {"ValidationException"}
    disks.complete(owner, upload, 1)
    assert disks.read(owner, upload)[3] in [disks.block(number) for number in range(AT_ONCE)]


def test_a_block_put_while_the_snapshot_completes_is_in_it_or_is_refused(owner):
    upload = disks.start(owner)
    disks.put(owner, upload, 0, disks.block("before"))

    def call(number):
        if number == AT_ONCE - 1:
            return owner.ebs().complete_snapshot(SnapshotId=upload, ChangedBlocksCount=1) and "completed"
        return disks.put(owner, upload, number + 1, disks.block(number)) and number

    outcomes = at_once(call)
    acknowledged = {outcome + 1 for outcome in outcomes if isinstance(outcome, int)}
    if "completed" not in outcomes:  # the count no longer fitted
        disks.complete(owner, upload, len(acknowledged) + 1)
    disks.await_snapshot(owner, upload)
    if "completed" in outcomes:
        assert acknowledged == set()
    assert set(disks.read(owner, upload)) == {0} | acknowledged


def test_uploads_of_the_same_content_at_once_are_all_whole(owner, recipient):
    blocks = {index: disks.block(f"common {index}") for index in range(12)}
    snapshots = at_once(lambda number: disks.upload((owner, recipient)[number % 2], blocks))
    for number, snapshot in enumerate(snapshots):
        assert disks.read((owner, recipient)[number % 2], snapshot) == blocks


def test_copies_of_one_image_at_once_are_all_whole(owner):
    blocks = {index: disks.block(f"copied {index}") for index in range(30)}
    image = disks.register(owner, disks.upload(owner, blocks))
    regions = ["us-west-2", "eu-west-1"]

    def copy(number):
        return owner.ec2(regions[number % 2]).copy_image(
            Name=disks.unique("raced"), SourceImageId=image, SourceRegion="us-east-1"
        )["ImageId"]

    for number, new in enumerate(at_once(copy)):
        region = regions[number % 2]
        assert (
            disks.read(owner, disks.snapshots_of(disks.await_image(owner, new, region))[0], region) == blocks
        )


@pytest.mark.parametrize("there_and_back", range(2))
def test_regions_that_copy_from_each_other_do_not_wait_for_each_other(owner, there_and_back):
    regions = ["us-east-1", "us-west-2", "eu-west-1"]
    images = {
        region: disks.register(
            owner,
            disks.upload(owner, {0: disks.block(f"{region} {there_and_back}")}, region=region),
            region=region,
        )
        for region in regions
    }

    def copy(number):
        source, region = regions[number % 3], regions[(number + 1 + number // 3 % 2) % 3]
        new = owner.ec2(region).copy_image(
            Name=disks.unique("ring"), SourceImageId=images[source], SourceRegion=source
        )["ImageId"]
        return region, new, source

    for region, new, source in at_once(copy):
        snapshot = disks.snapshots_of(disks.await_image(owner, new, region))[0]
        assert disks.read(owner, snapshot, region) == {0: disks.block(f"{source} {there_and_back}")}
