"""DescribeInstances and DescribeInstanceStatus: filters and pages; what changes an instance and in which states
it may."""
import pytest

import disks
import guests
import machines
from argosyd import refused

COUNT = 7
NO_INSTANCE = "i-0123456789abcdef0"


@pytest.fixture(scope="module")
def base(owner):
    return disks.upload(owner, guests.blocks())


@pytest.fixture(scope="module")
def image(owner, base):
    return disks.register(owner, base)


@pytest.fixture(scope="module")
def word():
    return disks.unique("listed")


@pytest.fixture(scope="module")
def ended(owner, image, word):
    """Instances that were terminated, the first pair of one reservation; they are shown for an hour."""
    ids = []
    wish = {"InstanceType": "t2.nano"}
    wish["TagSpecifications"] = [{"ResourceType": "instance", "Tags": [{"Key": "word", "Value": word}]}]
    for most in (2, *[1] * (COUNT - 2)):
        started = machines.run(owner, image, MinCount=most, MaxCount=most, **wish)
        new = [one["InstanceId"] for one in started]
        machines.terminate(owner, *new)
        ids += new
    return ids


@pytest.fixture(scope="module")
def alive(owner, image, word):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "word", "Value": word}]}]
    with machines.running(owner, image, TagSpecifications=tags, KeyName=new_pair(owner)) as instance:
        yield instance


def new_pair(account):
    return account.ec2().create_key_pair(KeyName=disks.unique("pair"), KeyType="ed25519")["KeyName"]


def filters(**wanted):
    return [{"Name": name.replace("__", ":").replace("_", "-"), "Values": [value]} for name, value in wanted.items()]


def ids_of(answer):
    return [one["InstanceId"] for each in answer["Reservations"] for one in each["Instances"]]


def test_instances_are_found_by_what_they_are(client, owner, image, word, ended, alive):
    def found(**wanted):
        answer = client.call(owner, "ec2", "DescribeInstances", Filters=filters(tag__word=word, **wanted))
        return set(ids_of(answer))

    described = machines.describe(owner, alive)
    assert found() == {*ended, alive} == found(image_id=image)
    assert found(instance_state_name="terminated") == found(instance_state_code="48") == set(ended)
    for wanted in (
        {"instance_state_name": "running"},
        {"instance_type": machines.TYPE},
        {"key_name": described["KeyName"]},
        {"private_ip_address": described["PrivateIpAddress"]},
        {"block_device_mapping.volume_id": machines.volume_of(owner, alive)},
        {"instance_id": alive},
        {"vpc_id": described["VpcId"]},
        {"subnet_id": described["SubnetId"]},
        {"instance.group_id": described["SecurityGroups"][0]["GroupId"]},
        {"private_dns_name": described["PrivateDnsName"]},
    ):
        assert found(**wanted) == {alive}, wanted
    assert found(availability_zone=described["Placement"]["AvailabilityZone"]) == {*ended, alive}
    assert not found(vpc_id="vpc-0123456789abcdef0")
    assert found(key_name="*") == {alive} and not found(**{"iam_instance_profile.arn": "*"})
    assert found(state_reason_code="Client.UserInitiatedShutdown") == set(ended)
    assert not found(architecture="arm64")
    with refused("InvalidParameterValue"):
        found(colour="red")


def test_instances_of_one_reservation_are_shown_together(client, owner, ended):
    answer = client.call(owner, "ec2", "DescribeInstances", InstanceIds=ended[:3])
    assert [len(each["Instances"]) for each in answer["Reservations"]] == [2, 1]
    assert {each["OwnerId"] for each in answer["Reservations"]} == {owner.id}
    assert sorted(one["AmiLaunchIndex"] for one in answer["Reservations"][0]["Instances"]) == [0, 1]


