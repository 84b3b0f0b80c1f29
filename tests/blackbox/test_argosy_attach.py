"""argosy attach: a snapshot as a disk that NBD clients read, as long as somebody may read it and through whatever its
region goes through."""
import signal
import socket
import subprocess

import pytest

import argosyd
import disks
import encryption
import keys
from argosy import BLOCK_BYTES, argosy, make_disk
from argosyd import PATIENCE_S, wait_until
from attached import attached, compare, read, snapshot_of, written

CONTENT = {0: disks.block("attached 0"), 1: disks.block("attached 1"), 300: disks.block("attached 300")}


def refused(account, snapshot, status, *arguments, **more):
    """What it says instead of serving anything."""
    return argosy(account, "attach", snapshot, *arguments, status=status, **more)


def test_an_imported_disk_is_served_bit_for_bit(owner, imported, disk):
    with attached(owner, snapshot_of(owner, imported)) as served:
        compare(served.uri, disk)


def test_holes_are_told_and_read_as_zeros(owner):
    snapshot = disks.upload(owner, CONTENT)
    with attached(owner, f"us-east-1/{snapshot}") as served:
        assert written(served.uri) == [(0, 2 * BLOCK_BYTES), (300 * BLOCK_BYTES, BLOCK_BYTES)]
        zeros = read(served.uri, 7 * BLOCK_BYTES - 8, 16)
        assert "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00" in zeros


def test_ctrl_c_ends_it_with_the_code_of_the_signal(owner, snapshot):
    for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
        with attached(owner, snapshot) as served:
            assert list(served.folder.glob("*/session"))
            assert served.stop(number) == status
            assert list(served.folder.iterdir()) == [], "no credentials stay"
            path = served.uri.partition("socket=")[2]
            with socket.socket(socket.AF_UNIX) as client, pytest.raises(OSError):
                client.connect(path)


def test_it_outlives_its_terminal_where_that_is_wished(owner, snapshot):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with attached(owner, snapshot) as served:
            served.process.send_signal(signal.SIGHUP)
            read(served.uri, 0, 512)
            assert served.process.poll() is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_serves_where_it_is_told(owner, snapshot, tmp_path):
    path = tmp_path / "disk.sock"
    with attached(owner, snapshot, "--socket", path) as served:
        assert served.uri == f"nbd+unix:///?socket={path}"
        read(served.uri, 0, 512)
        assert f"{path} exists" in refused(owner, snapshot, 4, "--socket", path)
    assert not path.exists()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with attached(owner, snapshot, "--port", str(port)) as served:
        assert served.uri == f"nbd://127.0.0.1:{port}"
        read(served.uri, 0, 512)


def test_json_tells_what_is_served(owner, snapshot):
    with attached(owner, snapshot, "--output", "json") as served:
        told = served.told()
        assert (told["snapshot_id"], told["region"], told["bytes"]) == (snapshot, "us-east-1", 1 << 30)
        read(told["uri"], 0, 512)


def test_whoever_may_not_read_the_snapshot_is_refused_at_once(owner, recipient, stranger, snapshot):
    words = "ResourceNotFoundException"
    assert words in refused(stranger, snapshot, 254)
    assert words in refused(owner, "snap-0123456789abcdef0", 254)
    shared = disks.upload(owner, CONTENT)
    disks.share_snapshot(owner, shared, recipient)
    with attached(recipient, shared) as served:
        read(served.uri, 0, 512)


def test_what_is_no_snapshot_is_a_mistake(owner, imported, snapshot):
    refused(owner, imported, 252)
    refused(owner, snapshot, 252, "--port", "1", "--socket", "x")
    assert "does not exist" in refused(owner, snapshot, 4, "--plugin", "/nowhere")


def test_it_says_which_package_is_missing(owner, snapshot, tmp_path):
    assert "package nbdkit" in refused(owner, snapshot, 4, PATH=tmp_path)


def test_a_region_that_is_not_there_is_told_at_once(owner, snapshot):
    refused(owner, snapshot, 5, AWS_ENDPOINT_URL="http://127.0.0.1:1", AWS_MAX_ATTEMPTS=1)


def test_reads_fail_when_the_share_is_taken_back_and_say_of_what(owner, recipient):
    shared = disks.upload(owner, CONTENT)
    disks.share_snapshot(owner, shared, recipient)
    with attached(recipient, shared) as served:
        read(served.uri, 0, 512)
        owner.ec2().modify_snapshot_attribute(
            SnapshotId=shared, CreateVolumePermission={"Remove": [{"UserId": recipient.id}]}
        )
        read(served.uri, 300 * BLOCK_BYTES, 512, status=1)
        served.await_complaint(f"{shared}: block 300: ResourceNotFoundException/SNAPSHOT_NOT_FOUND")


def test_an_encrypted_snapshot_is_read_as_long_as_its_key_lets(owner):
    key = keys.make(owner)["Arn"]
    snapshot = encryption.upload(owner, CONTENT, key)
    with attached(owner, snapshot) as served:
        assert written(served.uri) == [(0, 2 * BLOCK_BYTES), (300 * BLOCK_BYTES, BLOCK_BYTES)]
        owner.kms().disable_key(KeyId=key)
        read(served.uri, 300 * BLOCK_BYTES, 512, status=1)
        served.await_complaint(f"{snapshot}: block 300: ValidationException/INVALID_CUSTOMER_KEY")
        assert "disabled" in refused(owner, snapshot, 254)
        owner.kms().enable_key(KeyId=key)
        read(served.uri, 300 * BLOCK_BYTES, 512)


@pytest.fixture
def restartable(tmp_path):
    """A server that comes back where it was."""
    server = argosyd.Server(tmp_path / "data").start()
    server.arguments[server.arguments.index("--listen") + 1] = f"127.0.0.1:{server.port}"
    yield server
    if server.process.poll() is None:
        server.kill()


def test_a_read_waits_while_the_server_is_killed_and_goes_on(restartable, tmp_path):
    owner = restartable.accounts["owner"]
    blocks = disks.Incompressible(400, "large")
    snapshot = disks.upload(owner, blocks)
    disk = make_disk(tmp_path / "disk.raw", blocks, 1 << 30)
    out = tmp_path / "read.raw"
    with attached(owner, snapshot) as served:
        reading = subprocess.Popen(["qemu-img", "convert", "-f", "raw", "-O", "raw", served.uri, out])
        wait_until(lambda: out.exists() and out.stat().st_blocks > 0, "something was read")
        restartable.kill()
        read_before = out.stat().st_blocks * 512
        served.await_complaint("waits and tries again")
        assert reading.poll() is None and read_before < 400 * BLOCK_BYTES
        restartable.start()
        assert reading.wait(timeout=PATIENCE_S) == 0
        served.await_complaint("goes on")
    compare(out, disk)


def test_ctrl_c_ends_it_while_a_read_waits(restartable):
    owner = restartable.accounts["owner"]
    snapshot = disks.upload(owner, CONTENT)
    with attached(owner, snapshot) as served:
        restartable.kill()
        reading = subprocess.Popen(
            ["qemu-io", "-r", "-f", "raw", "-c", "read 0 512", served.uri], stdout=subprocess.DEVNULL
        )
        served.await_complaint("waits and tries again")
        assert served.stop() == 130
        reading.wait(timeout=PATIENCE_S)


def test_it_ends_when_nbdkit_does(owner, snapshot):
    with attached(owner, snapshot) as served:
        served.kill_nbdkit()
        assert served.process.wait(timeout=PATIENCE_S) == 1
        served.await_complaint("nbdkit ended")
