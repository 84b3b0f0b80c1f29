"""argosyd as a process: its start, its files, its end, its configuration."""
import concurrent.futures
import contextlib
import json
import pathlib
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

import argosyd
import attached
import disks
import operator_door
import sigv4
from argosyd import refused

BAD_CONFIGURATION = 253


def run(*arguments):
    """For commands that end by themselves."""
    return subprocess.run(
        [argosyd.BINARY, *arguments], capture_output=True, text=True, timeout=argosyd.PATIENCE_S, check=False
    )


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_one_line_says_that_it_is_ready_and_nothing_else_is_printed(own_server):
    assert own_server.accounts["owner"].sts().get_caller_identity()["Account"]
    assert own_server.stop() == 0
    assert own_server.process.stdout.read() == ""


def test_sighup_does_not_end_it(own_server):
    own_server.process.send_signal(signal.SIGHUP)
    argosyd.wait_until(lambda: "SIGHUP" in own_server.log.read_text(), "the log says that it came")
    owner = own_server.accounts["owner"]
    assert owner.sts().get_caller_identity()["Account"] == owner.id
    assert own_server.stop() == 0


def test_port_0_takes_a_free_port(own_server, server):
    assert own_server.port != server.port


def test_a_signal_ends_it_also_while_it_starts(own_server):
    """Here the start waits some seconds for the other one to leave the data directory."""
    late = subprocess.Popen(
        [argosyd.BINARY, "--dev", "--data-dir", own_server.data_dir, "--listen", "127.0.0.1:0", "--regions", "us-east-1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    files = pathlib.Path(f"/proc/{late.pid}/fd")
    lock = own_server.data_dir / "lock"
    argosyd.wait_until(lambda: lock in [file.resolve() for file in files.iterdir()], "it waits for the lock")
    late.send_signal(signal.SIGTERM)
    out, said = late.communicate(timeout=argosyd.PATIENCE_S)
    assert (late.returncode, out) == (0, "") and "before the server was ready" in said


@pytest.mark.parametrize("arguments", [["gc"], ["account", "list"]], ids=" ".join)
def test_a_command_beside_it_says_what_is_wrong_with_the_configuration(tmp_path, arguments):
    (tmp_path / "argosyd.yaml").write_text("regoins: [a]\n")
    for more in ([], ["--config", tmp_path / "argosyd.yaml"], ["--config", tmp_path / "absent.yaml"]):
        out = run(*arguments, *more)
        assert (out.returncode, out.stdout) == (BAD_CONFIGURATION, "") and out.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_although_clients_hold_connections(own_server, number):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, {0: disks.block("unread")})
    token = sigv4.form([("blockToken", disks.list_blocks(owner, snapshot)[0])])
    unread = sigv4.sign(owner, sigv4.Request("GET", f"/snapshots/{snapshot}/blocks/0", token), service="ebs")
    held = [
        b"",
        b"POST / HTTP/1.1\r\nHost: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
        sigv4.on_the_wire(unread) * 20,
    ]
    with contextlib.ExitStack() as stack:
        for data in held:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", own_server.port)))
            connection.sendall(data)
        assert owner.sts().get_caller_identity()["Account"] == owner.id  # by now the others were read too
        assert own_server.stop(number) == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", own_server.port))


def test_a_signal_ends_it_cleanly_although_a_list_is_being_looked_for(own_server):
    """Each of two thousand tags is like each of two hundred values but for its end: that takes a while."""
    owner = own_server.accounts["owner"]
    ec2 = owner.ec2()
    made = [ec2.create_key_pair(KeyName=f"pair {number}", KeyType="ed25519") for number in range(40)]
    tags = [{"Key": f"k{number}", "Value": "a" * 256} for number in range(50)]
    ec2.create_tags(Resources=[pair["KeyPairId"] for pair in made], Tags=tags)
    values = {f"Filter__1__Value__{number}": f"*{'a' * 255}{number}" for number in range(1, 201)}
    with concurrent.futures.ThreadPoolExecutor() as pool:
        asked = pool.submit(owner.query, "DescribeTags", Filter__1__Name="value", **values)
        argosyd.wait_until(
            lambda: operator_door.metric(own_server, "argosy_requests_under_way", endpoint="public"),
            "the request is under way",
        )
        assert own_server.stop() == 0
        asked.exception()  # its answer has nobody to go to
    assert "something still runs" not in own_server.log.read_text()


def test_the_accounts_of_dev_are_written_for_their_owner_only(own_server):
    path = own_server.data_dir / "accounts.json"
    assert mode(path) == 0o600
    rows = json.loads(path.read_text())
    assert [row["name"] for row in rows] == ["owner", "recipient", "stranger"]
    for row in rows:
        assert set(row) == {"name", "account_id", "access_key_id", "secret_access_key"}
        assert re.fullmatch("[0-9]{12}", row["account_id"])
        assert re.fullmatch("AKIA[A-Z0-9]{16}", row["access_key_id"])
        assert len(row["secret_access_key"]) >= 40
    for member in ("account_id", "access_key_id", "secret_access_key"):
        assert len({row[member] for row in rows}) == 3


def test_a_second_start_changes_no_account_and_loses_nothing(own_server):
    owner, recipient = own_server.accounts["owner"], own_server.accounts["recipient"]
    before = (own_server.data_dir / "accounts.json").read_text()
    snapshot = disks.upload(owner, {7: disks.block("kept")}, region="eu-west-1")
    image = disks.register(owner, snapshot, region="eu-west-1")
    disks.share_image(owner, image, recipient, region="eu-west-1")
    own_server.stop()
    own_server.start()
    assert (own_server.data_dir / "accounts.json").read_text() == before
    assert disks.describe_image(recipient, image, "eu-west-1")["ImageId"] == image
    assert disks.read(owner, snapshot, "eu-west-1") == {7: disks.block("kept")}


def test_a_region_may_be_added_later(own_server):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, {0: disks.block("old region")})
    image = disks.register(owner, snapshot)
    own_server.stop()
    own_server.arguments = [*own_server.arguments[:-1], own_server.arguments[-1] + ",ap-south-1"]
    own_server.start()
    new = owner.ec2("ap-south-1").copy_image(
        Name="to the new one", SourceImageId=image, SourceRegion="us-east-1"
    )["ImageId"]
    found = disks.await_image(owner, new, "ap-south-1")
    assert disks.read(owner, disks.snapshots_of(found)[0], "ap-south-1") == {0: disks.block("old region")}


