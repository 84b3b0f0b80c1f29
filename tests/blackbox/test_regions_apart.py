"""Regions in processes of their own: copies between them, what a peer may do, and certificates."""
import contextlib
import json
import shutil
import socket
import ssl
import subprocess

import pytest

import argosyd
import disks
import partition as apart
from argosyd import refused, wait_until

BLOCKS = {0: disks.block("apart 0"), 1: disks.block("apart 1"), 300: disks.block("apart 300")}


@pytest.fixture(scope="module")
def partition(tmp_path_factory):
    made = apart.Partition(tmp_path_factory.mktemp("apart")).start()
    yield made
    made.check_alive()
    made.stop()


@pytest.fixture
def own_partition(tmp_path):
    """For a test that stops, starts or reconfigures processes."""
    made = apart.Partition(tmp_path)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def account(partition):
    """One account, by process."""
    return partition.new_account("team")


@pytest.fixture(scope="module")
def image(account):
    """On alpha, private."""
    return disks.register(account["alpha"], disks.upload(account["alpha"], BLOCKS))


def copy_image(account, image, source="us-east-1", destination="us-west-2", **options):
    return account.ec2(destination).copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion=source, **options
    )["ImageId"]


def content_digest(account, snapshot, region):
    answer = account.query("DescribeSnapshots", region, SnapshotId__1=snapshot)
    return answer.body.partition(b"<contentDigest>")[2][:64]


def test_an_image_is_copied_bit_for_bit(account, image):
    copied = copy_image(account["beta"], image)
    found = disks.await_image(account["beta"], copied, "us-west-2")
    snapshot = disks.snapshots_of(found)[0]
    assert disks.read(account["beta"], snapshot, "us-west-2") == BLOCKS
    source = disks.snapshots_of(disks.describe_image(account["alpha"], image))[0]
    digest = content_digest(account["alpha"], source, "us-east-1")
    assert len(digest) == 64 and digest == content_digest(account["beta"], snapshot, "us-west-2")


def test_a_snapshot_is_copied_on_and_moves_only_what_is_not_there(account, image):
    source = disks.snapshots_of(disks.describe_image(account["alpha"], image))[0]
    for destination, region in (("gamma", "eu-west-1"), ("gamma", "eu-west-1")):
        made = account[destination].ec2(region).copy_snapshot(
            SourceRegion="us-east-1", SourceSnapshotId=source
        )["SnapshotId"]
        disks.await_snapshot(account[destination], made, region)
        assert disks.read(account[destination], made, region) == BLOCKS
    answer = account["gamma"].query("DescribeSnapshots", "eu-west-1", SnapshotId__1=made)
    assert b"<copyBytesMoved>0</copyBytesMoved>" in answer.body


def test_every_process_lists_every_region_and_where_it_is(partition, account):
    for process in partition.processes.values():
        found = account[process.name].ec2(process.region).describe_regions()["Regions"]
        assert {entry["RegionName"]: entry["Endpoint"] for entry in found} == {
            other.region: f"{other.address}:{apart.PUBLIC_PORT}" for other in partition.processes.values()
        }


def test_who_knows_one_endpoint_finds_the_others_with_their_own_regions_name(account):
    found = account["alpha"].ec2("eu-west-1").describe_regions(RegionNames=["eu-west-1"])["Regions"]
    assert [entry["RegionName"] for entry in found] == ["eu-west-1"]
    with refused("AuthFailure"):
        account["alpha"].ec2("eu-west-1").describe_images()
    with refused("AuthFailure"):
        account["alpha"].ec2("mars-north-1").describe_regions()


def test_the_argosy_command_follows_the_regions(account, image):
    out = subprocess.run(
        [argosyd.BINARY.parent / "argosy", "copy", f"us-east-1/{image}", "--to", "us-west-2,eu-west-1",
         "--name", disks.unique("followed"), "--output", "json"],
        env=account["alpha"].environment() | {"AWS_ENDPOINT_URL": account["alpha"].server.endpoint},
        capture_output=True, text=True, timeout=argosyd.PATIENCE_S, check=False,
    )
    assert out.returncode == 0, out.stderr
    for region, process in (("us-west-2", "beta"), ("eu-west-1", "gamma")):
        assert region in out.stdout
        names = [i["Name"] for i in account[process].ec2(region).describe_images(Owners=["self"])["Images"]]
        assert any(name.startswith("followed") for name in names)


