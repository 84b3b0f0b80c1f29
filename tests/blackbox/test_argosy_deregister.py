"""argosy deregister: images, their snapshots, their copies; what stays is named."""
import pytest

import disks
import scripted
from argosy import argosy, argosy_json, run, write_profiles


def images(owner, region="us-east-1"):
    return {image["ImageId"] for image in owner.ec2(region).describe_images(Owners=["self"])["Images"]}


def snapshots(owner, region="us-east-1"):
    return {one["SnapshotId"] for one in owner.ec2(region).describe_snapshots(OwnerIds=["self"])["Snapshots"]}


def make_image(owner, word):
    snapshot = disks.upload(owner, {0: disks.block(word)})
    return disks.register(owner, snapshot, disks.unique(word)), snapshot


def copies(owner, image, *regions):
    found = argosy_json(owner, "copy", f"us-east-1/{image}", "--to", ",".join(regions))["copies"]
    return {copy["region"]: copy for copy in found}


def test_an_image_goes_with_its_snapshots_and_only_with_consent(owner):
    image, snapshot = make_image(owner, "consent")
    assert "--yes" in argosy(owner, "deregister", image, status=4)
    planned = argosy_json(owner, "deregister", image, "--dry-run")[0]
    assert planned["state"] == "would be deregistered"
    assert planned["snapshots"][0]["state"] == "would be deleted"
    assert image in images(owner) and snapshot in snapshots(owner)
    done = argosy_json(owner, "deregister", image, "--yes")[0]
    assert done["state"] == "deregistered" and done["error"] is None
    assert done["snapshots"] == [{"snapshot_id": snapshot, "state": "deleted", "used_by": []}]
    assert image not in images(owner) and snapshot not in snapshots(owner)


def test_snapshots_stay_when_asked_or_when_another_image_needs_them(owner):
    image, snapshot = make_image(owner, "kept")
    other = disks.register(owner, snapshot)
    done = argosy_json(owner, "deregister", image, "--yes")[0]
    assert done["snapshots"] == [{"snapshot_id": snapshot, "state": "kept", "used_by": [other]}]
    assert argosy_json(owner, "deregister", other, "--yes", "--keep-snapshots")[0]["state"] == "deregistered"
    assert snapshot in snapshots(owner)


def test_a_snapshot_of_two_images_goes_with_the_last_of_them(owner):
    image, snapshot = make_image(owner, "both")
    other = disks.register(owner, snapshot)
    done = argosy_json(owner, "deregister", image, other, "--yes")
    assert [one["state"] for one in done] == ["deregistered", "deregistered"]
    assert snapshot not in snapshots(owner)


def test_copies_go_too_where_they_are_asked_for(owner):
    image, _ = make_image(owner, "copies")
    made = copies(owner, image, "us-west-2", "eu-west-1")
    name = disks.describe_image(owner, image)["Name"]
    argosy(owner, "deregister", f"us-east-1/name:{name}", "--regions", "us-west-2", "--yes")
    west, europe = made["us-west-2"], made["eu-west-1"]
    assert image not in images(owner) and west["image_id"] not in images(owner, "us-west-2")
    assert west["snapshot_ids"][0] not in snapshots(owner, "us-west-2")
    assert europe["image_id"] in images(owner, "eu-west-1")


def test_everywhere_means_copies_of_copies_but_no_other_image_of_that_name(owner):
    image, _ = make_image(owner, "everywhere")
    west = copies(owner, image, "us-west-2")["us-west-2"]["image_id"]
    name = disks.describe_image(owner, image)["Name"]
    europe = argosy_json(owner, "copy", f"us-west-2/{west}", "--to", "eu-west-1")["copies"][0]["image_id"]
    listed = argosy_json(owner, "deregister", f"us-east-1/{image}", "--everywhere", "--dry-run")
    assert {one["image_id"] for one in listed} == {image, west, europe}
    argosy(owner, "deregister", f"us-west-2/{west}", "--everywhere", "--yes")
    assert image not in images(owner) and europe not in images(owner, "eu-west-1")

    snapshot = disks.upload(owner, {0: disks.block("x")}, region="us-west-2")
    unrelated = disks.register(owner, snapshot, name, "us-west-2")
    again = disks.register(owner, disks.upload(owner, {0: disks.block("y")}), name)
    complaints = argosy(owner, "deregister", again, "--everywhere", status=4)
    assert f"us-west-2/{unrelated} has the same name" in complaints
    argosy(owner, "deregister", again, "--everywhere", "--yes")
    assert unrelated in images(owner, "us-west-2")


def test_a_copy_under_way_is_cancelled(owner, imported):
    region, image = argosy(owner, "copy", f"us-east-1/{imported}", "--to", "us-west-2", "--detach").split()
    assert argosy_json(owner, "deregister", f"{region}/{image}", "--yes")[0]["state"] == "deregistered"
    assert image not in images(owner, "us-west-2")


def test_an_image_over_a_snapshot_that_was_taken_back_is_unshared_and_goes(owner, recipient, stranger):
    snapshot = disks.upload(owner, {0: disks.block("lent")})
    disks.share_snapshot(owner, snapshot, recipient)
    image = disks.register(recipient, snapshot)
    argosy(owner, "snapshot", "unshare", snapshot, recipient.id)
    argosy(recipient, "share", image, stranger.id, "--allow-copy")
    argosy(recipient, "unshare", image, stranger.id)
    permissions = recipient.ec2().describe_image_attribute(ImageId=image, Attribute="launchPermission")
    assert permissions["LaunchPermissions"] == []
    told = run(recipient, "deregister", image, "--yes")[1]
    assert f"with {snapshot} stays: it is not yours" in told
    assert image not in images(recipient) and snapshot in snapshots(owner)


