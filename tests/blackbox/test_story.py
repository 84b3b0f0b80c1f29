"""The whole story, as ./quickstart tells it: an owner's disk boots in another region, as another account."""
import pathlib
import subprocess

import pytest

import argosy
import disks
import machines
from argosyd import refused

HERE, THERE = "us-east-1", "us-west-2"
TYPE = "t3.micro"
PROJECT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def copied(owner, tmp_path_factory):
    """The quickstart's disk, imported in one region and copied to the other."""
    disk = tmp_path_factory.mktemp("story") / "disk.raw"
    subprocess.run([PROJECT / "tools/make-disk", disk, "--version", "7"], check=True, capture_output=True)
    image = argosy.argosy(owner, "import", disk, "--name", disks.unique("story")).strip()
    return argosy.argosy(owner, "copy", f"{HERE}/{image}", "--to", THERE).split()[1]


def test_a_recipient_boots_a_copied_image_until_it_is_taken_back(owner, recipient, copied):
    with refused("InvalidAMIID.NotFound"):
        machines.run(recipient, copied, THERE, InstanceType=TYPE)
    disks.share_image(owner, copied, recipient, region=THERE)
    with machines.running(recipient, copied, THERE, InstanceType=TYPE) as instance:
        console = machines.await_console(recipient, instance, "argosy.version=7", THERE)
        assert "kernel " in console
        stopped = machines.await_state(recipient, instance, "stopped", THERE)  # it powers off by itself
        assert stopped["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
        owner.ec2(THERE).modify_image_attribute(
            ImageId=copied, LaunchPermission={"Remove": [{"UserId": recipient.id}]}
        )
        with refused("InvalidAMIID.NotFound"):
            machines.run(recipient, copied, THERE, InstanceType=TYPE)
        # What was started before is his.
        recipient.ec2(THERE).start_instances(InstanceIds=[instance])
        machines.await_state(recipient, instance, "running", THERE)
