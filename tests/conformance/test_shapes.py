"""The members that Argosy's messages have, compared with what AWS publishes.

members.json holds the names and types of AWS's models:
service -> operation -> request or response -> wire name -> type.
The program print_shapes prints the same of our structs. Debian's botocore is older than the table: what it
knows must be in our structs, what it does not know it cannot say.
"""
import json
import os
import pathlib
import subprocess

import botocore.loaders
import botocore.model
import pytest

HERE = pathlib.Path(__file__).parent
ARGOSYD = pathlib.Path(os.environ.get("ARGOSYD", HERE.parents[1] / "build/release/argosyd"))
PUBLISHED = json.loads((HERE / "members.json").read_text())
# What Argosy says of a snapshot beyond EC2: docs/extensions.md. A new snapshot has the same shape.
EXTENSION = {
    "copyBytesTotal": "integer",
    "copyBytesDone": "integer",
    "copyBytesMoved": "integer",
    "contentDigest": "string",
}
# Where Argosy leaves out what it has no such thing of: launch templates, spot, GPUs, network interfaces. The table
# tells nothing of what lies within that.
PARTIAL = {
    ("ec2", name)
    for name in (
        "CreateSnapshots",
        "CreateVolume",
        "DescribeInstanceAttribute",
        "DescribeInstanceStatus",
        "DescribeInstances",
        "DescribeVolumes",
        "ModifyInstanceAttribute",
        "RunInstances",
    )
}
# EBS direct describes only its JSON bodies: PutSnapshotBlock and GetSnapshotBlock have none.
OPERATIONS = [(service, name) for service in ("ec2", "ebs", "kms", "sts") for name in PUBLISHED[service]]


@pytest.fixture(scope="module")
def ours():
    shapes = json.loads(subprocess.check_output([ARGOSYD.parent / "tests/conformance/print_shapes"]))
    described = shapes["ec2"]["DescribeSnapshots"]["response"]["snapshotSet"][0]
    for snapshot in (described, shapes["ec2"]["CreateSnapshot"]["response"]):
        assert snapshot.pop("argosy") == EXTENSION
    return shapes


def test_the_same_operations_are_described_and_published(ours):
    assert {(service, name) for service in ours for name in ours[service]} == set(OPERATIONS)


@pytest.mark.parametrize("service, name", [one for one in OPERATIONS if one not in PARTIAL])
def test_a_message_has_exactly_the_published_members(ours, service, name):
    assert ours[service][name] == PUBLISHED[service][name]


def known_to_botocore(service, name):
    loader = botocore.loaders.Loader()
    model = botocore.model.ServiceModel(loader.load_service_model(service, "service-2"))
    return model.operation_model(name) if name in model.operation_names else None


def newer_than_botocore(service, name):
    """What Debian's botocore lacks; the SDK for JavaScript has it in the black-box tests."""
    return name in {"kms": ("ListKeyRotations", "RotateKeyOnDemand"), "ec2": ("DisableImage", "EnableImage")}.get(
        service, ()
    )


def wire_name(protocol, side, member, shape):
    """How botocore's serializers and parsers call a member."""
    name = shape.serialization.get("name", member)
    if protocol == "ec2" and side == "request":
        return shape.serialization.get("queryName", name[0].upper() + name[1:])
    return name


SCALARS = {"long": "integer"}


def type_of(protocol, side, shape):
    if shape.type_name == "structure":
        return {
            wire_name(protocol, side, member, part): type_of(protocol, side, part)
            for member, part in shape.members.items()
            if "location" not in part.serialization  # paths, queries and headers are no part of a body
        }
    if shape.type_name == "list":
        return [type_of(protocol, side, shape.member)]
    return SCALARS.get(shape.type_name, shape.type_name)


def missing(known, described, path):
    """What the one knows and the other does not have, or has as something else."""
    if isinstance(known, dict) and isinstance(described, dict):
        for name in known:
            yield from missing(known[name], described.get(name), f"{path}.{name}")
    elif isinstance(known, list) and isinstance(described, list):
        yield from missing(known[0], described[0], path + "[]")
    elif known != described:
        yield f"{path} is {known} here and {described} there"


@pytest.mark.parametrize("service, name", sorted(PARTIAL))
def test_a_message_that_leaves_members_out_has_none_that_are_not_published(ours, service, name):
    faults = list(missing(ours[service][name], PUBLISHED[service][name], name))
    assert not faults
    assert ours[service][name] != PUBLISHED[service][name], "it leaves nothing out"


@pytest.mark.parametrize(
    "service, name", [one for one in OPERATIONS if one not in PARTIAL and not newer_than_botocore(*one)]
)
def test_every_member_that_botocore_knows_is_described(ours, service, name):
    operation = known_to_botocore(service, name)
    assert operation, f"botocore does not know {name}"
    protocol = operation.service_model.metadata["protocol"]
    faults = []
    for side, shape in (("request", operation.input_shape), ("response", operation.output_shape)):
        if shape is not None and side in ours[service][name]:
            faults += missing(type_of(protocol, side, shape), ours[service][name][side], side)
    assert not faults
