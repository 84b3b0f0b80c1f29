"""A disk that fills up while the server writes, and gets space again: refusals, then all goes on."""
import os
import subprocess

import botocore.exceptions
import pytest

import argosyd
import disks

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system of its own: needs root")


@pytest.fixture
def small(tmp_path):
    """A server whose data directory lies on a file system of 20 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", folder], check=True)
    server = argosyd.Server(folder / "data")
    server.log = tmp_path / "log"
    server.start()
    yield server
    if server.process.poll() is None:
        server.kill()
    subprocess.run(["umount", "-l", folder], check=True)


def make_space(server):
    subprocess.run(["mount", "-o", "remount,size=400m", server.data_dir.parent], check=True)


def put_until_full(owner, upload, blocks):
    """The blocks that were acknowledged."""
    for index in blocks:
        try:
            disks.put(owner, upload, index, blocks[index])
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "InternalServerException", error.response
            return index
    pytest.fail("the disk is never full")


def test_an_upload_goes_on_when_there_is_space_again(small):
    owner = small.accounts["owner"]
    kept = {0: disks.block("kept")}
    before = disks.upload(owner, kept)
    blocks = disks.Incompressible(60, "fills")
    upload = disks.start(owner)
    acknowledged = put_until_full(owner, upload, blocks)
    assert "No space left on device" in small.log.read_text()
    assert ".pack" in small.log.read_text() or ".db" in small.log.read_text()
    assert disks.read(owner, before) == kept, "what is there is served from a full disk"
    for _ in range(50):  # a client that does not give up leaves nothing behind
        put_until_full(owner, upload, {acknowledged: blocks[acknowledged]})
    packs = list((small.data_dir / "regions/us-east-1/packs").iterdir())
    assert len(packs) <= 4, packs
    make_space(small)
    for index in range(acknowledged, len(blocks)):
        disks.put(owner, upload, index, blocks[index])
    disks.complete(owner, upload, len(blocks))
    disks.verify(owner, upload, blocks)
    small.kill()
    small.start()
    disks.verify(owner, upload, blocks)


def test_a_copy_waits_for_space_and_goes_on(small):
    owner = small.accounts["owner"]
    blocks = disks.Incompressible(22, "copied")
    snapshot = disks.upload(owner, blocks)
    image = disks.register(owner, snapshot)
    west = owner.ec2("us-west-2")
    copy = west.copy_image(Name="copy", SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    argosyd.wait_until(lambda: "No space left on device" in small.log.read_text(), "the disk is never full")
    assert disks.describe_image(owner, copy, "us-west-2")["State"] == "pending"
    make_space(small)
    copied = disks.snapshots_of(disks.await_image(owner, copy, "us-west-2"))[0]
    disks.verify(owner, copied, blocks, "us-west-2")
