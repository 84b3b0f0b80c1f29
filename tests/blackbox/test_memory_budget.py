"""Memory stays within what the configuration allows, whatever clients send; others are answered meanwhile."""
import concurrent.futures
import contextlib
import socket
import threading

import pytest

import argosyd
import disks
import sigv4

MIB = 1 << 20
CONNECTIONS, HEADER_KIB, BODIES_MIB, ANSWERS_MIB, WORKERS = 2_500, 16, 16, 16, 8
LIMITS = f"""
limits:
  connections: {CONNECTIONS}
  header_kib: {HEADER_KIB}
  bodies_mib: {BODIES_MIB}
  answers_mib: {ANSWERS_MIB}
  workers: {WORKERS}
  header_seconds: 600
  body_seconds: 600
"""
# What a worker holds beside the body: a block, its stored form, a page of a list.
WORKER_MIB = 4
# What the store gathers before it writes, caches of nodes and open databases, and what the allocator keeps.
STORE_MIB = 128


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = argosyd.configured(tmp_path_factory.mktemp("budget"), LIMITS, ["us-east-1"])
    server.idle_mib = peak_mib(server)
    yield server
    assert server.process.poll() is None, "the server died"
    server.kill()


@pytest.fixture(scope="module")
def other(server):
    """Another account, with a snapshot that is there already."""
    account = server.new_account("other")
    account.snapshot = disks.upload(account, {0: disks.block("another's")})
    return account


@pytest.fixture(autouse=True)
def within_budget_and_others_served(server, other):
    yield
    serve(other)
    connections_mib = CONNECTIONS * HEADER_KIB / 1024 + WORKERS * WORKER_MIB
    budget = server.idle_mib + BODIES_MIB + ANSWERS_MIB + connections_mib + STORE_MIB
    assert peak_mib(server) < budget


def peak_mib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def serve(account):
    assert account.sts().get_caller_identity()["Account"] == account.id
    assert disks.read(account, account.snapshot) == {0: disks.block("another's")}


LARGE_FIELD = b"X-Large: " + b"x" * 1_000 + b"\r\n"


@contextlib.contextmanager
def crowd(server, count, first):
    """Connections that have each sent `first`."""
    with contextlib.ExitStack() as stack:
        connections = []
        for _ in range(count):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connection.settimeout(1)
            with contextlib.suppress(OSError):
                connection.sendall(first)
            connections.append(connection)
        yield connections


@pytest.mark.parametrize(
    "first, drop",
    [
        (b"", b""),
        (b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"x" * 100),
        (b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * (HEADER_KIB * 1024 - 100), b"x"),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1048576\r\n\r\nAction=", b"x" * 1_000),
        (b"PUT /snapshots/a/blocks/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"400\r\n"),
        (b"POST / HTTP/1.1\r\n" + b"a:\r\n" * 4_000 + b"Content-Length: 1\r\n\r\n", b""),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\n" + LARGE_FIELD * 15 + b"\r\n", b""),
    ],
    ids=[
        "idle",
        "dripping headers",
        "almost whole headers",
        "dripping forms",
        "chunks that do not come",
        "headers of many fields",
        "headers of large fields",
    ],
)
def test_a_thousand_connections_that_drip(server, other, first, drop):
    with crowd(server, 1_000, first) as connections:
        for _ in range(3):
            for connection in connections:
                with contextlib.suppress(OSError):
                    connection.sendall(drop)
            serve(other)


def exchange(server, wire):
    """The first bytes of the answer, or nothing if the server cut the connection."""
    with crowd(server, 1, b"") as (connection,):
        connection.settimeout(argosyd.PATIENCE_S)
        with contextlib.suppress(OSError):
            connection.sendall(wire)
        with contextlib.suppress(OSError):
            return connection.recv(4_096)
    return b""


@pytest.mark.parametrize(
    "first, more",
    [
        (b"GET /aa HTTP/1.1\r\na:", b"\r\na:" * 1_024),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;", b"x" * 4_096),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"a: b\r\n" * 1_024),
    ],
    ids=["header", "chunk's extension", "trailers"],
)
def test_what_has_no_end_is_cut(server, other, first, more, pieces=100_000):
    with crowd(server, 1, first) as (connection,):
        connection.settimeout(argosyd.PATIENCE_S)
        with pytest.raises(OSError):
            for _ in range(pieces):
                connection.sendall(more)


def test_a_form_of_24_mib_is_refused(server, other):
    body = b"Action=DescribeImages&" + b"ImageId.1=a&" * (2 * MIB)
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    assert exchange(server, head + body)[:12] in (b"HTTP/1.1 413", b"")


@pytest.mark.parametrize(
    "pairs",
    [
        lambda: [(f"ImageId.{n}", "a") for n in range(60_000)],
        lambda: [("ImageId.1000000", "ami-0123456789abcdef0")],
        lambda: [("ImageId.99999999999999999999", "ami-0123456789abcdef0")],
        lambda: [(f"Filter.{n}.Value.{n}", "a") for n in range(1_000)],
        lambda: [(".".join(["Filter.1"] * 10_000), "a")],
    ],
    ids=["sixty thousand", "the millionth alone", "one beyond numbers", "lists in lists", "deep names"],
)
def test_lists_without_measure_are_refused(other, pairs):
    answer = sigv4.post_form(other, [("Action", "DescribeImages"), ("Version", "2016-11-15"), *pairs()])
    assert answer.status == 400 and answer.code


@pytest.mark.parametrize(
    "body", [b"[" * MIB, b'{"Tags":' * 100_000, b'{"Tags": [' + b"{}," * 300_000 + b"{}]}"]
)
def test_json_without_measure_is_refused(other, body):
    json = [("Content-Type", "application/json")]
    request = sigv4.Request("POST", "/snapshots", headers=json, body=body[:MIB])
    answer = sigv4.send(other.server, sigv4.sign(other, request, service="ebs"))
    assert (answer.status, answer.code) == (400, "ValidationException")


@pytest.mark.parametrize(
    "size", [b"7fffffffffffffff", b"ffffffffffffffff", b"fffffffffffffffffffffffff", b"40000000"]
)
def test_a_chunk_that_claims_to_be_huge_takes_no_room(server, other, size):
    head = b"PUT /snapshots/a/blocks/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    with crowd(server, 200, head + size + b"\r\nxxxx") as connections:
        serve(other)
        connections[0].settimeout(argosyd.PATIENCE_S)
        with contextlib.suppress(OSError):
            assert connections[0].recv(4_096)[:10] in (b"", b"HTTP/1.1 4", b"HTTP/1.1 5")


def test_a_thousand_blocks_that_nobody_reads(server, other):
    greedy = server.new_account(disks.unique("greedy"))
    snapshot = disks.upload(greedy, {0: disks.block("unread")})
    token = disks.list_blocks(greedy, snapshot)[0]
    request = sigv4.Request("GET", f"/snapshots/{snapshot}/blocks/0", sigv4.form([("blockToken", token)]))
    wire = sigv4.on_the_wire(sigv4.sign(greedy, request, service="ebs"))
    with contextlib.ExitStack() as stack:
        for number in range(1_000):
            connection = stack.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)  # the kernel takes less of it, too
            connection.settimeout(1)
            with contextlib.suppress(OSError):
                connection.connect(("127.0.0.1", server.port))
                connection.sendall(wire)
            if number % 250 == 249:
                serve(other)


