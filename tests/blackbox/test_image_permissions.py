"""Sharing an image: Modify-, Describe- and ResetImageAttribute, CancelImageLaunchPermission."""
import pytest

import disks
from argosyd import refused

ORGANIZATION = "arn:aws:organizations::111122223333:organization/o-abcdefghij"
UNIT = "arn:aws:organizations::111122223333:ou/o-abcdefghij/ou-ab12-abcdefgh"
ACCOUNT = "012345678901"


def permissions(account, image):
    answer = account.ec2().describe_image_attribute(ImageId=image, Attribute="launchPermission")
    return {tuple(entry.items()) for entry in answer["LaunchPermissions"]}


def modify(account, image, **changes):
    return account.ec2().modify_image_attribute(ImageId=image, **changes)


def test_an_image_is_shared_with_accounts_organizations_units_and_everybody(owner, image):
    entries = [
        {"UserId": ACCOUNT},
        {"OrganizationArn": ORGANIZATION},
        {"OrganizationalUnitArn": UNIT},
        {"Group": "all"},
    ]
    modify(owner, image, LaunchPermission={"Add": entries})
    assert permissions(owner, image) == {tuple(entry.items()) for entry in entries}
    modify(owner, image, LaunchPermission={"Remove": entries})
    assert permissions(owner, image) == set()


def test_the_older_form_with_an_operation_type_does_the_same(owner, image):
    modify(
        owner,
        image,
        Attribute="launchPermission",
        OperationType="add",
        UserIds=[ACCOUNT, "999999999999"],
        UserGroups=["all"],
        OrganizationArns=[ORGANIZATION],
        OrganizationalUnitArns=[UNIT],
    )
    assert len(permissions(owner, image)) == 5
    modify(
        owner,
        image,
        Attribute="launchPermission",
        OperationType="remove",
        UserIds=[ACCOUNT],
        UserGroups=["all"],
    )
    assert permissions(owner, image) == {
        (("UserId", "999999999999"),),
        (("OrganizationArn", ORGANIZATION),),
        (("OrganizationalUnitArn", UNIT),),
    }


def test_adding_and_removing_may_be_one_call_with_or_without_the_attribute(owner, image):
    modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}]})
    modify(
        owner,
        image,
        Attribute="launchPermission",
        LaunchPermission={"Add": [{"UserId": "999999999999"}], "Remove": [{"UserId": ACCOUNT}]},
    )
    assert permissions(owner, image) == {(("UserId", "999999999999"),)}


def test_adding_twice_and_removing_what_is_not_there_succeed(owner, image):
    for _ in range(2):
        modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}, {"UserId": ACCOUNT}]})
        assert permissions(owner, image) == {(("UserId", ACCOUNT),)}
    for _ in range(2):
        modify(owner, image, LaunchPermission={"Remove": [{"UserId": ACCOUNT}]})
        assert permissions(owner, image) == set()


def test_the_owner_may_name_himself(owner, image):
    disks.share_image(owner, image, owner)
    assert permissions(owner, image) == {(("UserId", owner.id),)}
    found = owner.ec2().describe_images(ExecutableUsers=["self"])["Images"]
    assert image not in {entry["ImageId"] for entry in found}


def test_no_longer_public_leaves_the_accounts_and_reset_removes_all(owner, recipient, image):
    modify(
        owner,
        image,
        LaunchPermission={
            "Add": [{"Group": "all"}, {"UserId": recipient.id}, {"OrganizationArn": ORGANIZATION}]
        },
    )
    modify(owner, image, LaunchPermission={"Remove": [{"Group": "all"}]})
    assert disks.describe_image(recipient, image)["Public"] is False
    owner.ec2().reset_image_attribute(ImageId=image, Attribute="launchPermission")
    assert permissions(owner, image) == set()
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, image)
    assert disks.describe_image(owner, image)["State"] == "available"


@pytest.mark.parametrize(
    "entry, kind",
    [
        ({"UserId": "12345"}, "userId"),
        ({"UserId": "1234-5678-9012"}, "userId"),
        ({"UserId": "self"}, "userId"),
        ({"UserId": "all"}, "userId"),
        ({"UserId": ""}, "userId"),
        ({"UserId": "1234567890123"}, "userId"),
    ],
)
def test_what_is_no_account_is_refused(owner, image, entry, kind):
    value = entry["UserId"]
    with refused(
        "InvalidAMIAttributeItemValue",
        message=f'Invalid attribute item value "{value}" for {kind} item type.',
    ):
        modify(owner, image, LaunchPermission={"Add": [entry]})


@pytest.mark.parametrize(
    "entry",
    [
        {"Group": "everyone"},
        {"Group": ""},
        {"OrganizationArn": "o-abcdefghij"},
        {"OrganizationalUnitArn": "ou-ab12-abcdefgh"},
        {"OrganizationArn": UNIT},
        {"OrganizationalUnitArn": ORGANIZATION},
        {"OrganizationArn": "arn:aws:iam::111122223333:root"},
        {"OrganizationArn": ORGANIZATION + "x" * 256},
        {"OrganizationalUnitArn": UNIT + "x" * 256},
    ],
)
def test_what_is_no_group_organization_or_unit_is_refused(owner, image, entry):
    with refused("InvalidAMIAttributeItemValue"):
        modify(owner, image, LaunchPermission={"Add": [entry]})


