"""packer build, with the template that docs/packer.md shows."""
import pathlib
import re
import subprocess

import pytest

import argosy
import cloud
import disks
import machines

ELSEWHERE = "us-west-2"
PAGE = pathlib.Path(__file__).parents[2] / "docs/packer.md"
FIRST_PARTITION_BYTES = 65 << 20  # where tools/make-cloud-disk puts the root


@pytest.fixture
def source(owner, tmp_path):
    disk = cloud.make_disk(tmp_path / "disk.raw")
    image = argosy.argosy(owner, "import", disk, "--name", disks.unique("debian")).strip()
    disk.unlink()
    return image


def packer(account, folder, **variables):
    """What it says, if it succeeds."""
    template = folder / "build.json"
    (text,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    template.write_text(text)
    environment = account.environment() | {
        "HOME": str(folder),
        "AWS_ENDPOINT_URL": account.server.endpoint,
        "AWS_POLL_DELAY_SECONDS": "1",
        "AWS_MAX_ATTEMPTS": str(cloud.BOOT_PATIENCE_S),
        "CHECKPOINT_DISABLE": "1",  # it would ask its vendor for news
    }
    done = subprocess.run(
        ["packer", "build", "-color=false", *(f"-var={key}={value}" for key, value in variables.items()), template],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=3 * cloud.BOOT_PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def read_note(account, image, folder):
    """The file that the build wrote, out of the image's disk."""
    disk = folder / "exported.raw"
    argosy.argosy(account, "export", f"{ELSEWHERE}/{image}", disk)
    read = ["/sbin/debugfs", "-R", "cat /srv/note", f"{disk}?offset={FIRST_PARTITION_BYTES}"]
    return subprocess.run(read, capture_output=True, text=True, check=True).stdout


def test_packer_builds_an_image_copies_it_to_another_region_and_shares_it(owner, recipient, source, tmp_path):
    said = packer(owner, tmp_path, source=source, name=disks.unique("packed"), recipient=recipient.id)
    made = dict(re.findall(r"^([a-z0-9-]+): (ami-[0-9a-f]+)$", said, re.MULTILINE))
    assert set(made) == {machines.HERE, ELSEWHERE}

    for region, image in made.items():
        found = disks.describe_image(recipient, image, region)  # whom it was shared with
        assert found["OwnerId"] == owner.id
        assert {"Key": "made-by", "Value": "packer"} in disks.describe_image(owner, image, region)["Tags"]
    assert read_note(owner, made[ELSEWHERE], tmp_path) == "made by packer\n"

    (parent,) = disks.snapshots_of(disks.describe_image(owner, source))
    (child,) = disks.snapshots_of(disks.describe_image(owner, made[machines.HERE]))
    assert disks.describe_snapshot(owner, child)["VolumeSize"] == disks.describe_snapshot(owner, parent)["VolumeSize"]

    # Nothing of the build is left.
    builders = owner.ec2().describe_instances(Filters=[{"Name": "tag:Name", "Values": ["Packer Builder"]}])
    states = [each["State"]["Name"] for one in builders["Reservations"] for each in one["Instances"]]
    assert set(states) == {"terminated"}
    assert not [key for key in owner.ec2().describe_key_pairs()["KeyPairs"] if key["KeyName"].startswith("packer")]