def test_what_it_keeps_is_nobody_elses(own_server):
    assert mode(own_server.data_dir) & 0o077 == 0
    assert [path for path in own_server.data_dir.rglob("*") if mode(path) & 0o077] == []


def test_the_root_key_is_a_file_beside_the_data_directory(own_server):
    key = own_server.data_dir.with_name("data.root-key")
    assert mode(key) == 0o600
    content = key.read_bytes().strip()
    assert len(content) >= 32
    for path in own_server.data_dir.rglob("*"):
        assert not path.is_file() or content not in path.read_bytes()


def test_no_secret_is_in_the_data_directory_or_the_log_in_clear(own_server):
    new = own_server.new_account("secretive")
    secrets = [account.secret_access_key.encode() for account in (new, *own_server.accounts.values())]
    assert new.sts().get_caller_identity()["Account"] == new.id
    own_server.stop()
    files = [
        path for path in own_server.data_dir.rglob("*") if path.is_file() and path.name != "accounts.json"
    ]
    for path in [*files, own_server.log]:
        content = path.read_bytes()
        assert not [secret for secret in secrets if secret in content], path


def test_without_its_root_key_nothing_is_served(own_server, tmp_path):
    own_server.stop()
    key = own_server.data_dir.with_name("data.root-key")
    key.rename(tmp_path / "elsewhere")
    out = run(*own_server.arguments)
    assert out.returncode != 0 and "root" in out.stderr and out.stdout == ""
    (tmp_path / "other").write_bytes((tmp_path / "elsewhere").read_bytes()[::-1])
    out = run(*own_server.arguments, "--root-key", tmp_path / "other")
    assert out.returncode != 0 and out.stdout == ""
    own_server.arguments = [*own_server.arguments, "--root-key", tmp_path / "elsewhere"]
    own_server.start()
    assert own_server.accounts["owner"].sts().get_caller_identity()["Account"]


