"""argosyd backup of a server at work, and what a server that is started on it has."""
import concurrent.futures
import contextlib
import os
import shutil
import subprocess

import pytest

import argosyd
import disks
import packs

OLD = {index: disks.block(f"before {index}") for index in range(4)}


def run_backup(server, folder):
    """The row of each region."""
    rows = server.command("backup", "--to", folder)
    return {row["region"]: row for row in rows}


def refused_backup(server, folder, *more):
    out = subprocess.run(
        [argosyd.BINARY, "backup", "--data-dir", server.data_dir, "--to", folder, *more],
        capture_output=True,
        text=True,
        timeout=argosyd.PATIENCE_S,
        check=False,
    )
    assert out.returncode == 1 and out.stdout == ""
    return out.stderr


@contextlib.contextmanager
def restored(server, folder):
    """A second server on a copy of the backup, and the accounts of the first as its clients."""
    data = folder.parent / "restored"
    shutil.copytree(folder, data)
    shutil.copy(f"{server.data_dir}.root-key", f"{data}.root-key")
    again = argosyd.Server(data).start()
    keys = [
        {
            "name": account.name,
            "account_id": account.id,
            "access_key_id": account.access_key_id,
            "secret_access_key": account.secret_access_key,
        }
        for account in server.accounts.values()
    ]
    try:
        yield again, {row["name"]: argosyd.Account(again, row) for row in keys}
    finally:
        again.stop()


@contextlib.contextmanager
def work(account, image):
    """Uploads, copies and deletions one after the other, until the block ends. Yields what was completed."""
    completed = []

    def upload():
        blocks = {index: disks.block(disks.unique("during")) for index in range(3)}
        completed.append((disks.upload(account, blocks), blocks))
        gone = disks.upload(account, {0: disks.block(disks.unique("gone"))})
        account.ec2().delete_snapshot(SnapshotId=gone)

    def copy():
        name = disks.unique("copy")
        west = account.ec2("us-west-2")
        made = west.copy_image(Name=name, SourceImageId=image, SourceRegion="us-east-1")
        disks.await_image(account, made["ImageId"], "us-west-2")

    with argosyd.meanwhile(upload, upload, copy):
        yield completed


def test_what_was_completed_before_a_backup_is_read_from_it_bit_for_bit(own_server, tmp_path):
    owner, recipient = own_server.accounts["owner"], own_server.accounts["recipient"]
    snapshot = disks.upload(owner, OLD)
    image = disks.register(owner, snapshot)
    disks.share_image(owner, image, recipient)
    europe = owner.ec2("eu-west-1")
    copy = europe.copy_image(Name="copy", SourceImageId=image, SourceRegion="us-east-1")["ImageId"]
    disks.await_image(owner, copy, "eu-west-1")
    with work(owner, image) as completed:
        argosyd.wait_until(lambda: len(completed) >= 3, "work goes on")
        before = list(completed)
        rows = run_backup(own_server, tmp_path / "backup")
        assert set(rows) == set(argosyd.REGIONS) and all("error" not in row for row in rows.values())
        assert rows["us-east-1"]["copied_packs"] > 0
        own_server.command("gc", "--grace-seconds", "0")  # takes nothing from the backup
    own_server.kill()
    with restored(own_server, tmp_path / "backup") as (again, accounts):
        assert disks.read(accounts["owner"], snapshot) == OLD
        for made, blocks in before:
            assert disks.read(accounts["owner"], made) == blocks
        assert disks.describe_image(accounts["recipient"], image)["State"] == "available"
        copied = disks.snapshots_of(disks.describe_image(accounts["owner"], copy, "eu-west-1"))[0]
        assert disks.read(accounts["owner"], copied, "eu-west-1") == OLD
        for row in again.command("scrub"):
            assert (row["damaged_chunks"], row["damaged_packs"], row["missing_packs"]) == (0, 0, 0), row
            assert row["database_faults"] == row["damaged_snapshots"] == []
        fresh = disks.upload(accounts["owner"], {0: disks.block("after")})  # it goes on from there
        assert disks.read(accounts["owner"], fresh) == {0: disks.block("after")}