def register_the_largest(account, snapshot):
    """An image with as much as one may have, of characters that XML has six for."""
    pairs = [
        ("Action", "RegisterImage"),
        ("Version", "2016-11-15"),
        ("Name", disks.unique("large")),
        ("Description", '"' * 255),
        ("RootDeviceName", "/dev/xvd1"),
        ("BlockDeviceMapping.1.Ebs.SnapshotId", snapshot),
        ("TagSpecification.1.ResourceType", "image"),
    ]
    pairs += [(f"BlockDeviceMapping.{n}.DeviceName", f"/dev/xvd{n}") for n in range(1, 101)]
    pairs += [(f"BlockDeviceMapping.{n}.VirtualName", "ephemeral0") for n in range(2, 101)]
    for n in range(1, 51):
        pairs.append((f"TagSpecification.1.Tag.{n}.Key", '"' * 126 + f"{n:02}"))
        pairs.append((f"TagSpecification.1.Tag.{n}.Value", '"' * 256))
    answer = sigv4.post_form(account, pairs)
    assert answer.status == 200, answer.body


def test_lists_of_the_largest_images_are_made_a_page_at_a_time(server, other, count=150):
    greedy = server.new_account(disks.unique("greedy"))
    snapshot = disks.upload(greedy, {})
    with concurrent.futures.ThreadPoolExecutor(WORKERS // 2) as pool:
        list(pool.map(lambda _: register_the_largest(greedy, snapshot), range(count)))
        lists = pool.map(lambda _: greedy.query("DescribeImages", Owner__1="self"), range(WORKERS // 2))
        assert [answer.body.count(b"<imageId>") for answer in lists] == [count] * (WORKERS // 2)


def test_an_account_that_uploads_as_fast_as_it_can_leaves_room_for_others(server, other):
    greedy = server.new_account(disks.unique("greedy"))
    snapshot = disks.start(greedy, 64)
    stop = threading.Event()
    blocks = disks.Incompressible(10_000, "greedy")
    client = greedy.ebs()

    def put(first):
        count = 0
        for index in range(first, 10_000, 32):
            if stop.is_set():
                break
            data = blocks[index]
            with contextlib.suppress(client.exceptions.RequestThrottledException):
                disks.put(greedy, snapshot, index, data)
                count += 1
        return count

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        attack = [pool.submit(put, first) for first in range(32)]
        for _ in range(20):
            serve(other)
        stop.set()
        assert sum(future.result() for future in attack) > 0