def test_the_root_key_may_not_lie_inside_the_data_directory(tmp_path):
    out = run(
        "--dev",
        "--data-dir",
        tmp_path / "data",
        "--listen",
        "127.0.0.1:0",
        "--regions",
        "us-east-1",
        "--root-key",
        tmp_path / "data" / "key",
    )
    assert out.returncode == BAD_CONFIGURATION and "root key" in out.stderr


def test_a_data_directory_below_a_folder_that_is_gone_is_named(tmp_path):
    (tmp_path / "gone").mkdir()
    start = ["--dev", "--data-dir", "data", "--listen", "127.0.0.1:0", "--regions", "us-east-1"]
    out = subprocess.run(
        ["sh", "-c", 'rmdir "$PWD" && exec "$0" "$@"', argosyd.BINARY, *start],
        capture_output=True,
        text=True,
        timeout=argosyd.PATIENCE_S,
        cwd=tmp_path / "gone",
        check=False,
    )
    assert (out.returncode, out.stdout) == (1, "") and "data: No such file or directory" in out.stderr


def test_a_data_directory_has_one_server(own_server):
    out = run(*own_server.arguments)
    assert out.returncode != 0 and out.stdout == "" and str(own_server.data_dir) in out.stderr
    assert own_server.accounts["owner"].sts().get_caller_identity()["Account"]
    own_server.kill()
    own_server.start()


def test_a_port_that_is_taken_is_named(own_server, tmp_path):
    out = run(
        "--dev",
        "--data-dir",
        tmp_path / "second",
        "--listen",
        f"127.0.0.1:{own_server.port}",
        "--regions",
        "us-east-1",
    )
    assert out.returncode != 0 and str(own_server.port) in out.stderr


def test_without_tls_only_loopback_is_served(tmp_path):
    out = run("--dev", "--data-dir", tmp_path / "data", "--listen", "0.0.0.0:0", "--regions", "us-east-1")
    assert out.returncode != 0 and "TLS" in out.stderr and out.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--dev"],
        ["--nonsense"],
        ["account"],
        ["account", "explode"],
        ["--dev", "--regions", "UPPER", "--data-dir", "d"],
        ["--dev", "--data-dir", "d", "--regions", "us-east-1,us-east-1"],
        ["--config", "/nowhere/argosyd.yaml"],
    ],
)
def test_a_command_line_that_cannot_be_is_refused_with_a_reason(arguments, tmp_path):
    out = subprocess.run(
        [argosyd.BINARY, *arguments],
        capture_output=True,
        text=True,
        timeout=argosyd.PATIENCE_S,
        cwd=tmp_path,
        check=False,
    )
    assert out.returncode != 0 and out.stdout == "" and out.stderr.strip()


@pytest.mark.parametrize("arguments", [["--help"], ["account", "create", "--help"], ["--version"]])
def test_help_and_version_are_given(arguments):
    out = run(*arguments)
    assert out.returncode == 0 and out.stdout.strip() and out.stderr == ""


CONFIGURATION = """\
listen: 127.0.0.1:0
data_directory: {0}/data
root_key: {{file: {0}/data.root-key}}
regions: [north-1, south-1]
limits:
  header_seconds: 1
  header_kib: 8
"""


def start_configured(tmp_path, text):
    path = tmp_path / "argosyd.yaml"
    path.write_text(text.format(tmp_path))
    return argosyd.Server(tmp_path / "data", ["--config", path]).start()


def test_a_configuration_file_gives_regions_and_limits_and_no_accounts(tmp_path):
    server = start_configured(tmp_path, CONFIGURATION)
    try:
        assert not (server.data_dir / "accounts.json").exists()
        account = server.new_account("first")
        found = account.ec2("south-1").describe_regions()["Regions"]
        assert sorted(region["RegionName"] for region in found) == ["north-1", "south-1"]
        with refused("AuthFailure"):
            account.ec2("us-east-1").describe_regions()
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(b"POST / HTTP/1.1\r\nHost: ")
            slow.settimeout(argosyd.PATIENCE_S)
            while slow.recv(4096):
                pass  # an answer may come before the end
    finally:
        server.stop()