def test_the_catalogues_of_all_regions_are_of_the_moment_when_the_backup_began(own_server, tmp_path):
    """However long the packs of a region take: opening this one waits until somebody opens it to write."""
    owner = own_server.accounts["owner"]
    slow = own_server.data_dir / "regions/us-east-1/packs/slow"
    os.mkfifo(slow)
    drafts = [tmp_path / f"backup/regions/{region}/catalogue.db.new" for region in argosyd.REGIONS]
    with contextlib.ExitStack() as stack, concurrent.futures.ThreadPoolExecutor(1) as pool:
        backup = pool.submit(run_backup, own_server, tmp_path / "backup")
        try:
            argosyd.wait_until(lambda: all(draft.exists() for draft in drafts), "all catalogues are saved")
            late = disks.upload(owner, {0: disks.block("late")}, region="eu-west-1")
        finally:
            stack.callback(os.close, os.open(slow, os.O_RDWR))
        assert set(backup.result()) == set(argosyd.REGIONS)
    with restored(own_server, tmp_path / "backup") as (_, accounts):
        with argosyd.refused("InvalidSnapshot.NotFound"):
            accounts["owner"].ec2("eu-west-1").describe_snapshots(SnapshotIds=[late])


def test_a_second_backup_into_the_same_folder_brings_what_is_new(own_server, tmp_path):
    owner = own_server.accounts["owner"]
    first = disks.upload(owner, OLD)
    run_backup(own_server, tmp_path / "backup")
    second = disks.upload(owner, {0: disks.block("second")})
    run_backup(own_server, tmp_path / "backup")
    with restored(own_server, tmp_path / "backup") as (_, accounts):
        assert disks.read(accounts["owner"], first) == OLD
        assert disks.read(accounts["owner"], second) == {0: disks.block("second")}


def test_a_sealed_pack_is_copied_once(own_server, tmp_path):
    blocks = disks.Incompressible(1_060, "sealed")  # more than two packs of 256 MiB take before one is sealed
    disks.upload(own_server.accounts["owner"], blocks)
    broken_off = [tmp_path / "elsewhere" / pack.name for pack in packs.of_region(own_server, "us-east-1")]
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "backup/regions/us-east-1/packs").mkdir(parents=True)
    for draft in broken_off:  # of a backup that broke off: nobody can write into it
        draft.write_bytes(b"half")
        (tmp_path / f"backup/regions/us-east-1/packs/{draft.name}.new").hardlink_to(draft)
    first = run_backup(own_server, tmp_path / "backup")["us-east-1"]
    assert all(draft.read_bytes() == b"half" for draft in broken_off)
    second = run_backup(own_server, tmp_path / "backup")["us-east-1"]
    for pack in packs.of_region(own_server, "us-east-1"):
        kept = tmp_path / "backup/regions/us-east-1/packs" / pack.name
        assert pack.stat().st_mode & 0o200 or kept.stat().st_mtime_ns == pack.stat().st_mtime_ns
    shutil.rmtree(tmp_path / "backup")
    assert first["kept_packs"] == 0 and second["kept_packs"] >= 1
    assert second["copied_packs"] + second["kept_packs"] == first["copied_packs"]
    assert second["copied_bytes"] < first["copied_bytes"]


def in_a_block(pack):
    block = next(record for record in packs.records(pack) if record.kind == "block")
    return block.payload_offset + block.payload_bytes // 2


def cut(pack):
    packs.cut(pack, in_a_block(pack))


def rot(pack):
    packs.flip(pack, in_a_block(pack))


def rot_and_seal(pack):
    rot(pack)
    packs.seal(pack)
    later = pack.stat().st_mtime + 60
    os.utime(pack, (later, later))


