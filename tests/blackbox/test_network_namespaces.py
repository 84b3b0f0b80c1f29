"""Three processes on hosts of their own, as far apart as one machine can put them. Needs root, iproute2."""
import ssl

import pytest

import disks
import encryption
import network
import partition as apart
from argosyd import wait_until


@pytest.fixture(scope="module")
def hosts():
    with network.Network(apart.REGION_OF) as made, made.entered():
        yield made


@pytest.fixture(scope="module")
def partition(hosts, tmp_path_factory):
    made = apart.Partition(tmp_path_factory.mktemp("hosts"), hosts.addresses, timeout_s=5)
    for name, process in made.processes.items():
        process.prefix = hosts.run_in(name)
    made.start()
    yield made
    for process in made.processes.values():
        assert process.process.poll() is None, process.log.read_text()[-2000:]
    made.stop()


@pytest.fixture(scope="module")
def account(partition):
    return partition.new_account("team")


def copy_image(account, image, source, destination):
    return account.ec2(destination).copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion=source
    )["ImageId"]


@pytest.mark.parametrize("upload", [disks.upload, encryption.upload], ids=["open", "encrypted"])
def test_an_image_goes_round_all_hosts_and_comes_back_the_same(account, upload):
    blocks = {0: disks.block("round 0"), 255: disks.block("round 255"), 256: disks.block("round 256")}
    image = disks.register(account["alpha"], upload(account["alpha"], blocks))
    way = [("alpha", "us-east-1"), ("beta", "us-west-2"), ("gamma", "eu-west-1"), ("alpha", "us-east-1")]
    for (_, source), (process, destination) in zip(way, way[1:]):
        image = copy_image(account[process], image, source, destination)
        snapshot = disks.snapshots_of(disks.await_image(account[process], image, destination))[0]
        assert disks.read(account[process], snapshot, destination) == blocks
        is_encrypted = encryption.key_of(account[process], snapshot, destination) is not None
        assert is_encrypted == (upload is encryption.upload)


def test_clients_find_every_host_over_tls(partition, account):
    found = account["beta"].ec2("us-west-2").describe_regions()["Regions"]
    assert {entry["RegionName"]: entry["Endpoint"] for entry in found} == {
        process.region: f"{process.address}:{apart.PUBLIC_PORT}" for process in partition.processes.values()
    }


def test_the_public_certificate_is_replaced_while_clients_come(partition, account):
    where = (partition.alpha.address, apart.PUBLIC_PORT)
    first = ssl.get_server_certificate(where)
    for suffix in ("pem", "key"):
        (partition.certificates / f"alpha.{suffix}").unlink()
    apart.certificate(
        "issue", "alpha", partition.alpha.address, "--directory", partition.certificates, "--days", "7"
    )
    wait_until(lambda: ssl.get_server_certificate(where) != first, "the new certificate is not served")
    assert account["alpha"].ec2().describe_regions()["Regions"]
    assert "alpha.pem: the certificate expires in" in partition.alpha.log.read_text()


def test_a_copy_goes_on_after_the_network_was_gone(hosts, account):
    blocks = disks.Incompressible(600, "gone")
    image = disks.register(account["alpha"], disks.upload(account["alpha"], blocks))
    copied = copy_image(account["beta"], image, "us-east-1", "us-west-2")
    snapshot = disks.snapshots_of(disks.describe_image(account["beta"], copied, "us-west-2"))[0]
    wait_until(
        lambda: disks.describe_snapshot(account["beta"], snapshot, "us-west-2")["Progress"] not in ("", "0%"),
        "the copy does not begin",
    )
    hosts.cut("alpha")

    def told():
        found = disks.describe_snapshot(account["beta"], snapshot, "us-west-2")
        return found["State"] == "completed" or "us-east-1" in found.get("StateMessage", "")

    wait_until(told, "nobody says what the copy waits for")
    hosts.join("alpha")
    disks.await_image(account["beta"], copied, "us-west-2")
    disks.verify(account["beta"], snapshot, blocks, "us-west-2")
