"""Space comes back: garbage is collected by itself and by `argosyd gc`, and nothing that is needed goes."""
import json
import subprocess

import pytest

import disks
from argosyd import BINARY, PATIENCE_S, Account, Server, botocore, wait_until

GRACE_0 = ("--grace-seconds", "0")


def usage(server, region="us-east-1"):
    return server.command("usage", "--region", region)[0]


def of_account(account, region="us-east-1"):
    rows = usage(account.server, region)["accounts"]
    return next((row for row in rows if row["account_id"] == account.id), None)


def collect(server, *arguments):
    return server.command("gc", *arguments)


def test_usage_tells_logical_unique_live_and_stored_bytes_of_each_account(own_server):
    owner, stranger = own_server.accounts["owner"], own_server.accounts["stranger"]
    same = {0: disks.block(1), 1: disks.block(1), 7: disks.block(2)}
    disks.upload(owner, same)
    disks.upload(owner, same)
    disks.upload(stranger, {0: disks.block(1)})
    row = of_account(owner)
    assert row["snapshots"] == 2
    assert row["logical_bytes"] == 6 * disks.BLOCK_BYTES
    assert row["unique_bytes"] == 2 * disks.BLOCK_BYTES
    assert 0 < row["live_bytes"] == row["stored_bytes"]
    assert of_account(stranger)["unique_bytes"] == disks.BLOCK_BYTES
    assert usage(own_server)["stored_bytes"] >= row["stored_bytes"]
    assert usage(own_server, "us-west-2")["accounts"] == []


def test_gc_gives_back_what_a_deleted_snapshot_alone_needed(own_server):
    owner = own_server.accounts["owner"]
    shared = {i: disks.block(i) for i in range(4)}
    kept = disks.upload(owner, shared)
    gone = disks.upload(owner, shared | {9: disks.block(900), 10: disks.block(901)})
    before = usage(own_server)["stored_bytes"]
    owner.ec2().delete_snapshot(SnapshotId=gone)
    collected = collect(own_server, *GRACE_0)[0]
    assert collected["dropped_chunks"] >= 2
    assert of_account(owner)["unique_bytes"] == 4 * disks.BLOCK_BYTES
    assert usage(own_server)["stored_bytes"] <= before
    assert disks.read(owner, kept) == shared
    owner.ec2().delete_snapshot(SnapshotId=kept)
    collect(own_server, *GRACE_0)
    assert usage(own_server)["stored_bytes"] == 0
    assert disks.upload(owner, shared)  # and what was known once is stored again
    assert of_account(owner)["unique_bytes"] == 4 * disks.BLOCK_BYTES


def test_packs_wait_for_their_grace(own_server):
    owner = own_server.accounts["owner"]
    gone = disks.upload(owner, {0: disks.block(1)})
    owner.ec2().delete_snapshot(SnapshotId=gone)
    collected = collect(own_server)[0]  # a day, by default
    assert collected["removed_bytes"] == 0 < collected["waiting_bytes"]
    told = usage(own_server)
    assert told["stored_bytes"] >= told["waiting_bytes"] > 0
    assert collect(own_server, *GRACE_0)[0]["removed_bytes"] > 0
    assert usage(own_server)["stored_bytes"] == 0


def test_uploads_copies_and_images_keep_what_they_need(own_server):
    owner = own_server.accounts["owner"]
    blocks = {i: disks.block(i) for i in range(3)}
    parent = disks.upload(owner, blocks)
    upload = disks.start(owner, ParentSnapshotId=parent)
    disks.put(owner, upload, 5, disks.block(50))
    west = owner.ec2("us-west-2")
    copy = west.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=parent)["SnapshotId"]
    owner.ec2().delete_snapshot(SnapshotId=parent)
    collect(own_server, *GRACE_0)
    disks.complete(owner, upload, 1)
    disks.await_snapshot(owner, copy, "us-west-2")
    collect(own_server, *GRACE_0)
    assert disks.read(owner, upload) == blocks | {5: disks.block(50)}
    assert disks.read(owner, copy, "us-west-2") == blocks


