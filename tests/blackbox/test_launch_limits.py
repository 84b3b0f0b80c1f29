"""How many machines there may be: of an account in a region, and of the host in all regions together."""
import concurrent.futures
import threading

import pytest
from botocore.exceptions import ClientError

import argosyd
import disks
import guests
import machines
from argosyd import refused

SMALL, WIDE, LARGE = "t2.nano", "t3.nano", "t2.small"  # 1 vCPU and 512 MiB; 2 and 512; 1 and 2048


def start(tmp_path_factory, name, configuration):
    return argosyd.configured(tmp_path_factory.mktemp(name), configuration, regions=["us-east-1", "us-west-2"])


@pytest.fixture(scope="module")
def of_accounts(tmp_path_factory):
    server = start(
        tmp_path_factory,
        "accounts",
        """
machines: {count: 20, vcpus: 40, memory_mib: 40960}
account_limits: {instances: 3, vcpus: 3, memory_mib: 2048, volumes: 4}
""",
    )
    yield server
    server.stop()


@pytest.fixture(scope="module")
def of_the_host(tmp_path_factory):
    server = start(tmp_path_factory, "host", "machines: {count: 3, vcpus: 2, memory_mib: 2600}\n")
    yield server
    server.stop()


class Launcher:
    """An account with an image in both regions; what it starts ends with the test."""

    def __init__(self, server):
        self.account = server.new_account(disks.unique("launcher"))
        self.images = {
            region: disks.register(self.account, self.upload(region), region=region)
            for region in ("us-east-1", "us-west-2")
        }
        self.started = []

    def upload(self, region):
        return disks.upload(self.account, guests.blocks(), region=region)

    def run(self, most=1, least=1, type=SMALL, region="us-east-1", **given):
        """The ids of what started."""
        wish = {"InstanceType": type, "MinCount": least, "MaxCount": most, **given}
        ids = [one["InstanceId"] for one in machines.run(self.account, self.images[region], region, **wish)]
        self.started += [(region, one) for one in ids]
        return ids

    def count(self, region="us-east-1"):
        found = self.account.ec2(region).describe_instances()["Reservations"]
        return sum(one["State"]["Name"] != "terminated" for each in found for one in each["Instances"])

    def end(self):
        for region, instance in self.started:
            machines.terminate(self.account, instance, region=region)
        self.started.clear()


@pytest.fixture
def launchers():
    made = []

    def make(server):
        made.append(Launcher(server))
        return made[-1]

    yield make
    for launcher in made:
        launcher.end()


def names(caught, *words):
    message = caught.value.response["Error"]["Message"]
    assert all(word in message for word in words), message


def test_as_many_start_as_the_account_may_have(of_accounts, launchers):
    one, other = launchers(of_accounts), launchers(of_accounts)
    with refused("InstanceLimitExceeded") as caught:
        one.run(most=9, least=4)
    names(caught, "limit of 3 instances", "account_limits.instances")
    assert one.count() == 0
    assert len(one.run(most=9)) == 3
    with refused("InstanceLimitExceeded"):
        one.run()
    assert len(one.run(region="us-west-2")) == 1  # each region has its own
    assert len(other.run()) == 1  # and each account
    one.account.ec2().stop_instances(InstanceIds=[one.started[0][1]], Force=True)
    machines.await_state(one.account, one.started[0][1], "stopped")
    with refused("InstanceLimitExceeded"):  # a stopped one is one
        one.run()
    one.end()
    assert len(one.run()) == 1