def test_every_opening_is_on_record_at_the_source(partition, account, image):
    copy_image(account["beta"], image)
    latest = partition.alpha.openings()[0]
    assert latest.pop("at").endswith("Z")
    assert latest == {
        "region": "us-east-1", "peer": "beta", "asking_region": "us-west-2",
        "account_id": account["alpha"].id, "resource": image, "outcome": "opened",
    }


def test_what_may_not_be_opened_is_refused_and_on_record(partition, account, image):
    other = partition.new_account(disks.unique("other"))
    for resource in (image, "ami-00000000000000000"):
        with refused("InvalidRequest", "InvalidAMIID.NotFound"):
            copy_image(other["beta"], resource)
        latest = partition.alpha.openings()[0]
        assert (latest["account_id"], latest["resource"]) == (other["alpha"].id, resource)
        assert latest["outcome"] != "opened"


def ask(partition, operation, body, **changes):
    options = {"destination": "us-west-2", "source": "us-east-1"} | changes
    status, answer = apart.ask(partition, "beta", partition.alpha, operation, body, **options)
    return status, answer


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "mars-north-1", ""])
def test_a_peer_that_passes_for_another_region_is_refused(partition, account, image, region):
    before = len(partition.alpha.openings())
    body = {"account": account["alpha"].id, "resource": image}
    status, answer = ask(partition, "open", body, destination=region)
    assert status == 403 and json.loads(answer)["code"] == "AccessDenied"
    openings = partition.alpha.openings()
    assert len(openings) == before + 1
    assert (openings[0]["peer"], openings[0]["asking_region"], openings[0]["outcome"]) == (
        "beta", region, "AccessDenied",
    )


def test_a_region_that_is_not_here_cannot_be_asked(partition, account, image):
    body = {"account": account["alpha"].id, "resource": image}
    status, answer = ask(partition, "open", body, source="eu-west-1")
    assert status == 404 and b"lease" not in answer


def test_a_peer_is_given_nothing_that_it_has_not_opened(partition, account, image):
    other = partition.new_account(disks.unique("another"))
    theirs = disks.upload(other["alpha"], BLOCKS)
    status, answer = ask(partition, "open", {"account": account["alpha"].id, "resource": image})
    opened = json.loads(answer)
    assert status == 200
    snapshot = opened["snapshots"][0]["snapshot_id"]
    root = {"level": 3, "position": 0, "slots": "AA=="}

    def fetch(**changes):
        body = {"lease": opened["lease"], "snapshot_id": snapshot, "ranges": [root]} | changes
        return ask(partition, "fetch", body)

    assert fetch()[0] == 200
    for ranges in (
        [{"level": 3, "position": 1, "slots": "AA=="}],
        [{"level": 4, "position": 0, "slots": "AA=="}],
        [{"level": -1, "position": 0, "slots": "AA=="}],
        [{"level": 1, "position": 2**62, "slots": "AA=="}],
        [{"level": 1, "position": -(2**62), "slots": "AA=="}],
        [{"level": 1, "position": 0, "slots": "Bw=="}],
        [{"level": 2, "position": 0, "slots": "/w=="}],
        [root] * 65,
        [root | {"slots": "AAAA" * 30}],
        [],
    ):
        status, answer = fetch(ranges=ranges)
        assert status == 400 and json.loads(answer)["code"] == "InvalidRange", ranges
    assert fetch(snapshot_id=theirs)[0] == 400
    assert partition.alpha.openings()[0]["resource"] == theirs
    assert fetch(lease="00000000-0000-4000-8000-000000000000")[0] == 404
    with_gamma = apart.ask(
        partition, "gamma", partition.alpha, "fetch",
        {"lease": opened["lease"], "snapshot_id": snapshot, "ranges": [root]},
        destination="eu-west-1", source="us-east-1",
    )
    assert with_gamma[0] == 404, "another peer's lease"
    assert ask(partition, "close", {"lease": opened["lease"]})[0] == 200
    assert fetch()[0] == 404, "a lease that was closed"
    assert ask(partition, "renew", {"lease": opened["lease"]})[0] == 404


