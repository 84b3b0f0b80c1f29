"""DescribeImages: selectors, filters, wildcards."""
import pytest

import disks
from argosyd import refused

NO_IMAGE = "ami-0123456789abcdef0"


@pytest.fixture(scope="module")
def described(owner, snapshot):
    """One image with everything that a filter can ask for, as DescribeImages shows it."""
    image = disks.register(
        owner,
        snapshot,
        Description="a described image",
        EnaSupport=True,
        SriovNetSupport="simple",
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {"SnapshotId": snapshot, "VolumeSize": 9, "VolumeType": "gp3"},
            },
            {
                "DeviceName": "/dev/sdb",
                "Ebs": {"VolumeSize": 4, "VolumeType": "gp2", "DeleteOnTermination": False},
            },
        ],
    )
    tags = [{"Key": "stage", "Value": "prod"}, {"Key": "a*b", "Value": "50%"}]
    owner.ec2().create_tags(Resources=[image], Tags=tags)
    return disks.describe_image(owner, image)


def matches(owner, image, *filters):
    """Whether the filters (name, values…) leave that image."""
    given = [{"Name": name, "Values": list(values)} for name, *values in filters]
    given.append({"Name": "image-id", "Values": [image["ImageId"]]})
    return len(owner.ec2().describe_images(Filters=given)["Images"]) == 1


@pytest.mark.parametrize(
    "name, yes, no",
    [
        ("architecture", "x86_64", "arm64"),
        ("block-device-mapping.delete-on-termination", "false", "maybe"),
        ("block-device-mapping.device-name", "/dev/sdb", "/dev/sdc"),
        ("block-device-mapping.volume-size", "4", "5"),
        ("block-device-mapping.volume-type", "gp2", "io1"),
        ("block-device-mapping.encrypted", "false", "true"),
        ("creation-date", "2*Z", "1*Z"),
        ("description", "a described image", "described"),
        ("ena-support", "true", "false"),
        ("free-tier-eligible", "false", "true"),
        ("hypervisor", "xen", "ovm"),
        ("image-allowed", "true", "false"),
        ("image-type", "machine", "kernel"),
        ("is-public", "false", "true"),
        ("owner-id", "*", "000000000000"),
        ("root-device-name", "/dev/xvda", "/dev/sdb"),
        ("root-device-type", "ebs", "instance-store"),
        ("state", "available", "pending"),
        ("sriov-net-support", "simple", "none"),
        ("tag:stage", "prod", "test"),
        ("tag-key", "stage", "prod"),
        ("virtualization-type", "hvm", "paravirtual"),
    ],
)
def test_a_filter_keeps_what_matches(owner, described, name, yes, no):
    assert matches(owner, described, (name, yes))
    assert not matches(owner, described, (name, no))


@pytest.mark.parametrize(
    "name",
    [
        "kernel-id",
        "owner-alias",
        "platform",
        "product-code",
        "product-code.type",
        "ramdisk-id",
        "source-image-id",
        "source-image-region",
        "source-instance-id",
        "state-reason-code",
        "state-reason-message",
    ],
)
def test_a_filter_of_what_the_image_does_not_have_is_known_and_leaves_nothing(owner, described, name):
    for value in ("something", "*", ""):
        assert not matches(owner, described, (name, value))


def test_name_location_and_snapshot_are_filters_too(owner, described, snapshot):
    for name, value in [
        ("name", described["Name"]),
        ("manifest-location", described["ImageLocation"]),
        ("block-device-mapping.snapshot-id", snapshot),
    ]:
        assert matches(owner, described, (name, value))
        assert not matches(owner, described, (name, value[:-1]))


