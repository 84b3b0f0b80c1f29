"""nbdkit with our plugin and a session file, as whatever runs machines uses it."""
import contextlib
import json
import subprocess

import pytest

import disks
from argosyd import PATIENCE_S, wait_until
from attached import PLUGIN, read, tool, written

BLOCKS = {0: disks.block("served 0"), 5: disks.block("served 5"), 9: disks.block("served 9")}
GIB = 1 << 30


def write_session(path, account, snapshot, **changes):
    """As one replaces it: whole or not at all."""
    session = {
        "endpoint": account.server.endpoint,
        "region": "us-east-1",
        "snapshot_id": snapshot,
        "volume_size_bytes": GIB,
        "access_key_id": account.access_key_id,
        "secret_access_key": account.secret_access_key,
        "expires": "2026-11-27T03:00:00.000Z",
    }
    new = path.with_suffix(".new")
    new.write_text(json.dumps(session | changes))
    new.chmod(0o600)
    new.rename(path)


def start(folder, *parameters):
    return subprocess.Popen(
        ["nbdkit", "--foreground", "--readonly", "--unix", folder / "nbd", "--pidfile", folder / "pid", PLUGIN,
         f"session={folder / 'session'}", *parameters],
        stderr=subprocess.PIPE,
        text=True,
    )


@contextlib.contextmanager
def serving(folder, *parameters):
    """The disk's URI."""
    process = start(folder, *parameters)
    try:
        wait_until(lambda: (folder / "pid").exists(), "nbdkit serves")
        yield f"nbd+unix:///?socket={folder / 'nbd'}"
    finally:
        process.terminate()
        complaints = process.communicate(timeout=PATIENCE_S)[1]
        assert process.returncode == 0, complaints


def fails(folder, *parameters):
    """What nbdkit says that does not begin."""
    process = start(folder, *parameters)
    complaints = process.communicate(timeout=PATIENCE_S)[1]
    assert process.returncode == 1
    return complaints


@pytest.fixture
def content(owner):
    return disks.upload(owner, BLOCKS)


def test_a_volume_that_is_larger_than_its_snapshot_ends_with_zeros(owner, content, tmp_path):
    write_session(tmp_path / "session", owner, content, volume_size_bytes=3 * GIB)
    with serving(tmp_path) as uri:
        assert json.loads(tool("qemu-img", "info", "--output=json", uri))["virtual-size"] == 3 * GIB
        assert written(uri) == [(index * disks.BLOCK_BYTES, disks.BLOCK_BYTES) for index in BLOCKS]
        assert "00 00 00 00 00 00 00 00" in read(uri, 3 * GIB - 8, 8)


def test_it_takes_what_the_session_says_after_it_was_replaced(server, owner, content, tmp_path):
    """Credentials and endpoint; another disk is not taken."""
    path = tmp_path / "session"
    write_session(path, owner, content)
    with serving(tmp_path) as uri:
        read(uri, 0, 512)
        write_session(path, owner, content, access_key_id="AKIANOBODY0000000000")
        read(uri, 5 * disks.BLOCK_BYTES, 512, status=1)
        write_session(path, owner, content, endpoint=f"http://localhost:{server.port}")
        read(uri, 5 * disks.BLOCK_BYTES, 512)
        write_session(path, owner, "snap-0123456789abcdef0")
        read(uri, 9 * disks.BLOCK_BYTES, 512)


def test_patience_ends(owner, content, tmp_path):
    write_session(tmp_path / "session", owner, content, endpoint="http://127.0.0.1:1")
    with serving(tmp_path, "patience=0") as uri:
        read(uri, 0, 512, status=1)


def test_it_does_not_begin_with_a_session_that_is_not_good(owner, content, tmp_path):
    path = tmp_path / "session"
    assert "No such file" in fails(tmp_path)
    write_session(path, owner, content)
    path.chmod(0o640)
    assert str(path) in fails(tmp_path)
    path.chmod(0o600)
    assert "unknown parameter" in fails(tmp_path, "colour=blue")
    assert "cache" in fails(tmp_path, "cache=much")
    write_session(path, owner, content, endpoint="nowhere")
    assert "nowhere" in fails(tmp_path)