def test_in_the_name_of_a_disabled_account_a_peer_is_given_nothing(partition):
    team = partition.new_account(disks.unique("disabled"))
    image = disks.register(team["alpha"], disks.upload(team["alpha"], BLOCKS))
    body = {"account": team["alpha"].id, "resource": image}
    status, answer = ask(partition, "open", body)
    assert status == 200
    lease = {"lease": json.loads(answer)["lease"]}
    partition.alpha.run("account", "disable", team["alpha"].id)
    status, answer = ask(partition, "open", body)
    assert status == 403 and json.loads(answer)["code"] == "UnauthorizedOperation"
    assert partition.alpha.openings()[0]["outcome"] == "UnauthorizedOperation"
    assert ask(partition, "renew", lease)[0] == 404
    with refused("UnauthorizedOperation"):
        copy_image(team["beta"], image)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"account": 1}', b'{"lease": null, "ranges": {}}']
)
def test_what_is_no_message_is_refused(partition, body):
    for operation in ("open", "renew", "close", "fetch"):
        head = (
            f"POST /replication/{operation} HTTP/1.1\r\nHost: alpha\r\nArgosy-Source-Region: us-east-1\r\n"
            "Argosy-Destination-Region: us-west-2\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        with socket.create_connection((partition.alpha.address, apart.REPLICATION_PORT)) as plain:
            with partition.context("beta").wrap_socket(plain) as stream:
                stream.sendall(head.encode() + body)
                assert stream.recv(1000).split()[1] == b"400"


def open_with(partition, context):
    """Whether alpha answers to that TLS at all."""
    try:
        asked = {"account": "1" * 12, "resource": "ami-00000000000000000"}
        status, _ = ask(partition, "open", asked, context=context)
    except (ssl.SSLError, ConnectionError):
        return None
    return status


def test_only_tls_1_3_with_a_certificate_of_the_authority_opens_the_door(partition, tmp_path):
    assert open_with(partition, partition.context("beta")) == 404
    nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    nobody.check_hostname, nobody.verify_mode = False, ssl.CERT_NONE
    assert open_with(partition, nobody) is None
    old = partition.context("beta")
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert open_with(partition, old) is None
    apart.certificate("authority", "--directory", tmp_path)
    apart.certificate("issue", "beta", "--directory", tmp_path)
    assert open_with(partition, partition.context("beta", certificate_of=tmp_path)) is None
    assert "was refused by TLS" in partition.alpha.log.read_text()
    stranger = partition.certificates
    apart.certificate("issue", "delta", "--directory", stranger)
    assert open_with(partition, partition.context("delta")) == 403, "the authority's, but no peer's"
    with socket.create_connection((partition.alpha.address, apart.REPLICATION_PORT)) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nHost: alpha\r\n\r\n")
        assert not plain.recv(1000).startswith(b"HTTP/1.1 200")


def test_who_does_not_finish_his_handshake_keeps_nobody_out(partition):
    with contextlib.ExitStack() as stack:
        for _ in range(200):  # more than are served at the same time
            idle = socket.create_connection((partition.alpha.address, apart.REPLICATION_PORT))
            stack.enter_context(contextlib.closing(idle))
        assert open_with(partition, partition.context("beta")) == 404


def test_a_source_that_is_not_who_it_should_be_is_not_asked(own_partition):
    partition = own_partition.start()
    account = partition.new_account("team")
    image = disks.register(account["alpha"], disks.upload(account["alpha"], BLOCKS))
    partition.beta.stop()
    partition.line("beta", "alpha")["certificate_name"] = "somebody-else"
    partition.beta.write_config().start()
    with refused("Unavailable"):
        copy_image(account["beta"], image)
    assert not partition.alpha.openings()


def test_a_peer_speaks_only_for_the_accounts_of_its_line(own_partition):
    partition = own_partition
    partition.start()
    listed, other = partition.new_account("listed"), partition.new_account("other")
    images = [
        disks.register(account["alpha"], disks.upload(account["alpha"], BLOCKS))
        for account in (listed, other)
    ]
    other["alpha"].ec2().modify_image_attribute(
        ImageId=images[1], LaunchPermission={"Add": [{"Group": "all"}]}
    )
    running = copy_image(other["beta"], images[1])
    partition.alpha.stop()
    partition.line("alpha", "beta")["accounts"] = [listed["alpha"].id]
    partition.alpha.write_config().start()
    disks.await_image(listed["beta"], copy_image(listed["beta"], images[0]), "us-west-2")
    answers = set()
    for resource in (images[1], "ami-00000000000000000"):
        with pytest.raises(argosyd.botocore.exceptions.ClientError) as caught:
            copy_image(other["beta"], resource)
        answers.add((caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]))
        # The copy that was under way asks by its lease meanwhile, and is refused too.
        latest = next(row for row in partition.alpha.openings() if row["resource"] == resource)
        assert latest["outcome"] == "UnauthorizedOperation"
    assert len(answers) == 1, "nothing tells what is there"
    assert next(iter(answers))[0] == "UnauthorizedOperation"
    found = wait_until(
        lambda: (i := disks.describe_image(other["beta"], running, "us-west-2"))["State"] != "pending" and i,
        "the copy that was under way neither ended nor failed",
    )
    if found["State"] == "failed":
        assert found["StateReason"]["Message"]