def test_instances_come_in_pages(owner, word, ended, alive):
    paginator = owner.ec2().get_paginator("describe_instances")
    given = {"Filters": filters(tag__word=word), "PaginationConfig": {"PageSize": 5}}
    pages = [ids_of(page) for page in paginator.paginate(**given)]
    assert len(pages[0]) == 5
    assert sorted(one for page in pages for one in page) == sorted([*ended, alive])
    with refused("InvalidParameterCombination"):
        owner.ec2().describe_instances(InstanceIds=[alive], MaxResults=5)
    with refused("InvalidParameterValue"):
        owner.ec2().describe_instances(MaxResults=4)
    with refused("InvalidParameterValue", "InvalidNextToken"):
        owner.ec2().describe_instances(MaxResults=5, NextToken="nonsense")


def test_the_status_of_those_that_run_is_told_and_of_all_if_one_asks(client, owner, ended, alive):
    def statuses(**given):
        answer = client.call(owner, "ec2", "DescribeInstanceStatus", **given)
        return {one["InstanceId"]: one["InstanceStatus"]["Status"] for one in answer["InstanceStatuses"]}

    assert statuses(InstanceIds=[alive, ended[0]]) == {alive: "ok"}
    assert statuses(InstanceIds=[alive, ended[0]], IncludeAllInstances=True) == {
        alive: "ok",
        ended[0]: "not-applicable",
    }


def test_the_status_is_a_filter_of_its_own(client, owner, ended, alive):
    def found(name, value):
        given = {"Filters": [{"Name": name, "Values": [value]}], "IncludeAllInstances": True}
        answer = client.call(owner, "ec2", "DescribeInstanceStatus", **given)["InstanceStatuses"]
        return {one["InstanceId"] for one in answer} & {*ended, alive}

    for kind in ("instance-status", "system-status"):
        assert found(f"{kind}.status", "ok") == found(f"{kind}.reachability", "passed") == {alive}
        assert found(f"{kind}.status", "not-applicable") == set(ended)
    assert found("event.code", "*") == set()
    assert found("availability-zone", "us-east-1a") == {*ended, alive}
    with refused("InvalidParameterValue"):
        found("image-id", "ami-0123456789abcdef0")


def test_that_only_those_that_run_are_told_takes_no_value_of_the_filters(client, owner, ended, alive):
    def statuses(values):
        given = {"Filters": [{"Name": "instance-state-name", "Values": values}]}
        answer = client.call(owner, "ec2", "DescribeInstanceStatus", **given)["InstanceStatuses"]
        return {one["InstanceId"] for one in answer}

    most = ["running", "terminated"] + [f"state {i}" for i in range(198)]
    found = statuses(most)
    assert alive in found and not found & set(ended)
    with refused("FilterLimitExceeded"):
        statuses([*most, "one more"])


def test_one_unknown_id_is_named_alone_and_several_together(client, owner, alive):
    with refused("InvalidInstanceID.NotFound", message=f"The instance ID '{NO_INSTANCE}' does not exist"):
        client.call(owner, "ec2", "DescribeInstances", InstanceIds=[alive, NO_INSTANCE])
    other = NO_INSTANCE.replace("0", "1")
    together = f"The instance IDs '{NO_INSTANCE}, {other}' do not exist"
    with refused("InvalidInstanceID.NotFound", message=together):
        client.call(owner, "ec2", "TerminateInstances", InstanceIds=[NO_INSTANCE, alive, other])


CHANGES = ("StartInstances", "StopInstances", "RebootInstances")


def test_a_terminated_instance_is_changed_no_more(client, owner, ended):
    for change in ("StartInstances", "StopInstances"):
        with refused("IncorrectInstanceState"):
            client.call(owner, "ec2", change, InstanceIds=ended[:1])
    client.call(owner, "ec2", "RebootInstances", InstanceIds=ended[:1])  # which is ignored
    again = client.call(owner, "ec2", "TerminateInstances", InstanceIds=ended[:1])["TerminatingInstances"][0]
    assert again["CurrentState"] == again["PreviousState"] == {"Code": 48, "Name": "terminated"}
    with refused("IncorrectState", "IncorrectInstanceState"):
        client.call(owner, "ec2", "CreateImage", InstanceId=ended[0], Name=disks.unique("image"))
    with refused("IncorrectState", "IncorrectInstanceState"):
        client.call(owner, "ec2", "CreateSnapshots", InstanceSpecification={"InstanceId": ended[0]})


