"""DisableImage and EnableImage (ec2-semantics B9, C1, E4, J20 to J23). Debian's clients do not know them yet."""
import pytest

import disks
from argosyd import refused

NO_IMAGE = "ami-0123456789abcdef0"


def change(account, action, image, region="us-east-1"):
    answer = account.query(action, region, ImageId=image)
    assert answer.status == 200, answer.code
    assert answer.xml.findtext("return") == "true"


def listed(account, image, include_disabled=None, **given):
    more = {} if include_disabled is None else {"IncludeDisabled": include_disabled}
    answer = account.query("DescribeImages", Filter__1__Name="image-id", Filter__1__Value__1=image, **given, **more)
    return [item.findtext("imageId") for item in answer.xml.iterfind("imagesSet/item")] == [image]


def state(account, image):
    return disks.describe_image(account, image)["State"]


def permissions(account, image):
    return account.ec2().describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]


@pytest.fixture
def disabled(owner, shared_image):
    change(owner, "DisableImage", shared_image)
    return shared_image


def test_an_image_is_disabled_and_enabled_by_the_newest_sdk(javascript, owner, image):
    assert javascript.call(owner, "ec2", "DisableImage", ImageId=image)["Return"] is True
    assert state(owner, image) == "disabled"
    assert javascript.call(owner, "ec2", "EnableImage", ImageId=image)["Return"] is True
    assert state(owner, image) == "available"


def test_a_disabled_image_is_missing_from_its_owners_list_unless_asked_for(owner, disabled):
    assert not listed(owner, disabled)
    assert not listed(owner, disabled, Owner__1="self")
    assert not listed(owner, disabled, include_disabled="false")
    assert listed(owner, disabled, include_disabled="true")
    assert state(owner, disabled) == "disabled"  # by its id


def test_a_disabled_image_is_gone_for_whom_it_was_shared_with(recipient, disabled):
    assert not listed(recipient, disabled, include_disabled="true")
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, disabled)


def test_what_is_enabled_again_is_not_shared_again(owner, recipient, disabled):
    assert permissions(owner, disabled) == []
    change(owner, "EnableImage", disabled)
    assert permissions(owner, disabled) == [] and listed(owner, disabled)
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, disabled)
    disks.share_image(owner, disabled, recipient)
    assert disks.describe_image(recipient, disabled)["State"] == "available"


def test_a_public_image_that_is_disabled_is_private(owner, stranger, image):
    owner.ec2().modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    assert disks.describe_image(stranger, image)["Public"] is True
    change(owner, "DisableImage", image)
    assert disks.describe_image(owner, image)["Public"] is False
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(stranger, image)


def test_a_disabled_image_cannot_be_shared_or_changed(owner, recipient, disabled):
    with refused("InvalidAMIID.Unavailable"):
        disks.share_image(owner, disabled, recipient)
    with refused("InvalidAMIID.Unavailable"):
        owner.ec2().modify_image_attribute(ImageId=disabled, Description={"Value": "new"})
    with refused("InvalidAMIID.Unavailable"):
        owner.ec2().reset_image_attribute(ImageId=disabled, Attribute="launchPermission")


def test_a_disabled_image_keeps_its_snapshots_and_its_name(owner, disabled):
    found = disks.describe_image(owner, disabled)
    with refused("InvalidSnapshot.InUse"):
        owner.ec2().delete_snapshot(SnapshotId=disks.snapshots_of(found)[0])
    with refused("InvalidAMIName.Duplicate"):
        disks.register(owner, disks.snapshots_of(found)[0], name=found["Name"])


def test_a_disabled_image_is_copied_by_its_owner_alone(owner, recipient):
    snapshot = disks.upload(owner, {0: disks.block("disabled")})
    disabled = disks.register(owner, snapshot)
    disks.share_image(owner, disabled, recipient)
    disks.share_snapshot(owner, snapshot, recipient)
    change(owner, "DisableImage", disabled)
    given = {"SourceImageId": disabled, "SourceRegion": "us-east-1"}
    with refused("InvalidAMIID.NotFound"):
        recipient.ec2("us-west-2").copy_image(Name=disks.unique("copy"), **given)
    copy = owner.ec2("us-west-2").copy_image(Name=disks.unique("copy"), **given)["ImageId"]
    assert disks.await_image(owner, copy, "us-west-2")["State"] == "available"


def test_a_copy_that_was_made_before_stays(owner, disabled, image):
    copy = owner.ec2("us-west-2").copy_image(
        Name=disks.unique("copy"), SourceImageId=disabled, SourceRegion="us-east-1"
    )["ImageId"]
    disks.await_image(owner, copy, "us-west-2")
    change(owner, "EnableImage", disabled)
    change(owner, "DisableImage", disabled)
    assert disks.describe_image(owner, copy, "us-west-2")["State"] == "available"


def test_a_disabled_image_can_be_deregistered(owner, disabled):
    owner.ec2().deregister_image(ImageId=disabled)
    for action in ("DisableImage", "EnableImage"):
        assert owner.query(action, ImageId=disabled).code == "InvalidAMIID.Unavailable"


def test_again_it_changes_nothing(owner, recipient, shared_image):
    change(owner, "EnableImage", shared_image)
    assert permissions(owner, shared_image) == [{"UserId": recipient.id}]
    for _ in range(2):
        change(owner, "DisableImage", shared_image)
        assert state(owner, shared_image) == "disabled"


@pytest.mark.parametrize("action", ["DisableImage", "EnableImage"])
def test_only_its_owner_may(recipient, stranger, owner, shared_image, action):
    assert recipient.query(action, ImageId=shared_image).code == "AuthFailure"
    assert stranger.query(action, ImageId=shared_image).code == "InvalidAMIID.NotFound"
    assert owner.query(action, ImageId=NO_IMAGE).code == "InvalidAMIID.NotFound"
    assert owner.query(action, ImageId="nonsense").code == "InvalidAMIID.Malformed"
    assert owner.query(action).code == "MissingParameter"
    assert owner.query(action, ImageId=shared_image, DryRun="true").code == "DryRunOperation"
    assert state(owner, shared_image) == "available"