def test_a_copy_waits_for_a_peer_that_is_away_and_moves_nothing_again(own_partition):
    partition = own_partition.start()
    account = partition.new_account("team")
    blocks = disks.Incompressible(600, "away")
    image = disks.register(account["alpha"], disks.upload(account["alpha"], blocks))
    copied = copy_image(account["beta"], image)
    snapshot = disks.snapshots_of(disks.describe_image(account["beta"], copied, "us-west-2"))[0]
    wait_until(
        lambda: disks.describe_snapshot(account["beta"], snapshot, "us-west-2")["Progress"] not in ("", "0%"),
        "the copy does not begin",
    )
    partition.alpha.kill()

    def told():
        found = disks.describe_snapshot(account["beta"], snapshot, "us-west-2")
        return found["State"] == "completed" or "us-east-1" in found.get("StateMessage", "")

    wait_until(told, "nobody says what the copy waits for")
    finished = disks.describe_snapshot(account["beta"], snapshot, "us-west-2")["State"] == "completed"
    if not finished:
        waiting = disks.describe_image(account["beta"], copied, "us-west-2")
        assert waiting["State"] == "pending" and "us-east-1" in waiting["StateReason"]["Message"]
    partition.alpha.start()
    found = disks.await_image(account["beta"], copied, "us-west-2")
    assert "StateReason" not in found
    found = disks.await_snapshot(account["beta"], snapshot, "us-west-2")
    assert not found.get("StateMessage")
    disks.verify(account["beta"], snapshot, blocks, "us-west-2")
    answer = account["beta"].query("DescribeSnapshots", "us-west-2", SnapshotId__1=snapshot).body
    moved = int(answer.partition(b"<copyBytesMoved>")[2].partition(b"<")[0])
    total = int(answer.partition(b"<copyBytesTotal>")[2].partition(b"<")[0])
    # Not again what has arrived: at most what two connections had under way comes twice.
    assert moved < total + 2 * 16 * disks.BLOCK_BYTES + 2**20


def test_certificates_are_replaced_without_a_restart(own_partition, tmp_path):
    partition = own_partition.start()
    account = partition.new_account("team")
    image = disks.register(account["alpha"], disks.upload(account["alpha"], BLOCKS))
    disks.await_image(account["beta"], copy_image(account["beta"], image), "us-west-2")
    first = served_certificate(partition)

    # Files that do not fit each other change nothing, and are complained about.
    key = partition.certificates / "alpha.key"
    right = key.read_text()
    key.write_text("no key")
    wait_until(
        lambda: served_certificate(partition)
        and "goes on with what was read before" in partition.alpha.log.read_text(),
        "the log does not complain about the key",
    )
    assert served_certificate(partition) == first
    key.write_text(right)

    # A new authority for all: who still shows the old one's certificate is refused.
    before = partition.context("gamma")
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    apart.certificate("authority", "--directory", fresh)
    for name, process in partition.processes.items():
        apart.certificate("issue", name, process.address, "--directory", fresh)
    for file in fresh.iterdir():
        shutil.copy(file, partition.certificates / file.name)
    wait_until(lambda: served_certificate(partition) not in (None, first), "the new certificate is served")
    assert open_with(partition, before) is None
    another = copy_image(account["beta"], image)
    disks.await_image(account["beta"], another, "us-west-2")
    assert all(process.process.poll() is None for process in partition.processes.values())


def served_certificate(partition):
    """What alpha shows to a peer; nothing if there is no handshake."""
    context = partition.context("beta")
    context.verify_mode = ssl.CERT_NONE
    try:
        with socket.create_connection((partition.alpha.address, apart.REPLICATION_PORT)) as plain:
            with context.wrap_socket(plain) as stream:
                return stream.getpeercert(binary_form=True)
    except (ssl.SSLError, ConnectionError):
        return None
