"""The EC2, STS and EBS direct protocols as they are on the wire: requests, answers, errors, dry runs."""
import json
import re

import pytest

import argosyd
import disks
import sigv4

UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NO_IMAGE = "ami-0123456789abcdef0"
NO_SNAPSHOT = "snap-0123456789abcdef0"

# Every EC2 operation with parameters of good syntax that name nothing.
OPERATIONS = {
    "RegisterImage": {
        "Name": "dry",
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMapping__1__DeviceName": "/dev/xvda",
        "BlockDeviceMapping__1__Ebs__SnapshotId": NO_SNAPSHOT,
    },
    "DescribeImages": {},
    "CopyImage": {"Name": "dry", "SourceImageId": NO_IMAGE, "SourceRegion": "us-west-2"},
    "DeregisterImage": {"ImageId": NO_IMAGE},
    "ModifyImageAttribute": {"ImageId": NO_IMAGE, "LaunchPermission__Add__1__Group": "all"},
    "DescribeImageAttribute": {"ImageId": NO_IMAGE, "Attribute": "description"},
    "ResetImageAttribute": {"ImageId": NO_IMAGE, "Attribute": "launchPermission"},
    "CancelImageLaunchPermission": {"ImageId": NO_IMAGE},
    "CopySnapshot": {"SourceSnapshotId": NO_SNAPSHOT, "SourceRegion": "us-west-2"},
    "DescribeSnapshots": {},
    "ModifySnapshotAttribute": {"SnapshotId": NO_SNAPSHOT, "CreateVolumePermission__Add__1__Group": "all"},
    "DescribeSnapshotAttribute": {"SnapshotId": NO_SNAPSHOT, "Attribute": "createVolumePermission"},
    "ResetSnapshotAttribute": {"SnapshotId": NO_SNAPSHOT, "Attribute": "createVolumePermission"},
    "DeleteSnapshot": {"SnapshotId": NO_SNAPSHOT},
    "CreateTags": {"ResourceId__1": NO_IMAGE, "Tag__1__Key": "dry"},
    "DeleteTags": {"ResourceId__1": NO_IMAGE},
    "DescribeTags": {},
    "DescribeRegions": {},
    "DescribeAvailabilityZones": {},
}
REQUIRED = [
    ("RegisterImage", "Name"),
    ("CopyImage", "Name"),
    ("CopyImage", "SourceImageId"),
    ("CopyImage", "SourceRegion"),
    ("DeregisterImage", "ImageId"),
    ("ModifyImageAttribute", "ImageId"),
    ("CancelImageLaunchPermission", "ImageId"),
    ("DescribeImageAttribute", "ImageId"),
    ("DescribeImageAttribute", "Attribute"),
    ("ResetImageAttribute", "ImageId"),
    ("ResetImageAttribute", "Attribute"),
    ("CopySnapshot", "SourceSnapshotId"),
    ("CopySnapshot", "SourceRegion"),
    ("DeleteSnapshot", "SnapshotId"),
    ("ModifySnapshotAttribute", "SnapshotId"),
    ("DescribeSnapshotAttribute", "SnapshotId"),
    ("DescribeSnapshotAttribute", "Attribute"),
    ("ResetSnapshotAttribute", "SnapshotId"),
    ("ResetSnapshotAttribute", "Attribute"),
]


def test_a_good_answer_has_the_envelope_of_ec2(owner):
    answer = owner.query("DescribeRegions")
    assert answer.status == 200
    assert answer.headers["Content-Type"].replace(" ", "").lower() == "text/xml;charset=utf-8"
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert b'<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">' in answer.body
    first = answer.xml[0]
    assert first.tag == "requestId" and re.fullmatch(UUID, first.text)
    assert answer.headers["x-amzn-requestid"] == first.text


def test_an_error_has_the_envelope_of_ec2(owner):
    answer = owner.query("DescribeImages", ImageId__1=NO_IMAGE)
    assert answer.status == 400
    assert "xmlns" not in answer.body.decode()
    root = answer.xml
    assert root.tag == "Response"
    assert [element.tag for element in root] == ["Errors", "RequestID"]
    assert [element.tag for element in root[0][0]] == ["Code", "Message"]
    assert answer.code == "InvalidAMIID.NotFound"
    assert answer.message == f"The image id '[{NO_IMAGE}]' does not exist"
    assert re.fullmatch(UUID, root.find("RequestID").text)


def test_every_answer_has_a_request_id_of_its_own(owner):
    ids = {owner.query("DescribeRegions").xml.find("requestId").text for _ in range(5)}
    assert len(ids) == 5


def test_a_request_may_be_a_get_with_the_same_pairs(owner):
    pairs = [("Action", "DescribeRegions"), ("Version", "2016-11-15"), ("RegionName.1", "eu-west-1")]
    request = sigv4.sign(owner, sigv4.Request("GET", "/", sigv4.form(pairs)))
    answer = sigv4.send(owner.server, request)
    assert [element.text for element in answer.xml.iter("regionName")] == ["eu-west-1"]


