"""Collection, scrub, repair and backup, killed at a chosen call that changes a file (mortal.py): nothing that is
needed is lost, and the next one does what this one left."""
import shutil

import pytest

import disks
import kills
import lane as lanes
import mortal
import packs

EAST, WEST = lanes.REGIONS
DEAD = range(1, 9)  # numbers in CONTENT that only deleted snapshots have
KEPT = {0: 10, 1: 11, 300: 12, 2047: 1}  # index -> number; one that the dead have too


def upload(lane, region, content):
    """A completed snapshot in the lane's model."""
    blocks = {index: lanes.CONTENT[number] for index, number in content.items()}
    id = disks.upload(lane.owner, blocks, region=region)
    lane.snapshots[id] = lanes.Snapshot(region, dict(content))
    lane.snapshots[id].settled = True
    return id


def begin_upload(lane, region, blocks):
    id = disks.start(lane.owner, region=region)
    lane.uploads[id] = lanes.Upload(region, {})
    for index, number in blocks.items():
        disks.put(lane.owner, id, index, lanes.CONTENT[number], region)
        lane.uploads[id].blocks[index] = number


def delete(lane, id):
    lane.ec2(lane.snapshots.pop(id).region).delete_snapshot(SnapshotId=id)


def copy_west(lane, id):
    answer = lane.ec2(WEST).copy_snapshot(SourceRegion=EAST, SourceSnapshotId=id)
    disks.await_snapshot(lane.owner, answer["SnapshotId"], WEST)
    lane.snapshots[answer["SnapshotId"]] = lanes.Snapshot(WEST, dict(lane.snapshots[id].content))


def expect_no_garbage(run):
    """After a collection: what is stored is what the lane's snapshots hold, each block once."""
    status, said = run.order("usage")
    assert status == 0
    for row in said:
        contents = [s.content for s in run.lanes[0].snapshots.values() if s.region == row["region"]]
        needed = {number for content in contents for number in content.values()}
        stored = sum(account["unique_bytes"] for account in row["accounts"])
        assert stored == len(needed) * disks.BLOCK_BYTES, row


@pytest.fixture
def made(tmp_path):
    """A server without the library, that a test fills and stops."""
    (tmp_path / "made").mkdir()
    run = kills.Run(tmp_path / "made", seed=0, lanes_count=1)
    run.start()
    yield run
    if run.server.process.poll() is None:
        run.server.kill()


def collected(run):
    run.check_all()
    expect_no_garbage(run)


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_collection_killed_at_any_call_takes_only_garbage_and_the_next_takes_the_rest(calls, made, how):
    """In one region a pack is written again, retired and removed, in the other it is an upload's journal."""
    lane = made.lanes[0]
    gone = [upload(lane, region, dict(enumerate(DEAD))) for region in lanes.REGIONS]
    copy_west(lane, upload(lane, EAST, KEPT))
    begin_upload(lane, WEST, {0: 13, 7: DEAD[3]})  # one that nothing else has but a deleted snapshot
    for id in gone:
        delete(lane, id)
    assert made.server.stop() == 0
    kept = mortal.Kept(made.server.data_dir, lane)
    whole = calls.kill_at(how, kills.Run.sweep, kept, check=collected, with_start=False)
    assert "is removed" in whole.run.server.log.read_text()


@pytest.fixture
def damaged(made):
    """In the east a block's bytes and another's head are damaged; in the west are a copy and an upload."""
    lane = made.lanes[0]
    copy_west(lane, upload(lane, EAST, KEPT))
    begin_upload(lane, WEST, {0: 13, 1: KEPT[0]})
    assert made.server.stop() == 0
    pack = packs.of_region(made.server, EAST)[0]
    first, second = [record for record in packs.records(pack) if record.kind == "block"][:2]
    packs.flip(pack, first.payload_offset + 1000)
    packs.flip(pack, second.offset + 30)
    return mortal.Kept(made.server.data_dir, lane, is_damaged=True)


@pytest.fixture
def scrubbed(damaged, tmp_path):
    """The same after a scrub: one block is missing."""
    (tmp_path / "scrubbed").mkdir()
    run = kills.Run(tmp_path / "scrubbed", seed=0, lanes_count=1)
    damaged.give_to(run)
    run.start()
    scrub(run)
    assert run.server.stop() == 0
    return mortal.Kept(run.server.data_dir, run.lanes[0], is_damaged=True)


def scrub(run):
    assert run.order("scrub", "--region", EAST)[0] == 1


def repair(run):
    assert run.order("repair", "--region", EAST)[0] == 0


def healed(run):
    """Another scrub and repair, and everything is whole."""
    run.order("scrub", "--region", EAST)
    repair(run)
    status, said = run.order("scrub", "--region", EAST)
    assert status == 0, said
    collected(run)


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_scrub_killed_at_any_call_loses_nothing_and_the_next_finds_what_is_damaged(calls, damaged, how):
    whole = calls.kill_at(how, scrub, damaged, check=healed, with_start=False)
    assert "what is needed of it was written again" in whole.run.server.log.read_text()


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_repair_killed_at_any_call_loses_nothing_and_the_next_brings_the_rest(calls, scrubbed, how):
    whole = calls.kill_at(how, repair, scrubbed, check=healed, with_start=False)
    assert "was repaired from" in whole.run.server.log.read_text()


def folder_of_backup(run):
    return run.server.data_dir.with_name("data-backup")  # below what the library counts, too


def back_up(run):
    status, said = run.order("backup", "--to", folder_of_backup(run))
    assert status == 0, said


def backed_up(run):
    """The next backup into the same folder is whole: a server on it has everything."""
    run.check_all()
    back_up(run)
    shutil.copy(f"{run.server.data_dir}.root-key", f"{folder_of_backup(run)}.root-key")
    shutil.copy(run.server.data_dir / "accounts.json", folder_of_backup(run))  # for the clients of the test
    folder = run.server.data_dir.with_name("restored")
    folder.mkdir()
    again = kills.Run(folder, seed=0, lanes_count=1)
    mortal.Kept(folder_of_backup(run), run.lanes[0]).give_to(again)
    again.start()
    again.check_all()
    again.server.kill()


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_backup_killed_at_any_call_is_made_whole_by_the_next(calls, made, how):
    lane = made.lanes[0]
    copy_west(lane, upload(lane, EAST, KEPT))
    assert made.server.stop() == 0
    calls.kill_at(how, back_up, mortal.Kept(made.server.data_dir, lane), check=backed_up, with_start=False)
