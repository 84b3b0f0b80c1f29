"""What the disk under argosyd may do to it: a lost index, a torn pack, damaged bytes."""
import contextlib
import os

import pytest

import disks
from argosyd import refused
from disks import block


@pytest.fixture
def owner(own_server):
    return own_server.accounts["owner"]


@pytest.fixture
def blocks(owner):
    return {index: block(f"stored {index}") for index in range(5)}


@pytest.fixture
def snapshot(owner, blocks):
    return disks.upload(owner, blocks)


@contextlib.contextmanager
def killed(server):
    """Between the server's death and its next start; gives the packs of us-east-1, the last written last."""
    server.kill()
    packs = (server.data_dir / "regions/us-east-1/packs").iterdir()
    yield sorted(packs, key=lambda pack: pack.stat().st_mtime_ns)
    server.start()


def test_an_index_that_is_lost_is_rebuilt_from_the_packs(own_server, owner, blocks, snapshot):
    upload = disks.start(owner, ParentSnapshotId=snapshot)
    disks.put(owner, upload, 1, block("before"))
    with killed(own_server) as packs:
        for path in packs[0].parents[1].glob("index.db*"):
            path.unlink()
    assert disks.read(owner, snapshot) == blocks
    disks.put(owner, upload, 2, block("after"))
    disks.complete(owner, upload, 2)
    assert disks.read(owner, upload) == blocks | {1: block("before"), 2: block("after")}
    image = disks.register(owner, upload)
    new = owner.ec2("us-west-2").copy_image(Name="copy", SourceImageId=image, SourceRegion="us-east-1")[
        "ImageId"
    ]
    copied = disks.snapshots_of(disks.await_image(owner, new, "us-west-2"))[0]
    assert disks.read(owner, copied, "us-west-2") == disks.read(owner, upload)


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"torn" * 1000, b"\xff" * 3], ids=["zeros", "text", "ones"])
def test_a_torn_tail_is_cut_off(own_server, owner, blocks, snapshot, tail):
    with killed(own_server) as packs:
        for pack in packs:
            with pack.open("ab") as file:
                file.write(tail)
    assert disks.read(owner, snapshot) == blocks
    assert disks.read(
        owner, disks.upload(owner, {7: block("after")}, ParentSnapshotId=snapshot)
    ) == blocks | {7: block("after")}


def test_an_upload_that_lost_a_block_does_not_complete_with_what_was_acknowledged(own_server, owner):
    upload = disks.start(owner)
    for index in range(3):
        disks.put(owner, upload, index, block(index))
    with killed(own_server) as packs:
        os.truncate(
            packs[-1], packs[-1].stat().st_size - 1
        )  # the loss of power took the end of the last block
    with refused("ValidationException"):
        disks.complete(owner, upload, 3)


def test_a_damaged_block_is_never_served_and_heals_when_it_comes_again(own_server, owner, blocks, snapshot):
    tokens = disks.list_blocks(owner, snapshot)
    with killed(own_server) as packs:
        (pack,) = (pack for pack in packs if blocks[2][1000:1100] in pack.read_bytes())
        with pack.open("r+b") as file:
            file.seek(pack.read_bytes().index(blocks[2][1000:1100]))
            file.write(b"damaged")
    with refused("InternalServerException"):
        disks.read_block(owner, snapshot, 2, tokens[2])
    for index in (0, 1, 3, 4):
        assert disks.read_block(owner, snapshot, index, tokens[index]) == blocks[index]
    again = disks.upload(owner, {9: blocks[2]})
    assert disks.read(owner, again) == {9: blocks[2]}
    assert disks.read(owner, snapshot) == blocks
