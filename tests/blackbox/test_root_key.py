"""The root key, in a file or in a token, and the rotation of it and of the master key."""
import base64
import contextlib
import hashlib
import hmac
import json
import random
import subprocess
import threading
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import argosyd
import disks
import soft_token
from argosyd import wait_until

BAD_CONFIGURATION = 253
REGIONS = ("us-east-1", "us-west-2")
BLOCKS = {0: disks.block("kept"), 5: disks.block("kept too")}


class Site:
    """A server by a configuration whose root key can be changed, and what is stored in it."""

    def __init__(self, folder):
        self.folder = folder
        self.configuration = folder / "argosyd.yaml"
        self.root_key_file = folder / "root.key"
        self.server = argosyd.Server(folder / "data", ["--config", self.configuration])
        self.accounts = []
        self.snapshots = []
        # Between a rotation to another place and the configuration that names it no operator's command finds the key.
        self.moving_key = threading.Lock()

    def configure(self, root_key=None):
        self.configuration.write_text(
            f"listen: 127.0.0.1:0\ndata_directory: {self.server.data_dir}\nregions: [{', '.join(REGIONS)}]\n"
            + (root_key or f"root_key: {{file: {self.root_key_file}}}")
            + "\n"
        )

    def run(self, *arguments):
        return subprocess.run(
            [argosyd.BINARY, *arguments, "--config", self.configuration, "--output", "json"],
            capture_output=True,
            text=True,
            timeout=argosyd.PATIENCE_S,
            check=False,
        )

    def command(self, *arguments):
        out = self.run(*arguments)
        assert out.returncode == 0, out.stderr
        return json.loads(out.stdout)[0]

    def start(self, root_key=None):
        self.configure(root_key)
        self.server.start()

    def refused_start(self, root_key=None):
        """What the server says that may not start."""
        self.configure(root_key)
        out = subprocess.run(
            [argosyd.BINARY, "--config", self.configuration],
            capture_output=True,
            text=True,
            timeout=argosyd.PATIENCE_S,
            check=False,
        )
        assert out.returncode == BAD_CONFIGURATION and out.stdout == "", out.stderr
        return out.stderr

    def new_account(self, name):
        with self.moving_key:
            account = self.command("account", "create", name) | self.command("access-key", "create", name)
        self.accounts.append(argosyd.Account(self.server, account))
        return self.accounts[-1]

    def fill(self):
        account = self.new_account("team")
        for region in REGIONS:
            self.snapshots.append((region, disks.upload(account, BLOCKS, region=region)))

    def check(self):
        """Every access key and every block is what it was."""
        for account in self.accounts:
            assert account.sts().get_caller_identity()["Account"] == account.id
        for region, snapshot in self.snapshots:
            assert disks.read(self.accounts[0], snapshot, region) == BLOCKS

    def master_keys(self):
        """By version, as the root key's file opens them: docs/formats/master-keys.md."""
        root = bytes.fromhex(self.root_key_file.read_text())
        extracted = hmac.new(bytes(32), root, hashlib.sha256).digest()
        wrapping = hmac.new(extracted, b"argosy root key\x01", hashlib.sha256).digest()
        keys = {}
        for row in json.loads((self.server.data_dir / "master-keys").read_text())["keys"]:
            wrapped = base64.b64decode(row["wrapped"])
            bound = f"argosy master key {row['version']}".encode()
            keys[row["version"]] = AESGCM(wrapping).decrypt(wrapped[:12], wrapped[12:], bound)
        return keys


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    if site.server.process and site.server.process.poll() is None:
        site.server.kill()


@pytest.fixture
def token(tmp_path, monkeypatch):
    """With the keys 'root' and 'next'."""
    token = soft_token.Token(tmp_path / "token")
    token.make_key("root")
    token.make_key("next")
    for name, value in token.environment.items():
        monkeypatch.setenv(name, value)
    return token


@contextlib.contextmanager
def requests(site):
    """Reads, writes and new access keys by several clients, none of which may fail, until the block ends."""
    account = site.accounts[0]
    clients = [(account.sts(), account.ebs(region)) for region in REGIONS]
    counts = [0, 0, 0]

    def read(lane):
        sts, ebs = clients[lane]
        assert sts.get_caller_identity()["Account"] == account.id
        blocks = ebs.list_snapshot_blocks(SnapshotId=site.snapshots[lane][1])["Blocks"]
        got = ebs.get_snapshot_block(
            SnapshotId=site.snapshots[lane][1], BlockIndex=5, BlockToken=blocks[1]["BlockToken"]
        )
        assert got["BlockData"].read() == BLOCKS[5]
        counts[lane] += 1

    def make():
        site.new_account(disks.unique("made"))
        counts[2] += 1

    with argosyd.meanwhile(lambda: read(0), lambda: read(1), make):
        yield counts


def test_a_server_starts_again_and_again_on_a_key_in_a_token(site, token):
    site.start(token.section("root"))
    site.fill()
    assert site.server.stop() == 0
    site.start(token.section("root"))
    site.check()
    status = site.command("root-key", "status")
    assert "token 'argosy', key 'root'" in status["root_key"]
    assert (status["master_key_version"], status["rotating"]) == (1, False)