@pytest.mark.parametrize(
    "pattern, yes",
    [
        ("a described*", True),
        ("*image", True),
        ("*des*im*", True),
        ("a?described?image", True),
        ("*", True),
        ("?", False),
        ("a described imag", False),
        ("A described image", False),
        ("A DESCRIBED*", False),
        ("a described image?", False),
        ("a described_image", False),
        ("%image", False),
        (r"a described\*", False),
        (r"a \described image", True),
    ],
)
def test_wildcards_match_and_case_counts(owner, described, pattern, yes):
    assert matches(owner, described, ("description", pattern)) == yes


def test_wildcards_are_escaped_by_a_backslash(owner, described):
    assert matches(owner, described, ("tag-key", r"a\*b"))
    assert not matches(owner, described, ("tag-key", r"a\?b"))
    assert matches(owner, described, ("tag:a*b", "5?%"))


def test_values_of_a_filter_are_alternatives_and_filters_must_all_hold(owner, described):
    assert matches(owner, described, ("architecture", "arm64", "x86_64"))
    assert matches(owner, described, ("architecture", "x86_64"), ("state", "available"))
    assert not matches(owner, described, ("architecture", "x86_64"), ("state", "failed"))


def test_each_filter_on_devices_may_match_another_device(owner, described):
    size, kind = "block-device-mapping.volume-size", "block-device-mapping.volume-type"
    assert matches(owner, described, (size, "9"), (kind, "gp2"))


