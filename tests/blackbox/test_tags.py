"""CreateTags, DeleteTags, DescribeTags."""
import pytest

import disks
from argosyd import refused

NO_IMAGE = "ami-0123456789abcdef0"


def tags_of(account, resource, **filters):
    given = [{"Name": "resource-id", "Values": [resource]}]
    given += [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    return {tag["Key"]: tag["Value"] for tag in account.ec2().describe_tags(Filters=given)["Tags"]}


def create(account, resources, **tags):
    account.ec2().create_tags(
        Resources=resources, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )


def test_tags_are_put_on_many_resources_at_once_and_overwritten_by_key(owner, image):
    snapshot = disks.upload(owner, {0: disks.block("tagged")})
    create(owner, [image, snapshot], a="1", b="2")
    create(owner, [image], b="3", c="")
    assert tags_of(owner, image) == {"a": "1", "b": "3", "c": ""}
    assert tags_of(owner, snapshot) == {"a": "1", "b": "2"}
    shown = disks.describe_snapshot(owner, snapshot)["Tags"]
    assert sorted((tag["Key"], tag["Value"]) for tag in shown) == [("a", "1"), ("b", "2")]


def test_a_tag_without_a_value_has_an_empty_one(owner, image):
    assert owner.query("CreateTags", ResourceId__1=image, Tag__1__Key="k").status == 200
    assert tags_of(owner, image) == {"k": ""}


def test_keys_and_values_are_case_sensitive_and_of_any_script(owner, image):
    create(owner, [image], key="v", Key="V", **{"ключ ☂": "значение 日本"})
    assert tags_of(owner, image) == {"key": "v", "Key": "V", "ключ ☂": "значение 日本"}


def test_the_longest_key_and_value_count_characters_not_bytes(owner, image):
    key, value = "☂" * 128, "ü" * 256
    create(owner, [image], **{key: value})
    assert tags_of(owner, image) == {key: value}


@pytest.mark.parametrize("key, value", [("x" * 129, ""), ("", "v"), ("k", "x" * 257), ("aws:mine", "v")])
def test_a_tag_outside_the_rule_is_refused(owner, image, key, value):
    answer = owner.query("CreateTags", ResourceId__1=image, Tag__1__Key=key, Tag__1__Value=value)
    assert answer.status == 400 and answer.code in ("InvalidParameterValue", "InvalidTagKey.Malformed")
    assert tags_of(owner, image) == {}


def test_a_resource_has_fifty_tags_and_no_more(owner, image):
    create(owner, [image], **{f"k{number}": "v" for number in range(50)})
    with refused("TagLimitExceeded"):
        create(owner, [image], one_more="v")
    create(owner, [image], k0="changed")
    assert len(tags_of(owner, image)) == 50 and tags_of(owner, image)["k0"] == "changed"


def test_the_limit_holds_for_each_account(owner, recipient, shared_image):
    create(owner, [shared_image], **{f"k{number}": "v" for number in range(50)})
    create(recipient, [shared_image], mine="v")
    assert tags_of(recipient, shared_image) == {"mine": "v"}


def test_one_bad_resource_or_tag_changes_nothing(owner, image):
    with refused("InvalidAMIID.NotFound"):
        create(owner, [image, NO_IMAGE], k="v")
    answer = owner.query("CreateTags", ResourceId__1=image, Tag__1__Key="good", Tag__2__Key="aws:bad")
    assert answer.status == 400
    assert tags_of(owner, image) == {}


@pytest.mark.parametrize(
    "resource, codes",
    [
        ("snap-0123456789abcdef0", ["InvalidSnapshot.NotFound"]),
        (NO_IMAGE, ["InvalidAMIID.NotFound"]),
        ("ami-nonsense", ["InvalidAMIID.Malformed", "InvalidID"]),
        ("nonsense", ["InvalidID"]),
        ("i-0123456789abcdef0", ["InvalidID", "InvalidInstanceID.NotFound"]),
    ],
)
@pytest.mark.parametrize("call", ["create_tags", "delete_tags"])
def test_what_does_not_exist_has_no_tags(owner, call, resource, codes):
    with refused(*codes):
        getattr(owner.ec2(), call)(Resources=[resource], Tags=[{"Key": "k", "Value": "v"}])


@pytest.mark.parametrize(
    "call, given",
    [
        ("CreateTags", {}),
        ("CreateTags", {"ResourceId__1": NO_IMAGE}),
        ("CreateTags", {"Tag__1__Key": "k"}),
        ("DeleteTags", {}),
    ],
)
def test_resources_and_tags_must_be_given(owner, call, given):
    answer = owner.query(call, **given)
    assert (answer.status, answer.code) == (400, "MissingParameter")


def test_a_call_names_a_thousand_resources_and_no_more(owner):
    with refused("InvalidParameterValue"):
        create(owner, [f"ami-{number:017x}" for number in range(1001)], k="v")


def delete(account, resource, *tags):
    return account.query(
        "DeleteTags",
        ResourceId__1=resource,
        **{
            f"Tag__{number}__{part}": text for number, tag in enumerate(tags, 1) for part, text in tag.items()
        },
    )


def test_a_tag_is_deleted_whatever_its_value_or_only_with_that_value(owner, image):
    create(owner, [image], a="1", b="2", c="", d="4")
    assert (
        delete(
            owner,
            image,
            {"Key": "a"},
            {"Key": "b", "Value": "other"},
            {"Key": "c", "Value": ""},
            {"Key": "d", "Value": ""},
        ).status
        == 200
    )
    assert tags_of(owner, image) == {"b": "2", "d": "4"}
    delete(owner, image, {"Key": "b", "Value": "2"}, {"Key": "not there"})
    assert tags_of(owner, image) == {"d": "4"}


def test_without_tags_all_of_the_callers_are_deleted_and_no_others(owner, recipient, shared_image):
    create(owner, [shared_image], a="1", b="2")
    create(recipient, [shared_image], mine="3")
    assert delete(owner, shared_image).status == 200
    assert tags_of(owner, shared_image) == {}
    assert tags_of(recipient, shared_image) == {"mine": "3"}


@pytest.mark.parametrize(
    "name, yes, no",
    [
        ("key", "col*", "size"),
        ("value", "r?d", "blue"),
        ("resource-type", "image", "snapshot"),
        ("tag:colour", "red", "blue"),
    ],
)
def test_a_filter_keeps_what_matches(owner, image, name, yes, no):
    create(owner, [image], colour="red")
    mine = {"Name": "resource-id", "Values": [image]}
    found = owner.ec2().describe_tags(Filters=[mine, {"Name": name, "Values": [yes]}])["Tags"]
    assert found == [{"Key": "colour", "Value": "red", "ResourceId": image, "ResourceType": "image"}]
    assert owner.ec2().describe_tags(Filters=[mine, {"Name": name, "Values": [no]}])["Tags"] == []


def test_an_unknown_filter_is_refused(owner):
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        owner.ec2().describe_tags(Filters=[{"Name": "colour", "Values": ["red"]}])


def test_tags_go_with_their_resource(owner, image):
    create(owner, [image], k="v")
    owner.ec2().deregister_image(ImageId=image)
    assert tags_of(owner, image) == {}


def test_tags_given_to_an_upload_are_there(owner):
    snapshot = disks.start(owner, Tags=[{"Key": "k", "Value": "v"}])
    assert tags_of(owner, snapshot, resource_type="snapshot") == {"k": "v"}