def test_processors_and_memory_of_those_that_run_are_limited(of_accounts, launchers):
    launcher = launchers(of_accounts)
    (first,) = launcher.run(most=2, type=WIDE)
    with refused("VcpuLimitExceeded") as caught:
        launcher.run(type=WIDE)
    names(caught, "3 vCPUs", "2048 MiB", "account_limits.vcpus")
    with refused("VcpuLimitExceeded"):
        launcher.run(type=LARGE)
    ec2 = launcher.account.ec2()
    ec2.stop_instances(InstanceIds=[first], Force=True)
    machines.await_state(launcher.account, first, "stopped")
    (second,) = launcher.run(type=LARGE)
    with refused("VcpuLimitExceeded"):
        ec2.start_instances(InstanceIds=[first])
    assert machines.describe(launcher.account, first)["State"]["Name"] == "stopped"
    machines.terminate(launcher.account, second)
    ec2.start_instances(InstanceIds=[first])
    machines.await_state(launcher.account, first, "running")


def test_volumes_are_limited_and_what_has_not_all_of_its_own_does_not_start(of_accounts, launchers):
    launcher = launchers(of_accounts)
    ec2 = launcher.account.ec2()
    volumes = [ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"] for _ in range(3)]
    more = [{"DeviceName": "/dev/sdf", "Ebs": {"VolumeSize": 1, "DeleteOnTermination": True}}]
    with refused("VolumeLimitExceeded") as caught:
        launcher.run(BlockDeviceMappings=more)
    names(caught, "limit of 4 volumes", "account_limits.volumes")
    assert launcher.count() == 0
    launcher.run()
    with refused("VolumeLimitExceeded"):
        ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)
    for volume in volumes:
        ec2.delete_volume(VolumeId=volume)
    ec2.delete_volume(VolumeId=ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"])


def test_a_host_that_is_full_starts_nothing_more_whoever_asks_and_in_whatever_region(of_the_host, launchers):
    one, other = launchers(of_the_host), launchers(of_the_host)
    with refused("InsufficientInstanceCapacity") as caught:
        one.run(most=3, least=3)
    names(caught, "no room for 3", SMALL)
    assert one.count() == 0
    assert len(one.run(most=3, least=2)) == 2
    for region in one.images:
        with refused("InsufficientInstanceCapacity"):
            other.run(region=region)
    one.account.ec2().stop_instances(InstanceIds=[one.started[0][1]], Force=True)
    machines.await_state(one.account, one.started[0][1], "stopped")
    assert len(other.run(region="us-west-2")) == 1  # a stopped one takes no processor
    with refused("InsufficientInstanceCapacity"):
        one.account.ec2().start_instances(InstanceIds=[one.started[0][1]])
    one.account.ec2().stop_instances(InstanceIds=[one.started[1][1]], Force=True)
    machines.await_state(one.account, one.started[1][1], "stopped")
    assert len(other.run()) == 1  # nor a place


def test_two_regions_at_once_take_no_more_than_the_host_has(of_the_host, launchers):
    launcher = launchers(of_the_host)

    def run(region, at_once):
        at_once.wait()
        try:
            return len(launcher.run(most=2, least=2, region=region))
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InsufficientInstanceCapacity", error
            return 0

    for _ in range(5):
        at_once = threading.Barrier(len(launcher.images))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            started = pool.map(run, launcher.images, [at_once] * len(launcher.images))
            assert sorted(started) == [0, 2]
        launcher.end()


def test_the_hosts_processors_and_memory_are_limited(of_the_host, launchers):
    launcher = launchers(of_the_host)
    assert len(launcher.run(most=2, type=WIDE)) == 1
    with refused("InsufficientInstanceCapacity"):
        launcher.run(type=LARGE)
    launcher.end()
    assert len(launcher.run(type=LARGE)) == 1
    with refused("InsufficientInstanceCapacity"):
        launcher.run()


def test_what_the_host_could_never_run_is_told_which_setting_keeps_it(of_the_host, launchers):
    launcher = launchers(of_the_host)
    for type, needed, setting in (
        ("t2.medium", "4376 MiB", "machines.memory_mib"),
        ("c5.xlarge", "4 vCPUs", "machines.vcpus"),
    ):
        with refused("InsufficientInstanceCapacity") as caught:
            launcher.run(type=type)
        names(caught, type, needed, setting)