def test_the_root_key_goes_from_a_file_to_a_token_while_requests_run(site, token):
    site.start()
    site.fill()
    with requests(site) as counts:
        wait_until(lambda: all(counts), "requests run")
        with site.moving_key:
            status = site.command("root-key", "rotate", *token.options("root"))
            site.configure(token.section("root"))
        assert "key 'root'" in status["root_key"] and status["master_key_version"] == 1
        before = list(counts)
        wait_until(lambda: all(now > then for now, then in zip(counts, before)), "requests still run")
    site.check()
    assert site.server.stop() == 0
    said = site.refused_start()
    assert "wrong root key" in said and "key 'root'" in said
    assert "wrong root key" in site.refused_start(token.section("next"))
    site.start(token.section("root"))
    site.check()


def test_the_master_key_is_rotated_while_requests_run(site):
    site.start()
    site.fill()
    (before,) = site.master_keys().values()
    with requests(site) as counts:
        for version in (2, 3, 4):
            wait_until(lambda: all(counts), "requests run")
            status = site.command("root-key", "rotate", "--master")
            assert (status["master_key_version"], status["rotating"]) == (version, False)
            counts[:] = [0, 0, 0]
        wait_until(lambda: all(counts), "requests still run")
    assert status["rewrapped_secrets"] > 3 * len(REGIONS)
    site.check()
    assert list(site.master_keys()) == [4] and before not in site.master_keys().values()
    assert site.server.stop() == 0
    site.start()
    site.check()


@pytest.mark.parametrize("to", ["file", "token"])
def test_root_key_and_master_key_are_rotated_together(site, token, to):
    site.start()
    site.fill()
    new = site.folder / "new.key"
    options = ["--to-file", new] if to == "file" else token.options("next")
    status = site.command("root-key", "rotate", "--master", *options)
    assert (status["master_key_version"], status["rotating"]) == (2, False)
    site.check()
    assert site.server.stop() == 0
    assert "wrong root key" in site.refused_start()
    site.start(f"root_key: {{file: {new}}}" if to == "file" else token.section("next"))
    site.check()


def test_the_root_key_goes_to_a_file_whose_name_the_old_ones_begins_with(site):
    old, new = site.folder / "root.key.new", site.folder / "root.key"
    site.root_key_file = old
    site.start()
    site.fill()
    before = old.read_text()
    site.command("root-key", "rotate", "--to-file", new)
    assert old.read_text() == before != new.read_text()
    site.check()
    assert site.server.stop() == 0
    site.start(f"root_key: {{file: {new}}}")
    site.check()


def test_neither_root_key_nor_master_key_lies_in_the_data_directory(site):
    site.start()
    site.fill()
    root = bytes.fromhex(site.root_key_file.read_text())
    secrets = [root, *site.master_keys().values()]
    site.command("root-key", "rotate", "--master")
    secrets += site.master_keys().values()
    assert len(set(secrets)) == 3
    site.server.kill()  # with the databases' logs as they are
    forms = [form for key in secrets for form in (key, key.hex().encode(), base64.b64encode(key)[:-2])]
    scanned = [path for path in site.server.data_dir.rglob("*") if path.is_file()]
    assert len(scanned) > 5
    for path in [*scanned, site.server.log]:
        content = path.read_bytes()
        assert not [form for form in forms if form in content], path


def wrong_pin(token):
    token.write_pin("00000000")
    return {}, "PIN"


def readable_pin(token):
    token.write_pin(soft_token.PIN, mode=0o644)
    return {}, "chmod 600"


def no_pin(token):
    token.pin_file.unlink()
    return {}, "No such file"


@pytest.mark.parametrize(
    "fault",
    [
        wrong_pin,
        readable_pin,
        no_pin,
        lambda token: ({"token": "absent"}, "there is no such token; the module has 'argosy'"),
        lambda token: ({"key": "absent"}, "no AES key of that label"),
        lambda token: ({"module": "/nowhere/module.so"}, "/nowhere/module.so"),
        lambda token: ({"module": "/usr/lib/x86_64-linux-gnu/libc.so.6"}, "is no PKCS#11 module"),
    ],
    ids=["wrong pin", "readable pin", "no pin", "no token", "no key", "no module", "another library"],
)
def test_what_is_wrong_with_a_token_is_said_and_changes_nothing(site, token, fault):
    site.start()
    site.fill()
    changes, message = fault(token)
    out = site.run("root-key", "rotate", *token.options("root", **changes))
    assert out.returncode == BAD_CONFIGURATION and message in out.stderr, out.stderr
    site.check()
    assert site.server.stop() == 0
    assert message in site.refused_start(token.section("root", **changes))
    site.start()  # its own root key is what it was
    site.check()