def test_one_bad_entry_changes_nothing(owner, image):
    with refused("InvalidAMIAttributeItemValue"):
        modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}, {"UserId": "bad"}]})
    assert permissions(owner, image) == set()


def test_an_entry_names_one_thing(owner, image):
    with refused("InvalidParameterCombination", "InvalidParameterValue"):
        modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT, "Group": "all"}]})


def test_an_image_is_shared_with_a_thousand_entities_and_no_more(owner, image):
    entries = [{"UserId": f"{number:012}"} for number in range(1000)]
    modify(owner, image, LaunchPermission={"Add": entries})
    with refused("ResourceLimitExceeded"):
        modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}]})
    assert len(permissions(owner, image)) == 1000
    modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}], "Remove": entries[:1]})


def test_lists_of_the_older_form_say_nothing_without_its_operation(owner, image):
    """Packer sends them beside the newer form."""
    modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}]}, UserIds=[ACCOUNT])
    assert permissions(owner, image) == {(("UserId", ACCOUNT),)}


@pytest.mark.parametrize(
    "changes",
    [
        {"Description": {"Value": "x"}, "LaunchPermission": {"Add": [{"Group": "all"}]}},
        {"Description": {"Value": "x"}, "OperationType": "add", "UserIds": [ACCOUNT]},
        {"LaunchPermission": {"Add": [{"Group": "all"}]}, "OperationType": "add", "UserIds": [ACCOUNT]},
        {"Attribute": "description", "Value": "x", "LaunchPermission": {"Add": [{"Group": "all"}]}},
        {"Attribute": "launchPermission", "Description": {"Value": "x"}},
    ],
)
def test_one_call_changes_one_attribute(owner, image, changes):
    with refused("InvalidParameterCombination"):
        modify(owner, image, **changes)
    assert permissions(owner, image) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"Attribute": "launchPermission"},
        {"Attribute": "launchPermission", "OperationType": "add"},
        {"OperationType": "add"},
        {"Attribute": "description"},
        {"Attribute": "imdsSupport"},
        {"Attribute": "launchPermission", "UserIds": [ACCOUNT]},
    ],
)
def test_a_call_that_changes_nothing_is_refused(owner, image, changes):
    with refused("MissingParameter", "InvalidParameterCombination"):
        modify(owner, image, **changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"Attribute": "colour", "Value": "red"},
        {"Attribute": "kernel", "Value": "aki-1"},
        {"Attribute": "launchPermission", "OperationType": "replace", "UserIds": [ACCOUNT]},
        {"Attribute": "imdsSupport", "Value": "v1.0"},
        {"Attribute": "imdsSupport", "Value": ""},
        {"Description": {"Value": "x" * 256}},
    ],
)
def test_a_change_to_what_cannot_be_is_refused(owner, image, changes):
    with refused("InvalidParameterValue"):
        modify(owner, image, **changes)


def test_product_codes_are_no_longer_added(owner, image):
    with refused("UnsupportedOperation", "InvalidParameterValue", "InvalidRequest"):
        modify(owner, image, Attribute="productCodes", OperationType="add", ProductCodes=["774F4FF8"])


def test_the_description_is_changed_and_cleared_in_both_forms(owner, image):
    modify(owner, image, Description={"Value": "first"})
    assert disks.describe_image(owner, image)["Description"] == "first"
    modify(owner, image, Attribute="description", Value="second")
    attribute = owner.ec2().describe_image_attribute(ImageId=image, Attribute="description")
    assert attribute["Description"] == {"Value": "second"}
    modify(owner, image, Description={"Value": ""})
    assert not disks.describe_image(owner, image).get("Description")


def test_imds_support_is_set_and_stays(owner, image):
    assert owner.query("ModifyImageAttribute", ImageId=image, ImdsSupport__Value="v2.0").status == 200
    modify(owner, image, Attribute="imdsSupport", Value="v2.0")
    assert (
        owner.query("ModifyImageAttribute", ImageId=image, ImdsSupport__Value="").code
        == "InvalidParameterValue"
    )
    assert disks.describe_image(owner, image)["ImdsSupport"] == "v2.0"


@pytest.mark.parametrize(
    "attribute, element, value",
    [
        ("description", "Description", "described"),
        ("sriovNetSupport", "SriovNetSupport", "simple"),
        ("bootMode", "BootMode", "uefi"),
        ("tpmSupport", "TpmSupport", "v2.0"),
        ("imdsSupport", "ImdsSupport", "v2.0"),
    ],
)
def test_an_attribute_is_shown_or_is_empty(owner, image, snapshot, attribute, element, value):
    assert owner.ec2().describe_image_attribute(ImageId=image, Attribute=attribute)[element] == {}
    full = disks.register(
        owner,
        snapshot,
        Description="described",
        SriovNetSupport="simple",
        BootMode="uefi",
        TpmSupport="v2.0",
        ImdsSupport="v2.0",
    )
    answer = owner.ec2().describe_image_attribute(ImageId=full, Attribute=attribute)
    assert answer[element] == {"Value": value} and answer["ImageId"] == full