def test_nothing_goes_when_one_of_the_images_cannot(owner, recipient, stranger):
    image, snapshot = make_image(owner, "refused")
    disks.share_image(owner, image, recipient)
    assert owner.id in argosy(recipient, "deregister", image, "--yes", status=4)
    assert "InvalidAMIID.NotFound" in argosy(stranger, "deregister", image, "--yes", status=254)
    absent = "ami-0123456789abcdef0"
    assert "InvalidAMIID.NotFound" in argosy(owner, "deregister", image, absent, "--yes", status=254)
    assert argosy(owner, "deregister", image, "--regions", "mars-1", "--yes", status=254)
    assert argosy(owner, "deregister", image, "--regions", "us-west-2", "--everywhere", status=252)
    assert image in images(owner) and snapshot in snapshots(owner)


IMAGE, COPY, OTHER = "ami-00000000000000001", "ami-00000000000000002", "ami-00000000000000003"
SNAPSHOT = "snap-00000000000000001"


def described(image="", more=""):
    item = f"<item><imageId>{image}</imageId><name>web-1</name>{more}</item>" if image else ""
    return f"<DescribeImagesResponse><imagesSet>{item}</imagesSet></DescribeImagesResponse>"


@pytest.fixture
def two_regions():
    """An image and its copy in another region."""
    source = f"<sourceImageId>{IMAGE}</sourceImageId><sourceImageRegion>us-east-1</sourceImageRegion>"
    service = scripted.Scripted(
        DescribeRegions=[
            "<R><regionInfo><item><regionName>us-east-1</regionName></item>"
            "<item><regionName>us-west-2</regionName></item></regionInfo></R>"
        ]
    )
    service.answers["us-east-1 DescribeImages"] = [described(IMAGE)]
    service.answers["us-west-2 DescribeImages"] = [described(COPY, source)]
    service.answers["DeregisterImage"] = ["<R><return>true</return></R>"]
    yield service
    service.close()


def deregister(owner, service, *more, status=0):
    command = ["deregister", f"us-east-1/{IMAGE}", "--everywhere", "--yes", *more]
    return run(owner, *command, status=status, AWS_ENDPOINT_URL=service.endpoint, AWS_MAX_ATTEMPTS=1)


def test_an_image_stays_until_its_copies_are_gone_so_that_it_can_be_named_again(owner, two_regions):
    two_regions.answers["us-west-2 DeregisterImage"] = [scripted.error("OperationNotPermitted")]
    _, complaints = deregister(owner, two_regions, status=1)
    asked = [parameters["ImageId"] for action, parameters in two_regions.asked if action == "DeregisterImage"]
    assert asked == [COPY] and "stays as long as" in complaints
    two_regions.answers["us-west-2 DeregisterImage"] = ["<R><return>true</return></R>"]
    deregister(owner, two_regions)
    asked = [parameters["ImageId"] for action, parameters in two_regions.asked if action == "DeregisterImage"]
    assert asked == [COPY, COPY, IMAGE]


def test_an_image_does_not_wait_for_the_copies_of_another(owner, two_regions):
    two_regions.answers["us-east-1 DescribeImages"] = [described(IMAGE), described(OTHER), described()]
    two_regions.answers["us-west-2 DeregisterImage"] = [scripted.error("OperationNotPermitted")]
    _, complaints = deregister(owner, two_regions, f"us-east-1/{OTHER}", status=3)
    asked = [parameters["ImageId"] for action, parameters in two_regions.asked if action == "DeregisterImage"]
    assert asked == [COPY, OTHER] and f"{OTHER}  stays" not in complaints
    assert f"The rest: argosy deregister us-east-1/{IMAGE} --everywhere\n" in complaints


def test_what_is_left_is_told_as_a_command(owner, two_regions):
    two_regions.answers["us-east-1 DeregisterImage"] = [scripted.error("OperationNotPermitted")]
    _, complaints = deregister(owner, two_regions, "--keep-snapshots", status=3)
    assert f"The rest: argosy deregister us-east-1/{IMAGE} --everywhere --keep-snapshots" in complaints


def test_snapshots_that_an_image_leaves_behind_are_told_as_a_command(owner, two_regions, tmp_path):
    disk = f"<blockDeviceMapping><item><ebs><snapshotId>{SNAPSHOT}</snapshotId></ebs></item></blockDeviceMapping>"
    two_regions.answers["us-east-1 DescribeImages"] = [described(IMAGE, disk)]
    two_regions.answers["DescribeSnapshots"] = [
        f"<R><snapshotSet><item><snapshotId>{SNAPSHOT}</snapshotId></item></snapshotSet></R>"
    ]
    two_regions.answers["DeleteSnapshot"] = [scripted.error("UnauthorizedOperation")]
    config = write_profiles(tmp_path / "config", lab=owner)
    config.write_text(config.read_text().replace(owner.server.endpoint, two_regions.endpoint))
    command = ["deregister", f"lab:us-east-1/{IMAGE}", "--yes"]
    _, complaints = run(owner, *command, status=254, AWS_CONFIG_FILE=config)
    assert f"{IMAGE}  deregistered, but a snapshot stays: UnauthorizedOperation" in complaints
    assert f"The rest: argosy snapshot rm lab:us-east-1/{SNAPSHOT}\n" in complaints
    assert "The rest: argosy deregister" not in complaints


def test_an_image_that_is_gone_when_it_is_to_go_is_no_failure(owner, two_regions):
    two_regions.answers["us-west-2 DeregisterImage"] = [scripted.error("InvalidAMIID.NotFound")]
    deregister(owner, two_regions)