def test_a_request_without_an_action_is_refused(owner):
    answer = sigv4.post_form(owner, [("Version", "2016-11-15")])
    assert (answer.status, answer.code) == (400, "MissingAction")


def test_an_unknown_action_is_refused(owner):
    answer = owner.query("LaunchRocket")
    assert (answer.status, answer.code) == (400, "InvalidAction")
    assert answer.message == "The action LaunchRocket is not valid for this web service."


def test_a_missing_version_is_accepted_and_an_unknown_one_refused(owner):
    assert sigv4.post_form(owner, [("Action", "DescribeRegions")]).status == 200
    answer = sigv4.post_form(owner, [("Action", "DescribeRegions"), ("Version", "1999-01-01")])
    assert answer.status == 400 and answer.code in ("NoSuchVersion", "InvalidAction")


@pytest.mark.parametrize(
    "name", ["Colour", "ImageId__1__Colour", "Filter__1__Colour", "Filter__Name", "ImageId__0"]
)
def test_an_unknown_parameter_is_refused_by_its_name(owner, name):
    answer = owner.query("DescribeImages", **{name: "x"})
    assert (answer.status, answer.code) == (400, "UnknownParameter")
    assert answer.message == f"The parameter {name.replace('__', '.')} is not recognized"


@pytest.mark.parametrize("action, parameter", REQUIRED)
def test_a_missing_parameter_is_named(owner, action, parameter):
    given = {name: value for name, value in OPERATIONS[action].items() if name != parameter}
    answer = owner.query(action, **given)
    assert (answer.status, answer.code) == (400, "MissingParameter")
    assert answer.message == f"The request must contain the parameter {parameter}"


@pytest.mark.parametrize(
    "value, status", [("TRUE", 412), ("true", 412), ("True", 412), ("FALSE", 200), ("false", 200)]
)
def test_a_boolean_may_be_of_any_case(owner, value, status):
    assert owner.query("DescribeRegions", DryRun=value).status == status