def test_one_that_cannot_be_changed_keeps_the_others_as_they_are(client, owner, ended, alive):
    for change in ("StartInstances", "StopInstances"):
        with refused("IncorrectInstanceState"):
            client.call(owner, "ec2", change, InstanceIds=[alive, ended[0]])
    assert machines.describe(owner, alive)["State"]["Name"] == "running"


@pytest.mark.parametrize("change", [*CHANGES, "TerminateInstances"])
def test_a_dry_run_changes_nothing(client, owner, alive, change):
    with refused("DryRunOperation"):
        client.call(owner, "ec2", change, InstanceIds=[alive], DryRun=True)
    assert machines.describe(owner, alive)["State"]["Name"] == "running"


def test_a_running_instance_is_not_started_twice(client, owner, alive):
    (changed,) = client.call(owner, "ec2", "StartInstances", InstanceIds=[alive])["StartingInstances"]
    assert changed["CurrentState"]["Name"] == changed["PreviousState"]["Name"] == "running"


def test_a_stopped_instance_is_not_rebooted_and_takes_new_user_data(owner, image):
    ec2 = owner.ec2()
    with machines.running(owner, image, UserData="first") as instance:
        new = {"UserData": {"Value": b"second"}}
        with refused("IncorrectInstanceState"):
            ec2.modify_instance_attribute(InstanceId=instance, **new)
        ec2.stop_instances(InstanceIds=[instance], Force=True)
        machines.await_state(owner, instance, "stopped")
        (again,) = ec2.stop_instances(InstanceIds=[instance])["StoppingInstances"]
        assert again["CurrentState"]["Name"] == again["PreviousState"]["Name"] == "stopped"
        with refused("IncorrectInstanceState"):
            ec2.reboot_instances(InstanceIds=[instance])
        ec2.modify_instance_attribute(InstanceId=instance, **new)
        shown = ec2.describe_instance_attribute(InstanceId=instance, Attribute="userData")
        assert shown["UserData"]["Value"] == machines.user_data("second")
        with refused("InvalidParameterValue"):
            ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": b"x" * 16_385})


def test_a_protected_instance_is_not_stopped(client, owner, alive):
    ec2 = owner.ec2()
    given = {"InstanceId": alive, "Attribute": "disableApiStop"}
    ec2.modify_instance_attribute(InstanceId=alive, DisableApiStop={"Value": True})
    assert client.call(owner, "ec2", "DescribeInstanceAttribute", **given)["DisableApiStop"]["Value"] is True
    with refused("OperationNotPermitted"):
        client.call(owner, "ec2", "StopInstances", InstanceIds=[alive])
    ec2.modify_instance_attribute(InstanceId=alive, DisableApiStop={"Value": False})


def test_attributes_are_told_one_by_one(client, owner, alive):
    def told(attribute):
        return client.call(owner, "ec2", "DescribeInstanceAttribute", InstanceId=alive, Attribute=attribute)

    assert told("instanceType")["InstanceType"]["Value"] == machines.TYPE
    assert told("disableApiTermination")["DisableApiTermination"]["Value"] is False
    assert told("instanceInitiatedShutdownBehavior")["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"
    assert told("rootDeviceName")["RootDeviceName"]["Value"] == "/dev/xvda"
    assert told("blockDeviceMapping")["BlockDeviceMappings"][0]["DeviceName"] == "/dev/xvda"
    assert told("groupSet")["Groups"][0]["GroupId"].startswith("sg-")
    unknown = owner.query("DescribeInstanceAttribute", InstanceId=alive, Attribute="mood")
    assert unknown.code == "InvalidParameterValue"


def test_one_attribute_is_changed_by_a_call(owner, alive):
    def code(**given):
        return owner.query("ModifyInstanceAttribute", InstanceId=alive, **given).code

    assert code() == "MissingParameter"
    assert code(DisableApiStop__Value="true", DisableApiTermination__Value="true") == "InvalidParameterCombination"
    assert code(Attribute="disableApiStop", Value="perhaps") == "InvalidParameterValue"
    assert code(InstanceInitiatedShutdownBehavior__Value="sleep") == "InvalidParameterValue"
    assert code(Attribute="kernel", Value="aki-1") == "UnsupportedOperation"