@pytest.mark.parametrize(
    "attribute, element",
    [
        ("kernel", "kernel"),
        ("ramdisk", "ramdisk"),
        ("lastLaunchedTime", "lastLaunchedTime"),
        ("productCodes", "productCodes"),
        ("launchPermission", "launchPermission"),
        ("uefiData", "uefiData"),
    ],
)
def test_an_attribute_without_a_value_is_an_empty_element(owner, image, attribute, element):
    root = owner.query("DescribeImageAttribute", ImageId=image, Attribute=attribute).xml
    assert {child.tag for child in root} == {"requestId", "imageId", element}
    assert len(root.find(element)) == 0 and not root.find(element).text


def test_the_block_device_mapping_is_no_attribute_even_for_the_owner(owner, image):
    with refused("AuthFailure", message="Unauthorized attempt to access restricted resource"):
        owner.ec2().describe_image_attribute(ImageId=image, Attribute="blockDeviceMapping")


def test_an_attribute_that_does_not_exist_is_refused(owner, image):
    for call in ("DescribeImageAttribute", "ResetImageAttribute"):
        answer = owner.query(call, ImageId=image, Attribute="colour")
        assert answer.status == 400 and answer.code in ("InvalidParameterValue", "InvalidRequest")
    assert (
        owner.query("ResetImageAttribute", ImageId=image, Attribute="description").code
        == "InvalidParameterValue"
    )


@pytest.mark.parametrize("public", [False, True])
def test_only_the_owner_shares_and_sees_with_whom(owner, recipient, shared_image, public):
    if public:
        modify(owner, shared_image, LaunchPermission={"Add": [{"Group": "all"}]})
    ec2 = recipient.ec2()
    before = permissions(owner, shared_image)
    for call in (
        lambda: ec2.describe_image_attribute(ImageId=shared_image, Attribute="launchPermission"),
        lambda: ec2.describe_image_attribute(ImageId=shared_image, Attribute="description"),
        lambda: ec2.describe_image_attribute(ImageId=shared_image, Attribute="blockDeviceMapping"),
        lambda: ec2.modify_image_attribute(
            ImageId=shared_image, LaunchPermission={"Add": [{"UserId": ACCOUNT}]}
        ),
        lambda: ec2.modify_image_attribute(ImageId=shared_image, Description={"Value": "mine"}),
        lambda: ec2.reset_image_attribute(ImageId=shared_image, Attribute="launchPermission"),
    ):
        with refused("AuthFailure"):
            call()
    assert permissions(owner, shared_image) == before


def test_a_recipient_gives_up_what_was_shared_with_him(owner, recipient, shared_image):
    answer = recipient.query("CancelImageLaunchPermission", ImageId=shared_image)
    assert answer.xml.findtext("return") == "true"
    assert permissions(owner, shared_image) == set()
    with refused("InvalidAMIID.NotFound"):
        disks.describe_image(recipient, shared_image)
    with refused("InvalidAMIID.NotFound"):
        recipient.ec2().cancel_image_launch_permission(ImageId=shared_image)


@pytest.mark.parametrize("who", ["recipient", "owner"])
def test_only_a_share_by_name_is_given_up(owner, image, who, request):
    modify(owner, image, LaunchPermission={"Add": [{"Group": "all"}, {"OrganizationArn": ORGANIZATION}]})
    with refused("InvalidParameterValue", "InvalidRequest", "AuthFailure"):
        request.getfixturevalue(who).ec2().cancel_image_launch_permission(ImageId=image)
    assert len(permissions(owner, image)) == 2


def test_a_share_by_name_is_given_up_but_not_the_public_one(owner, recipient, shared_image):
    modify(owner, shared_image, LaunchPermission={"Add": [{"Group": "all"}]})
    recipient.ec2().cancel_image_launch_permission(ImageId=shared_image)
    assert permissions(owner, shared_image) == {(("Group", "all"),)}
    assert disks.describe_image(recipient, shared_image)["Public"] is True


def test_a_public_image_is_deprecated_two_years_after_its_creation(owner, image):
    assert "DeprecationTime" not in disks.describe_image(owner, image)
    modify(owner, image, LaunchPermission={"Add": [{"Group": "all"}]})
    found = disks.describe_image(owner, image)
    assert int(found["DeprecationTime"][:4]) == int(found["CreationDate"][:4]) + 2
    modify(owner, image, LaunchPermission={"Remove": [{"Group": "all"}]})
    assert disks.describe_image(owner, image)["DeprecationTime"] == found["DeprecationTime"]


def test_a_deregistered_image_is_not_shared(owner, image):
    owner.ec2().deregister_image(ImageId=image)
    with refused("InvalidAMIID.Unavailable", "InvalidAMIID.NotFound"):
        modify(owner, image, LaunchPermission={"Add": [{"UserId": ACCOUNT}]})