def test_an_abandoned_upload_and_a_cancelled_copy_give_their_space_back(own_server):
    owner = own_server.accounts["owner"]
    upload = disks.start(owner)
    disks.put(owner, upload, 0, disks.block(1))
    owner.ec2().delete_snapshot(SnapshotId=upload)
    source = disks.upload(owner, {i: disks.block(i + 10) for i in range(3)})
    image = disks.register(owner, source)
    request = {"Name": disks.unique("copy"), "SourceImageId": image, "SourceRegion": "us-east-1"}
    copy = owner.ec2("us-west-2").copy_image(**request)["ImageId"]
    with pytest.raises(botocore.exceptions.ClientError):
        owner.ec2("us-west-2").copy_image(**request)  # the name is taken
    mapped = disks.snapshots_of(disks.describe_image(owner, copy, "us-west-2"))
    owner.ec2("us-west-2").deregister_image(ImageId=copy)
    for snapshot in mapped:
        owner.ec2("us-west-2").delete_snapshot(SnapshotId=snapshot)
    collect(own_server, *GRACE_0)
    assert of_account(owner)["unique_bytes"] == 3 * disks.BLOCK_BYTES
    assert usage(own_server, "us-west-2")["stored_bytes"] == 0
    owner.ec2().deregister_image(ImageId=image)
    owner.ec2().delete_snapshot(SnapshotId=source)

    def nothing_is_left():
        collect(own_server, *GRACE_0)
        return usage(own_server)["stored_bytes"] == 0

    # The source is told a moment later that nobody copies from it any more.
    wait_until(nothing_is_left, "the source needs what a cancelled copy had opened")


def configured(tmp_path, **keys):
    """A server with a configuration file, and an account on it."""
    (tmp_path / "argosyd.yaml").write_text(
        json.dumps(
            {
                "listen": "127.0.0.1:0",
                "data_directory": str(tmp_path / "data"),
                "root_key_file": str(tmp_path / "root.key"),
                "regions": ["us-east-1"],
            }
            | keys
        )
    )
    return Server(tmp_path / "data", ["--config", tmp_path / "argosyd.yaml"])


def with_account(server, tmp_path):
    rest = ("--data-dir", server.data_dir, "--root-key", tmp_path / "root.key", "--output", "json")

    def run(*arguments):
        out = subprocess.run(
            [BINARY, *arguments, *rest], capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
        return json.loads(out.stdout)[0]

    return Account(server, run("account", "create", "team") | run("access-key", "create", "team"))


def test_space_comes_back_by_itself(tmp_path):
    server = configured(tmp_path, collection={"interval_seconds": 1, "grace_seconds": 0}).start()
    try:
        account = with_account(server, tmp_path)
        snapshot = disks.upload(account, {0: disks.block(1), 1: disks.block(2)})
        assert usage(server)["stored_bytes"] > 0
        account.ec2().delete_snapshot(SnapshotId=snapshot)
        wait_until(lambda: usage(server)["stored_bytes"] == 0, "the space of a deleted snapshot")
    finally:
        server.kill()


def test_another_compression_level_stores_nothing_known_twice(tmp_path):
    blocks = {i: disks.block(i) for i in range(4)}
    blocks[4] = b"compressible " * 40_329 + b"1234567890A"
    assert len(blocks[4]) == disks.BLOCK_BYTES
    server = configured(tmp_path, compression_level=1).start()
    try:
        account = with_account(server, tmp_path)
        first = disks.upload(account, blocks)
        before = of_account(account)
        server.stop()
        configured(tmp_path, compression_level=15)
        server.start()
        second = disks.upload(account, blocks | {9: disks.block(99)})
        after = of_account(account)
        assert after["unique_bytes"] == before["unique_bytes"] + disks.BLOCK_BYTES
        assert disks.read(account, first) == blocks
        assert disks.read(account, second) == blocks | {9: disks.block(99)}
    finally:
        server.kill()


def test_the_commands_say_what_they_need_and_what_is_wrong(own_server, tmp_path):
    def fails(*arguments):
        out = subprocess.run(
            [BINARY, *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert out.returncode != 0 and out.stdout == ""
        return out.stderr

    for command in ("gc", "scrub", "repair", "usage"):
        assert f"no argosyd runs on {tmp_path}" in fails(command, "--data-dir", tmp_path)
        assert "there is no region mars-1 here" in fails(
            command, "--data-dir", own_server.data_dir, "--region", "mars-1"
        )
    assert "grace-seconds" in fails("gc", "--data-dir", own_server.data_dir, "--grace-seconds", "-1")