@pytest.mark.parametrize("how", ["sealed and cut", "cut", "rotten", "rotten and sealed"])
def test_a_backup_keeps_what_is_whole_in_it_of_a_pack_that_is_damaged_since(own_server, tmp_path, how):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, OLD)
    before, damage = {
        "sealed and cut": (packs.seal, cut),
        "cut": (None, cut),
        "rotten": (None, rot),
        "rotten and sealed": (None, rot_and_seal),
    }[how]
    own_server.stop()
    pack = packs.of_region(own_server)[0]
    if before:
        before(pack)
    own_server.start()
    run_backup(own_server, tmp_path / "backup")
    copy = tmp_path / "backup/regions/us-east-1/packs" / pack.name
    whole = copy.read_bytes()
    own_server.stop()
    damage(pack)
    own_server.start()
    with argosyd.refused("InternalServerException"):  # now it is known, if the start did not see it
        disks.read(owner, snapshot)
    later = disks.upload(owner, {0: disks.block("later")})
    for _ in range(2):  # a third one finds the second's copies
        status, told = own_server.ask("backup", "us-east-1", "--to", tmp_path / "backup")
        assert (status, told["damaged_packs"], told["lost_bytes"]) == (0, [], 0)
        assert copy.read_bytes()[: len(whole)] == whole
    with restored(own_server, tmp_path / "backup") as (again, accounts):
        assert disks.read(accounts["owner"], snapshot) == OLD
        assert disks.read(accounts["owner"], later) == {0: disks.block("later")}
        assert again.ask("scrub")[1]["damaged_snapshots"] == []


def test_a_sealed_pack_that_is_cut_while_the_server_runs_stays_whole_in_a_backup(own_server, tmp_path):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, OLD)
    own_server.stop()
    pack = packs.of_region(own_server)[0]
    packs.seal(pack)
    own_server.start()
    run_backup(own_server, tmp_path / "backup")
    cut(pack)
    run_backup(own_server, tmp_path / "backup")
    with restored(own_server, tmp_path / "backup") as (_, accounts):
        assert disks.read(accounts["owner"], snapshot) == OLD


def test_what_is_no_pack_is_passed_over_where_packs_lie_on_a_file_system_of_their_own(own_server, tmp_path):
    disks.upload(own_server.accounts["owner"], OLD)
    folder = own_server.data_dir / "regions/us-east-1/packs"
    (folder / "lost+found").mkdir(mode=0o700)
    (folder / "notes").write_text("mine")
    row = run_backup(own_server, tmp_path / "backup")["us-east-1"]
    assert row["done"] and row["copied_packs"] > 0
    copied = (tmp_path / "backup/regions/us-east-1/packs").iterdir()
    assert all(path.suffix == ".pack" for path in copied)


def test_a_folder_with_the_backup_of_another_directory_is_refused(own_server, server, tmp_path):
    run_backup(own_server, tmp_path / "backup")
    before = (tmp_path / "backup/master-keys").read_bytes()
    assert "holds the backup of another data directory" in refused_backup(server, tmp_path / "backup")
    assert (tmp_path / "backup/master-keys").read_bytes() == before


def test_packs_alone_are_enough_without_the_index(own_server, tmp_path):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, OLD)
    run_backup(own_server, tmp_path / "backup")
    for region in argosyd.REGIONS:
        (tmp_path / f"backup/regions/{region}/index.db").unlink()
    with restored(own_server, tmp_path / "backup") as (_, accounts):
        assert disks.read(accounts["owner"], snapshot) == OLD


def test_what_a_backup_holds_is_nobody_elses_and_it_holds_no_root_key(own_server, tmp_path):
    run_backup(own_server, tmp_path / "backup")
    root_key = open(f"{own_server.data_dir}.root-key").read().strip()
    for path in (tmp_path / "backup").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        assert not path.is_file() or root_key.encode() not in path.read_bytes()


@pytest.mark.parametrize("where", ["inside", "another server's", "a file"])
def test_a_folder_that_cannot_be_is_refused(own_server, server, tmp_path, where):
    (tmp_path / "file").write_text("")
    folder = {
        "inside": own_server.data_dir / "backup",
        "another server's": server.data_dir,
        "a file": tmp_path / "file",
    }[where]
    said = refused_backup(own_server, folder)
    assert str(folder) in said
    assert not (own_server.data_dir / "backup").exists()


def test_a_region_that_is_not_here_is_refused_before_anything_is_written(own_server, tmp_path):
    assert "mars-1" in refused_backup(own_server, tmp_path / "backup", "--region", "mars-1")
    assert not (tmp_path / "backup").exists()


def test_without_a_running_server_there_is_a_clear_message(own_server, tmp_path):
    own_server.stop()
    assert f"no argosyd runs on {own_server.data_dir}" in refused_backup(own_server, tmp_path / "backup")