@pytest.mark.parametrize(
    "change, line, column, word",
    [
        (("regions: [", "regons: ["), 4, 1, "regons"),
        (("header_kib: 8", "header_kb: 8"), 7, 3, "header_kb"),
        (("header_kib: 8", "header_kib: many"), 7, 15, "header_kib|integer|number"),
        (("header_kib: 8", "header_kib: 0"), 7, 15, ""),
        (("regions: [north-1, south-1]", "regions: {north: 1}"), 4, 10, ""),
        (("regions: [north-1, south-1]", "regions: [north-1, [south-1]]"), 4, 20, ""),
        (("limits:", "listen: 127.0.0.1:1\nlimits:"), 5, 1, "listen"),
        (("limits:\n", "limits: none\n#"), 5, 9, ""),
        (("regions: [north-1, south-1]", "regions: [north-1"), None, None, ""),
        (("listen: 127.0.0.1:0", "\tlisten: 127.0.0.1:0"), 1, None, ""),
    ],
)
def test_a_fault_in_a_configuration_file_is_told_with_line_and_column(tmp_path, change, line, column, word):
    path = tmp_path / "argosyd.yaml"
    text = CONFIGURATION.format(tmp_path).replace(*change)
    if "#" in change[1]:
        text = "".join(text.partition("#")[:2]) + "\n"
    path.write_text(text)
    out = run("--config", path)
    assert out.returncode == BAD_CONFIGURATION and out.stdout == ""
    place = re.search(re.escape(str(path)) + r":(\d+):(\d+): (.+)", out.stderr)
    assert place, out.stderr
    assert line is None or int(place[1]) == line, out.stderr
    assert column is None or int(place[2]) == column, out.stderr
    assert re.search(word, place[3])


@pytest.mark.parametrize("key", ["data_directory", "root_key", "regions"])
def test_a_key_that_is_missing_is_named(tmp_path, key):
    path = tmp_path / "argosyd.yaml"
    path.write_text(re.sub(rf"^{key}: .*\n", "", CONFIGURATION.format(tmp_path), flags=re.MULTILINE))
    out = run("--config", path)
    assert out.returncode == BAD_CONFIGURATION and key in out.stderr and str(path) in out.stderr


def test_tls_is_served_with_the_certificate_of_the_configuration(tmp_path):
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    server = start_configured(
        tmp_path, CONFIGURATION + f"tls:\n  certificate_file: {certificate}\n  key_file: {key}\n"
    )
    try:
        assert server.endpoint.startswith("https://")
        server.certificate = str(certificate)
        expires = operator_door.metric(
            server, "argosy_certificate_expiry_time_seconds", endpoint="public"
        )
        assert 0 < time.time() + 2 * 86_400 - expires < argosyd.PATIENCE_S
        account = server.new_account("first")
        assert account.sts("north-1").get_caller_identity()["Account"] == account.id
        snapshot = disks.upload(account, {0: disks.block("over TLS")}, region="north-1")
        image = disks.register(account, snapshot, region="north-1")
        answer = account.ec2("south-1").copy_image(Name="copy", SourceImageId=image, SourceRegion="north-1")
        copied = disks.snapshots_of(disks.await_image(account, answer["ImageId"], "south-1"))[0]
        assert disks.read(account, copied, "south-1") == {0: disks.block("over TLS")}
        exported = tmp_path / "exported.raw"
        trust = {"AWS_ENDPOINT_URL": server.endpoint, "AWS_CA_BUNDLE": str(certificate)}
        subprocess.run(
            [argosyd.BINARY.with_name("argosy"), "export", f"south-1/{answer['ImageId']}", exported],
            env=account.environment() | trust,
            check=True,
            capture_output=True,
            timeout=argosyd.PATIENCE_S,
        )
        assert exported.read_bytes()[: disks.BLOCK_BYTES] == disks.block("over TLS")
        with attached.attached(account, f"south-1/{copied}", AWS_CA_BUNDLE=certificate) as disk:
            attached.compare(disk.uri, exported)
        with socket.create_connection(("127.0.0.1", server.port)) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            plain.settimeout(argosyd.PATIENCE_S)
            assert not plain.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        server.stop()
