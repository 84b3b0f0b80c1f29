"""A disk of Debian with cloud-init, as clouds have it: user data, SSH, metadata, and an image of what became of it."""
import pytest

import argosy
import cloud
import disks
import machines

ELSEWHERE = "us-west-2"
CLOUD_CONFIG = """#cloud-config
write_files:
  - {path: /etc/motto, content: "from user data"}
runcmd:
  - echo "configured $(cat /run/cloud-init/.instance-id)" >/dev/ttyS0
"""
SCRIPT = """#!/bin/sh
echo "$(cat /srv/note) on $(cat /run/cloud-init/.instance-id)" >/dev/ttyS0
"""
METADATA = "http://169.254.169.254/latest/meta-data"
WITH_TOKEN = (
    "token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token); "
    "curl -sf -H \"X-aws-ec2-metadata-token: $token\" "
)
WITHOUT_TOKEN = "curl -s -o /dev/null -w '%{http_code}' "


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("cloud")


@pytest.fixture(scope="module")
def key(folder, owner):
    """The name of its pair is its file's."""
    key = cloud.make_key(folder / "key")
    owner.ec2().import_key_pair(KeyName=key.name, PublicKeyMaterial=key.with_suffix(".pub").read_bytes())
    return key


@pytest.fixture(scope="module")
def image(owner, folder):
    disk = cloud.make_disk(folder / "disk.raw")
    image = argosy.argosy(owner, "import", disk, "--name", disks.unique("debian")).strip()
    disk.unlink()
    return image


@pytest.fixture(scope="module")
def machine(owner, image, key):
    """One that has booted and done what its user data says."""
    with machines.running(
        owner,
        image,
        InstanceType=cloud.TYPE,
        KeyName=key.name,
        UserData=CLOUD_CONFIG,  # encoded by botocore
        MetadataOptions={"HttpTokens": "required"},
    ) as instance:
        machines.await_console(owner, instance, " finished at ", patience_s=cloud.BOOT_PATIENCE_S)
        yield instance


@pytest.fixture(scope="module")
def address(owner, machine, key):
    return cloud.await_ssh(owner, machine, key)


def test_cloud_init_takes_user_data_and_says_when_it_is_done(owner, machine):
    said = machines.console(owner, machine)
    assert f"configured {machine}" in said
    assert "Datasource DataSourceEc2Local" in said
    assert "Traceback" not in said and "WARNING" not in said


def test_it_answers_on_ssh_at_an_address_of_its_own(address, key):
    assert address.startswith("127.")
    assert cloud.ssh(address, key, "id -un; cat /etc/motto").split("\n") == [cloud.USER, "from user data"]


def test_argosy_connect_finds_it(owner, machine, address, key):
    process = argosy.start(
        owner, "connect", machine, "--", *cloud.ssh_options(key), "-l", cloud.USER, "systemctl is-system-running"
    )
    out, complaints = process.communicate(timeout=cloud.BOOT_PATIENCE_S)
    assert (out, process.returncode) == ("running\n", 0), complaints


def test_it_knows_who_it_is(owner, machine, address, key):
    shown = machines.describe(owner, machine)
    told = cloud.ssh(
        address,
        key,
        f"{WITH_TOKEN} {METADATA}/instance-id; echo; hostname --fqdn",
    )
    assert told.splitlines() == [machine, shown["PrivateDnsName"]]


def test_where_a_token_is_required_nothing_is_told_without(address, key):
    assert cloud.ssh(address, key, f"{WITHOUT_TOKEN} {METADATA}/instance-id") == "401"


def moved_bytes(account, image):
    """What a copy to another region took."""
    copy = account.ec2(ELSEWHERE).copy_image(
        SourceRegion=machines.HERE, SourceImageId=image, Name=disks.unique("copy")
    )["ImageId"]
    found = disks.await_image(account, copy, ELSEWHERE)
    (snapshot,) = disks.snapshots_of(found)
    return int(disks.extension(account, snapshot, ELSEWHERE)["copyBytesMoved"])


def changed_blocks(account, first, second):
    out, more = [], {}
    while True:
        page = account.ebs().list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second, **more)
        out += [block["BlockIndex"] for block in page["ChangedBlocks"]]
        if not page.get("NextToken"):
            return out
        more = {"NextToken": page["NextToken"]}


def test_an_image_of_it_holds_what_it_wrote_and_moves_nothing_else(owner, image, machine, address, key):
    cloud.ssh(address, key, "echo 'written by hand' | sudo tee /srv/note")
    made = owner.ec2().create_image(InstanceId=machine, Name=disks.unique("sibling"))["ImageId"]
    sibling = disks.await_image(owner, made)
    machines.terminate(owner, machine)  # the host is for its sibling now

    (parent,) = disks.snapshots_of(disks.describe_image(owner, image))
    (child,) = disks.snapshots_of(sibling)
    assert len(changed_blocks(owner, parent, child)) * 4 < len(disks.list_blocks(owner, child))
    assert moved_bytes(owner, image) > 4 * moved_bytes(owner, made)

    with machines.running(owner, made, InstanceType=cloud.TYPE, KeyName=key.name, UserData=SCRIPT) as other:
        machines.await_console(owner, other, f"written by hand on {other}", patience_s=cloud.BOOT_PATIENCE_S)
        address = cloud.await_ssh(owner, other, key)
        # Another host with another key, though at times at the same address; and its launch allows IMDSv1.
        assert cloud.ssh(address, key, f"curl -sf {METADATA}/instance-id") == other