@pytest.mark.parametrize(
    "parameter, value",
    [
        ("DryRun", "perhaps"),
        ("DryRun", ""),
        ("MaxResults", "many"),
        ("MaxResults", "12x"),
        ("MaxResults", "9999999999999"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(owner, parameter, value):
    assert owner.query("DescribeImages", **{parameter: value}).code == "InvalidParameterValue"


def test_list_items_are_taken_in_numerical_order_and_gaps_are_tolerated(owner):
    answer = owner.query("DescribeImages", ImageId__10=NO_IMAGE[:-1] + "a", ImageId__9=NO_IMAGE[:-1] + "9")
    assert answer.message == f"The image ids '[{NO_IMAGE[:-1]}9, {NO_IMAGE[:-1]}a]' do not exist"


@pytest.mark.parametrize(
    "action, parameters",
    [
        ("ModifyImageAttribute", {"Description__Value": "new"}),
        ("ResetImageAttribute", {"Attribute": "launchPermission"}),
        ("CreateTags", {"Tag__1__Key": "k"}),
        ("DeleteTags", {}),
        ("DeregisterImage", {}),
    ],
)
def test_what_has_nothing_to_say_returns_true(owner, image, action, parameters):
    name = "ResourceId__1" if action.endswith("Tags") else "ImageId"
    answer = owner.query(action, **{name: image}, **parameters)
    assert answer.status == 200
    assert [(element.tag, element.text) for element in answer.xml][1:] == [("return", "true")]


def test_an_empty_result_has_its_list_and_absent_values_have_no_element(owner, image):
    empty = owner.query("DescribeImages", Filter__1__Name="name", Filter__1__Value__1="none-of-that-name").xml
    assert [element.tag for element in empty] == ["requestId", "imagesSet"] and len(empty[1]) == 0
    item = owner.query("DescribeImages", ImageId__1=image).xml.find("imagesSet/item")
    tags = {element.tag for element in item}
    assert not tags & {
        "description",
        "kernelId",
        "ramdiskId",
        "platform",
        "stateReason",
        "sourceImageId",
        "bootMode",
    }


def test_times_are_in_utc_with_milliseconds(owner, image, snapshot):
    shown = owner.query("DescribeImages", ImageId__1=image).xml.find(".//creationDate").text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown)
    shown = owner.query("DescribeSnapshots", SnapshotId__1=snapshot).xml.find(".//startTime").text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", shown)


@pytest.mark.parametrize(
    "text", ["a<b>&\"c'", "ünï ☂ 日本 🚢", "  spaces  ", "tab\tand\nline", "%41+%20", "]]>"]
)
def test_text_comes_back_as_it_was_given(owner, image, text):
    owner.ec2().modify_image_attribute(ImageId=image, Description={"Value": text})
    owner.ec2().create_tags(Resources=[image], Tags=[{"Key": "k" + text, "Value": text}])
    found = disks.describe_image(owner, image)
    assert found["Description"] == text
    assert found["Tags"] == [{"Key": "k" + text, "Value": text}]


@pytest.mark.parametrize("action", OPERATIONS)
def test_a_dry_run_of_an_allowed_call_ends_before_it_looks_at_what_exists(owner, action):
    answer = owner.query(action, DryRun="true", **OPERATIONS[action])
    assert (answer.status, answer.code) == (412, "DryRunOperation")
    assert answer.message == "Request would have succeeded, but DryRun flag is set."


def test_a_dry_run_with_bad_syntax_is_refused_for_the_syntax(owner):
    assert owner.query("DeregisterImage", ImageId="ami-xyz", DryRun="true").code == "InvalidAMIID.Malformed"
    answer = owner.query(
        "CopyImage", Name="x", SourceImageId=NO_IMAGE, SourceRegion="us-west-2", DryRun="true"
    )
    assert answer.code == "InvalidAMIName.Malformed"
    assert owner.query("DescribeImages", Nonsense="1", DryRun="true").code == "UnknownParameter"


def test_a_dry_run_changes_nothing(owner, image, snapshot):
    ec2 = owner.ec2()
    name = disks.unique("dry")
    before = disks.describe_image(owner, image)
    for call, arguments in [
        (ec2.deregister_image, {"ImageId": image}),
        (ec2.modify_image_attribute, {"ImageId": image, "LaunchPermission": {"Add": [{"Group": "all"}]}}),
        (ec2.create_tags, {"Resources": [image], "Tags": [{"Key": "dry", "Value": ""}]}),
        (ec2.delete_snapshot, {"SnapshotId": snapshot}),
        (
            ec2.register_image,
            {
                "Name": name,
                "RootDeviceName": "/dev/sda1",
                "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}],
            },
        ),
        (
            ec2.copy_image,
            {"Name": name, "SourceImageId": image, "SourceRegion": "us-east-1", "ClientToken": name},
        ),
    ]:
        with argosyd.refused("DryRunOperation"):
            call(DryRun=True, **arguments)
    assert disks.describe_image(owner, image) == before
    assert ec2.describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"] == []
    # Nor is the client token used up: with it another request is a first one.
    first = ec2.copy_image(Name=name + "-2", SourceImageId=image, SourceRegion="us-east-1", ClientToken=name)
    disks.await_image(owner, first["ImageId"])


def test_sts_says_who_the_caller_is_in_every_region(owner, recipient):
    for account in (owner, recipient):
        for region in argosyd.REGIONS:
            answer = account.sts(region).get_caller_identity()
            assert answer["Account"] == answer["UserId"] == account.id
            assert answer["Arn"] == f"arn:aws:iam::{account.id}:root"


def test_sts_has_envelopes_of_its_own(owner):
    answer = owner.query("GetCallerIdentity", service="sts")
    assert b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' in answer.body
    assert [element.tag for element in answer.xml] == ["GetCallerIdentityResult", "ResponseMetadata"]
    assert re.fullmatch(UUID, answer.xml.find("ResponseMetadata/RequestId").text)
    answer = owner.query("AssumeNobody", service="sts")
    assert (answer.status, answer.code) == (400, "InvalidAction")
    assert answer.xml.tag == "ErrorResponse" and answer.xml.find("Error/Type").text == "Sender"
    assert re.fullmatch(UUID, answer.xml.find("RequestId").text)


def test_an_error_of_ebs_direct_is_json_with_its_type_in_a_header(owner):
    request = sigv4.Request("GET", f"/snapshots/{NO_SNAPSHOT}/blocks")
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert answer.status == 404
    assert answer.code == "ResourceNotFoundException"
    assert answer.headers["Content-Type"].startswith("application/json")
    body = json.loads(answer.body)
    assert body["Reason"] == "SNAPSHOT_NOT_FOUND" and NO_SNAPSHOT in body["Message"]


@pytest.mark.parametrize(
    "method, path",
    [("GET", "/snapshots"), ("DELETE", "/snapshots/snap-1/blocks"), ("GET", "/snapshots/a/b/c/d")],
)
def test_a_path_that_ebs_direct_does_not_have_is_refused(owner, method, path):
    answer = sigv4.send(owner.server, sigv4.sign(owner, sigv4.Request(method, path), service="ebs"))
    assert 400 <= answer.status < 500 and answer.code == "UnknownOperationException"


@pytest.mark.parametrize("body", [b"Action=DescribeImages&Name=%", b"Action=%zz", b"Action=%ff%fe"])
def test_a_form_that_cannot_be_decoded_is_refused(owner, body):
    request = sigv4.Request(headers=[("Content-Type", sigv4.FORM)], body=body)
    answer = sigv4.send(owner.server, sigv4.sign(owner, request))
    assert (answer.status, answer.code) == (400, "MalformedQueryString")