def test_an_unknown_filter_is_refused(owner):
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        owner.ec2().describe_images(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_filters_may_have_200_values_together(owner):
    values = [f"name{number}" for number in range(200)]
    assert owner.ec2().describe_images(Filters=[{"Name": "name", "Values": values}])["Images"] == []
    with refused("FilterLimitExceeded"):
        owner.ec2().describe_images(Filters=[{"Name": "name", "Values": values + ["one more"]}])


@pytest.mark.parametrize("operation", ["DescribeImages", "DescribeVolumes", "DescribeRegions", "DescribeTags"])
def test_a_filter_without_values_counts_as_one(owner, operation):
    known = {"DescribeImages": "state", "DescribeVolumes": "status", "DescribeRegions": "region-name"}
    for count, code in ((200, None), (201, "FilterLimitExceeded"), (1_000, "FilterLimitExceeded")):
        names = {f"Filter__{number}__Name": known.get(operation, "key") for number in range(1, count + 1)}
        answer = owner.query(operation, **names)
        assert answer.status == (400 if code else 200) and (not code or answer.code == code)


@pytest.mark.parametrize("name", ["name", "tag:stage"])
def test_a_value_of_a_filter_is_bounded(owner, name):
    filters = {"Filter__1__Name": name, "Filter__1__Value__1": "*" + "x" * 1_023}
    assert owner.query("DescribeImages", **filters).status == 200
    for size in (1_025, 60_000):
        filters["Filter__1__Value__1"] = "*" * size
        assert owner.query("DescribeImages", **filters).code == "InvalidParameterValue"


def ids(account, **selectors):
    return {image["ImageId"] for image in account.ec2().describe_images(**selectors)["Images"]}


def test_an_owner_may_be_self_or_an_account(owner, recipient, described):
    image = described["ImageId"]
    assert image in ids(owner, Owners=["self"])
    assert image in ids(owner, Owners=[owner.id])
    assert image in ids(owner, Owners=["amazon", owner.id])
    assert image not in ids(owner, Owners=[recipient.id])
    assert image not in ids(recipient, Owners=["self"])


@pytest.mark.parametrize("alias", ["amazon", "aws-marketplace", "aws-backup-vault"])
def test_nothing_here_belongs_to_amazon(owner, alias):
    assert ids(owner, Owners=[alias]) == set()


@pytest.mark.parametrize(
    "selectors", [{"Owners": ["amazon"]}, {"Owners": ["self"], "ExecutableUsers": ["self"]}]
)
def test_filters_are_checked_where_nothing_can_be_found(owner, selectors):
    assert ids(owner, **selectors) == set()
    with refused("InvalidParameterValue", message="The filter 'Name' is invalid"):
        ids(owner, **selectors, Filters=[{"Name": "Name", "Values": ["nonsense"]}])
    with refused("FilterLimitExceeded"):
        ids(owner, **selectors, Filters=[{"Name": "name", "Values": [str(n) for n in range(201)]}])


@pytest.mark.parametrize(
    "users, code",
    [(["me"], "InvalidUserID.Malformed"), (["111122223333", "all"], "InvalidParameterCombination")],
)
def test_users_are_checked_where_nothing_can_be_found(owner, users, code):
    with refused(code):
        ids(owner, Owners=["amazon"], ExecutableUsers=users)


@pytest.mark.parametrize("selector", ["Owners", "ExecutableUsers"])
@pytest.mark.parametrize("user", ["me", "12345678901", "1234567890123", "1234-5678-9012", ""])
def test_a_user_that_is_no_account_is_refused(owner, selector, user):
    with refused("InvalidUserID.Malformed"):
        owner.ec2().describe_images(**{selector: [user]})


def test_all_missing_images_are_named_and_the_call_fails_as_a_whole(owner, image):
    missing = [NO_IMAGE, "ami-0fedcba9876543210"]
    with refused(
        "InvalidAMIID.NotFound", message=f"The image ids '[{missing[0]}, {missing[1]}]' do not exist"
    ):
        owner.ec2().describe_images(ImageIds=[missing[0], image, missing[1]])


@pytest.mark.parametrize(
    "image",
    ["ami-", "ami-0123456789abcdefg", "ami-123", "snap-0123456789abcdef0", "", "AMI-0123456789abcdef0"],
)
def test_a_malformed_id_is_refused(owner, image):
    with refused("InvalidAMIID.Malformed", message=f'Invalid id: "{image}" (expecting "ami-...")'):
        owner.ec2().describe_images(ImageIds=[image])


def test_selectors_are_combined(owner, image, described):
    both = [image, described["ImageId"]]
    assert ids(owner, ImageIds=both) == set(both)
    assert ids(owner, ImageIds=both, Filters=[{"Name": "tag:stage", "Values": ["prod"]}]) == {
        described["ImageId"]
    }
    assert ids(owner, ImageIds=both, Owners=["amazon"]) == set()


@pytest.mark.parametrize(
    "operation, name, value, refusal",
    [
        ("DescribeImages", "ImageId", NO_IMAGE, "InvalidAMIID.NotFound"),
        ("DescribeImages", "Owner", "self", None),
        ("DescribeImages", "ExecutableBy", "self", None),
        ("DescribeSnapshots", "SnapshotId", "snap-0123456789abcdef0", "InvalidSnapshot.NotFound"),
        ("DescribeSnapshots", "Owner", "self", None),
        ("DescribeSnapshots", "RestorableBy", "self", None),
        ("DescribeInstances", "InstanceId", "i-0123456789abcdef0", "InvalidInstanceID.NotFound"),
        ("DescribeInstanceStatus", "InstanceId", "i-0123456789abcdef0", "InvalidInstanceID.NotFound"),
        ("DescribeVolumes", "VolumeId", "vol-0123456789abcdef0", "InvalidVolume.NotFound"),
        ("DescribeKeyPairs", "KeyName", "nobody", "InvalidKeyPair.NotFound"),
        ("DescribeKeyPairs", "KeyPairId", "key-0123456789abcdef0", "InvalidKeyPair.NotFound"),
    ],
)
def test_a_selector_has_at_most_a_thousand_values(owner, operation, name, value, refusal):
    def code(count):
        values = {f"{name}__{number}": value for number in range(1, count + 1)}
        answer = owner.query(operation, **values)
        return None if answer.status == 200 else answer.code

    assert code(1_000) == refusal
    assert code(1_001) == "InvalidParameterValue"


def test_an_image_shows_once_however_often_it_is_selected(owner, image):
    found = owner.ec2().describe_images(ImageIds=[image, image], Owners=["self", owner.id])["Images"]
    assert [entry["ImageId"] for entry in found] == [image]
