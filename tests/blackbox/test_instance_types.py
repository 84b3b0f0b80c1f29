"""DescribeInstanceTypes."""
import pytest

from argosyd import refused

NO_TYPE = "t3.tiny"


def names(answer):
    return [entry["InstanceType"] for entry in answer["InstanceTypes"]]


def described(account, name, value):
    return names(account.ec2().describe_instance_types(Filters=[{"Name": name, "Values": [value]}]))


def test_a_type_tells_what_a_machine_of_it_has(client, owner):
    found = client.call(owner, "ec2", "DescribeInstanceTypes", InstanceTypes=["t3.micro"])["InstanceTypes"]
    assert len(found) == 1
    (type,) = found
    assert type["VCpuInfo"]["DefaultVCpus"] == 2 and type["MemoryInfo"]["SizeInMiB"] == 1024
    assert type["VCpuInfo"]["DefaultCores"] * type["VCpuInfo"]["DefaultThreadsPerCore"] == 2
    assert sorted(type["ProcessorInfo"]["SupportedArchitectures"]) == ["i386", "x86_64"]
    assert sorted(type["SupportedBootModes"]) == ["legacy-bios", "uefi"]
    assert type["SupportedRootDeviceTypes"] == ["ebs"] and type["SupportedVirtualizationTypes"] == ["hvm"]
    assert type["CurrentGeneration"] is True and type["BareMetal"] is False
    assert type["NetworkInfo"]["MaximumNetworkInterfaces"] == 1


def test_every_type_is_listed_once_and_the_same_in_every_region(owner):
    found = names(owner.ec2().describe_instance_types())
    assert {"t2.micro", "t3.nano", "t3.micro", "t3.large", "m5.large", "c5.large"} <= set(found)
    assert len(found) == len(set(found))
    assert names(owner.ec2("us-west-2").describe_instance_types()) == found


@pytest.mark.parametrize(
    "name, value, found, missing",
    [
        ("instance-type", "t3.*", "t3.nano", "t2.nano"),
        ("memory-info.size-in-mib", "512", "t3.nano", "t3.micro"),
        ("vcpu-info.default-vcpus", "1", "t2.micro", "t3.micro"),
        ("burstable-performance-supported", "true", "t3.micro", "m5.large"),
        ("current-generation", "false", "m1.small", "m5.large"),
        ("processor-info.supported-architecture", "x86_64", "t3.micro", NO_TYPE),
        ("supported-boot-mode", "uefi", "c5.large", NO_TYPE),
    ],
)
def test_a_filter_keeps_what_matches(owner, name, value, found, missing):
    kept = described(owner, name, value)
    assert found in kept and missing not in kept


def test_no_type_is_of_another_architecture(owner):
    assert described(owner, "processor-info.supported-architecture", "arm64") == []


def test_pages_follow_each_other(owner):
    every, page, token = names(owner.ec2().describe_instance_types()), [], ""
    while True:
        answer = owner.ec2().describe_instance_types(MaxResults=5, **({"NextToken": token} if token else {}))
        assert len(answer["InstanceTypes"]) <= 5
        page += names(answer)
        token = answer.get("NextToken")
        if not token:
            break
    assert page == every


def test_what_is_no_type_filter_or_page_is_refused(owner):
    ec2 = owner.ec2()
    with refused("InvalidInstanceType"):
        ec2.describe_instance_types(InstanceTypes=["t3.micro", NO_TYPE])
    with refused("InvalidParameterValue", message="The filter 'colour' is invalid"):
        described(owner, "colour", "red")
    with refused("InvalidParameterCombination"):
        ec2.describe_instance_types(InstanceTypes=["t3.micro"], MaxResults=5)
    with refused("InvalidParameterValue"):
        ec2.describe_instance_types(MaxResults=101)
    with refused("InvalidNextToken"):
        ec2.describe_instance_types(MaxResults=5, NextToken="nonsense")
    with refused("FilterLimitExceeded"):
        ec2.describe_instance_types(Filters=[{"Name": "instance-type", "Values": ["x"] * 201}])
    with refused("DryRunOperation"):
        ec2.describe_instance_types(DryRun=True)
