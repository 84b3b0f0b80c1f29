"""A page of a pack that the disk cannot read: it is told by the names of its images, everything else is served and saved,
and a region that has a copy brings it back."""
import shutil

import pytest

import argosyd
import disks
import packs
import test_backup

REGION = "us-east-1"
BLOCKS = {index: disks.block(f"on a bad disk {index}") for index in range(4)}
PAGE = 4096


@pytest.fixture
def own_server(tmp_path):
    server = argosyd.Server(tmp_path / "data").start()
    yield server
    if server.process.poll() is None:
        server.kill()


def spoil(server, library, record):
    """A page in the middle of a record, from the next start on."""
    server.stop()
    page = (record.payload_offset + record.payload_bytes // 2) // PAGE * PAGE
    server.prefix = [
        "env",
        f"LD_PRELOAD={library}",
        f"BAD_SECTOR_FILE=/data/regions/{REGION}/packs/{record.pack.name}",
        f"BAD_SECTOR_FROM={page}",
        f"BAD_SECTOR_TO={page + PAGE}",
    ]
    server.start()


def block_record(server):
    return next(r for pack in packs.of_region(server, REGION) for r in packs.records(pack) if r.kind == "block")


def test_a_page_that_cannot_be_read_is_named_and_brought_back_and_backups_go_on(own_server, bad_sector, tmp_path):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, BLOCKS)
    image = disks.register(owner, snapshot)
    copy = owner.ec2("us-west-2").copy_image(Name="copy", SourceImageId=image, SourceRegion=REGION)["ImageId"]
    disks.await_image(owner, copy, "us-west-2")
    spoil(own_server, bad_sector, block_record(own_server))
    disks.upload(owner, {0: disks.block("after it went bad")})

    # All but that page is saved, and the command says that something lacks.
    status, told = own_server.ask("backup", REGION, "--to", tmp_path / "backup")
    assert (status, len(told["damaged_packs"])) == (1, 1)
    assert disks.BLOCK_BYTES <= told["lost_bytes"] < 2 * disks.BLOCK_BYTES
    saved = tmp_path / "backup/regions" / REGION / "packs"
    for pack in packs.of_region(own_server, REGION):
        here, there = pack.read_bytes(), (saved / pack.name).read_bytes()  # the test can read the page
        differing = [at for at in range(0, len(here), PAGE) if here[at : at + PAGE] != there[at : at + PAGE]]
        assert len(differing) == (pack.name in told["damaged_packs"])
        assert all(there[at : at + PAGE] == bytes(PAGE) for at in differing)

    # A second backup does not take the copy with the zeros for a whole one.
    assert own_server.ask("backup", REGION, "--to", tmp_path / "backup")[0] == 1

    status, told = own_server.ask("scrub")
    assert (status, told["damaged_chunks"]) == (1, 1)
    assert [damaged["snapshot_id"] for damaged in told["damaged_snapshots"]] == [snapshot]
    with argosyd.refused("InternalServerException"):
        disks.read(owner, snapshot)
    status, told = own_server.ask("repair")
    assert status == 0, told
    assert disks.read(owner, snapshot) == BLOCKS
    assert own_server.ask("scrub")[0] == 0
    status, told = own_server.ask("backup", REGION, "--to", tmp_path / "backup")
    assert (status, told["damaged_packs"], told["lost_bytes"]) == (0, [], 0)


def test_what_cannot_be_read_any_more_stays_whole_in_a_backup(own_server, bad_sector, tmp_path):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, BLOCKS)
    assert own_server.ask("backup", REGION, "--to", tmp_path / "backup")[0] == 0
    spoil(own_server, bad_sector, block_record(own_server))
    later = disks.upload(owner, {0: disks.block("after it went bad")})
    for known in (False, True):
        if known:
            with argosyd.refused("InternalServerException"):
                disks.read(owner, snapshot)
        status, told = own_server.ask("backup", REGION, "--to", tmp_path / "backup")
        assert (status, told["damaged_packs"], told["lost_bytes"]) == (0, [], 0)
        with test_backup.restored(own_server, tmp_path / "backup") as (_, accounts):
            assert disks.read(accounts["owner"], snapshot) == BLOCKS
            assert disks.read(accounts["owner"], later) == {0: disks.block("after it went bad")}
        shutil.rmtree(tmp_path / "restored")