@pytest.mark.parametrize(
    "options, message",
    [
        (["--to-file", "{0}/root.key"], "is the root key already"),
        (["--to-file", "{0}/data/new.key"], "must not lie inside the data directory"),
        (["--to-file", "{0}/readable.key"], "chmod 600"),
        (["--to-file", "{0}/short.key"], "64 hexadecimal digits"),
        ([], "give a new root key"),
    ],
)
def test_a_root_key_that_cannot_be_is_refused_and_changes_nothing(site, options, message):
    (site.folder / "readable.key").write_text("a" * 64)
    (site.folder / "readable.key").chmod(0o644)
    (site.folder / "short.key").write_text("abc")
    (site.folder / "short.key").chmod(0o600)
    site.start()
    site.fill()
    keys = (site.server.data_dir / "master-keys").read_bytes()
    out = site.run("root-key", "rotate", *[option.format(site.folder) for option in options])
    assert out.returncode == BAD_CONFIGURATION and message in out.stderr, out.stderr
    assert (site.server.data_dir / "master-keys").read_bytes() == keys
    site.check()


def test_a_root_key_in_a_file_that_is_gone_is_not_made_anew(site):
    site.start()
    site.fill()
    assert site.server.stop() == 0
    site.root_key_file.rename(site.folder / "elsewhere")
    assert str(site.root_key_file) in site.refused_start()
    assert not site.root_key_file.exists()
    (site.folder / "elsewhere").rename(site.root_key_file)
    site.start()
    site.check()


def test_the_key_of_the_configuration_may_be_called_as_before(site):
    site.start(f"root_key_file: {site.root_key_file}")
    site.fill()
    assert site.server.stop() == 0
    site.start()
    site.check()


def test_page_and_block_tokens_outlive_a_rotation_and_a_restart(site):
    site.start()
    site.fill()
    region, snapshot = site.snapshots[0]
    token = site.accounts[0].ebs(region).list_snapshot_blocks(SnapshotId=snapshot)["Blocks"][1]["BlockToken"]
    site.command("root-key", "rotate", "--master")
    assert site.server.stop() == 0
    site.start()
    got = site.accounts[0].ebs(region).get_snapshot_block(SnapshotId=snapshot, BlockIndex=5, BlockToken=token)
    assert got["BlockData"].read() == BLOCKS[5]


def test_a_region_that_is_not_served_is_not_forgotten_by_a_rotation(site, monkeypatch):
    site.start()
    site.fill()
    assert site.server.stop() == 0
    monkeypatch.setitem(globals(), "REGIONS", ("us-east-1",))
    site.start()
    site.command("root-key", "rotate", "--master")
    assert site.server.stop() == 0
    monkeypatch.undo()
    site.start()
    site.check()
    account = site.accounts[0]
    again = disks.upload(account, BLOCKS, region="us-west-2")  # needs the secret of the account's domain
    assert disks.read(account, again, "us-west-2") == BLOCKS


def test_a_backup_of_before_a_rotation_is_not_written_over(site):
    site.start()
    site.fill()
    site.command("backup", "--to", site.folder / "first")
    site.command("root-key", "rotate", "--to-file", site.folder / "new.key")
    site.command("backup", "--to", site.folder / "first")  # the same master key: the same backup goes on
    site.command("root-key", "rotate", "--master")
    out = site.run("backup", "--to", site.folder / "first")
    assert out.returncode == 1 and "give a new folder" in out.stderr
    site.command("backup", "--to", site.folder / "second")
    site.server.kill()
    for folder in ("first", "second"):
        site.server.data_dir = site.folder / folder
        site.start(f"root_key: {{file: {site.folder}/new.key}}")
        site.check()
        site.server.kill()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_that_is_killed_during_a_rotation_starts_again_with_everything(site, token, seed):
    moments = random.Random(seed)
    site.start()
    site.fill()
    for number in range(20):
        site.new_account(f"team {number}")
    current, rotated = f"root_key: {{file: {site.root_key_file}}}", 0
    for turn in range(12):
        if turn % 3 == 2:
            options, new = token.options("next" if turn % 2 else "root"), token.section("next" if turn % 2 else "root")
        else:
            options, new = ["--to-file", f"{site.folder}/{turn}.key"], f"root_key: {{file: {site.folder}/{turn}.key}}"
        before = (site.server.data_dir / "master-keys").read_bytes()
        rotation = subprocess.Popen(
            [argosyd.BINARY, "root-key", "rotate", "--master", *options, "--config", site.configuration],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if turn % 2:  # the others are killed whether it has begun or not
            begun_or_refused = lambda: (
                (site.server.data_dir / "master-keys").read_bytes() != before or rotation.poll() is not None
            )
            wait_until(begun_or_refused, "it neither begins nor is refused")
        time.sleep(moments.random() * 0.12)
        site.server.kill()
        rotation.wait(timeout=argosyd.PATIENCE_S)
        named = json.loads((site.server.data_dir / "master-keys").read_text())["root_key"]
        is_new = ("key 'next'" if turn % 2 else "key 'root'") in named if turn % 3 == 2 else f"/{turn}.key" in named
        if is_new and new != current:
            said = site.refused_start(current)
            assert "wrong root key" in said
            current, rotated = new, rotated + 1
        site.start(current)
        site.check()
        wait_until(lambda: not site.command("root-key", "status")["rotating"], "the rotation goes on by itself")
    site.check()
    assert rotated > 0, "no kill came after the beginning of a rotation"
