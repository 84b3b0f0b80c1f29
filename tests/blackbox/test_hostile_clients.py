"""Clients that break HTTP, send too much, or take their time: they are refused, and nobody else notices."""
import contextlib
import re
import resource
import socket

import pytest

import argosyd
import disks
import sigv4

IDENTITY = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Not the one of all the other tests: what happens to it is told here."""
    server = argosyd.Server(tmp_path_factory.mktemp("hostile") / "data").start()
    yield server
    assert server.process.poll() is None, "the server died"
    server.kill()


@pytest.fixture(scope="module")
def owner(server):
    return server.accounts["owner"]


@pytest.fixture(autouse=True)
def others_are_served(owner):
    yield
    assert owner.sts().get_caller_identity()["Account"] == owner.id


def connect(server):
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.settimeout(argosyd.PATIENCE_S)
    return connection


def receive_all(connection):
    """Until the server closes."""
    out = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            out += part
    return out


def exchange(server, data):
    with connect(server) as connection:
        with contextlib.suppress(OSError):  # it may be cut before all of it is sent
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        return receive_all(connection)


def statuses(answer):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", answer)]


def identity(owner):
    return sigv4.sign(owner, sigv4.form_request(IDENTITY), service="sts")


def length_of(request):
    return b"Content-Length: %d\r\n" % len(request.body)


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 1000,
        b"\xff\xfe\xfd" * 300,
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"/ GET HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\na",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET " + b"/" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 50_000,
    ],
)
def test_what_is_not_http_is_refused_or_cut(server, data):
    assert all(400 <= status < 500 for status in statuses(exchange(server, data)))


def test_a_length_and_chunks_together_are_refused(server, owner):
    request = identity(owner)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(request.body), request.body)
    answer = exchange(
        server, sigv4.on_the_wire(request, length_of(request) + b"Transfer-Encoding: chunked\r\n", chunked)
    )
    assert all(400 <= status < 500 for status in statuses(answer))


@pytest.mark.parametrize(
    "version, headers",
    [
        (b"1.1", b"Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n"),
        (b"1.1", b"Transfer-Encoding: gzip, chunked\r\n"),
        (b"1.0", b"Transfer-Encoding: chunked\r\n"),
    ],
)
def test_a_body_whose_end_others_may_see_elsewhere_is_refused(server, version, headers):
    head = b"POST / HTTP/" + version + b"\r\nHost: x\r\nConnection: keep-alive\r\n"
    data = head + headers + b"\r\n0\r\n\r\n"
    assert statuses(exchange(server, data + data)) == [400], "it answers once and closes"


def test_headers_that_are_too_large_are_refused(server):
    for size in (100_000, 1_000_000):
        answer = exchange(server, b"POST / HTTP/1.1\r\nHost: x\r\nX-Large: " + b"x" * size + b"\r\n\r\n")
        assert statuses(answer) in ([431], [400], [])


@pytest.mark.parametrize("target", [b"/", b"/snapshots"])
def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server, target):
    with connect(server) as connection:
        connection.sendall(b"POST " + target + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n")
        assert statuses(receive_all(connection)) == [413]


def test_chunks_without_end_are_refused(server):
    with connect(server) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for _ in range(1000):
                connection.sendall(chunk)
            pytest.fail("64 MiB of chunks were taken")
        assert statuses(receive_all(connection)) in ([413], [])


CHUNKED = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED + b"0\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        CHUNKED + b"0\r\n" + b"a" * 70_000 + b": x\r\n\r\n",
        b"POST / HTTP/1.1\r\nX: " + b"a" * 66_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a:\r\n" * 16_000 + b"\r\n",
    ],
    ids=["a trailer's value", "a trailer's name", "a header", "many headers"],
)
def test_fields_that_are_too_large_or_too_many_are_refused_or_cut(server, data):
    assert statuses(exchange(server, data)) in ([431], [])


def test_a_form_of_too_many_parameters_is_refused(owner):
    pairs = [("Action", "DescribeImages")] + [(f"ImageId.{number}", "x") for number in range(30_000)]
    answer = sigv4.post_form(owner, pairs)
    assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "body",
    [
        "%",
        "%zz=1",
        "&&&&",
        "=",
        "Action",
        "Action=DescribeImages&Filter.1=x&Filter.1.Name=y",
        "Action=DescribeImages&ImageId.1.1.1=x",
        "Action=DescribeImages&" + ".".join("a" * 5000) + "=1",
        "Action=DescribeImages&ImageId.99999999999999999999=x",
        "Action=DescribeImages&ImageId.1=a&ImageId.1=b",
        "Action=%ff%fe",
        "Action=DescribeImages&DryRun.1=true",
        "Action=" + "A" * 100_000,
    ],
)
def test_a_form_that_makes_no_sense_is_refused(owner, body):
    request = sigv4.Request(headers=[("Content-Type", sigv4.FORM)], body=body.encode())
    answer = sigv4.send(owner.server, sigv4.sign(owner, request))
    assert 400 <= answer.status < 500 and answer.xml.tag == "Response"


MEMBERS = "{" + ",".join(f'"{number}":0' for number in range(60_000)) + "}"


@pytest.mark.parametrize(
    "text",
    [
        MEMBERS,
        '{"KeyId":"x","EncryptionContext":' + MEMBERS + "}",
        "[" + "{}," * 300_000 + "0]",
        '{"Tags":[' + ",".join(["{}"] * 300_000) + '],"VolumeSize":1}',
        '{"VolumeSize":1,"KeyId":"x","Encrypted":true,"Encrypted":false}',
    ],
    ids=["members", "members of members", "a list", "a list of tags", "a member twice"],
)
def test_json_of_more_than_any_request_has_is_refused(owner, text):
    answer = owner.post_kms_text("DescribeKey", text)
    assert answer.status == 400 and b"SerializationException" in answer.body
    request = sigv4.Request("POST", "/snapshots", body=text.encode())
    request.headers.append(("Content-Type", "application/json"))
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert answer.status == 400 and answer.code == "ValidationException"


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT", "BREW"])
def test_another_method_is_refused(server, method):
    answer = exchange(server, f"{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
    assert all(400 <= status < 500 for status in statuses(answer))


def test_several_requests_on_one_connection_get_their_answers_in_order(server, owner):
    requests = [identity(owner) for _ in range(3)]
    answer = exchange(
        server, b"".join(sigv4.on_the_wire(request, length_of(request)) for request in requests)
    )
    assert statuses(answer) == [200, 200, 200]


def test_a_body_in_chunks_is_taken(server, owner):
    request = identity(owner)
    half = len(request.body) // 2
    chunks = (
        b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (request.body[:half], request.body[half:]))
        + b"0\r\n\r\n"
    )
    assert statuses(
        exchange(server, sigv4.on_the_wire(request, b"Transfer-Encoding: chunked\r\n", chunks))
    ) == [200]


def test_who_waits_for_a_hundred_continue_gets_it(server, owner):
    request = identity(owner)
    with connect(server) as connection:
        connection.sendall(
            sigv4.on_the_wire(
                request, length_of(request) + b"Expect: 100-continue\r\nConnection: close\r\n", b""
            )
        )
        assert statuses(connection.recv(4096)) == [100]
        connection.sendall(request.body)
        assert statuses(receive_all(connection)) == [200]


def test_a_connection_is_closed_when_the_client_asks_for_it(server, owner):
    request = identity(owner)
    with connect(server) as connection:
        connection.sendall(sigv4.on_the_wire(request, length_of(request) + b"Connection: close\r\n"))
        assert statuses(receive_all(connection)) == [200]


def test_who_leaves_in_the_middle_of_an_answer_harms_nobody(server, owner, leavers=20):
    snapshot = disks.upload(owner, {0: disks.block("left")})
    token = disks.list_blocks(owner, snapshot)[0]
    for _ in range(leavers):
        request = sigv4.sign(
            owner,
            sigv4.Request("GET", f"/snapshots/{snapshot}/blocks/0", sigv4.form([("blockToken", token)])),
            service="ebs",
        )
        with connect(server) as connection:
            connection.sendall(sigv4.on_the_wire(request))
            connection.recv(100)
    assert disks.read(owner, snapshot) == {0: disks.block("left")}


PUT = b"PUT /snapshots/snap-0123456789abcdef0/blocks/0 HTTP/1.1\r\nHost: x\r\nContent-Length: 524288\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"POST / HTT",
        b"POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nAction",
        PUT + b"first",
        PUT + b"x" * 524_287,
    ],
    ids=["nothing", "request line", "header", "form", "block", "all but a byte of a block"],
)
def test_hundreds_of_slow_clients_do_not_keep_others_waiting(server, owner, head):
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(connect(server)) for _ in range(300)]
        for connection in slow:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError, BlockingIOError, TimeoutError):
                connection.settimeout(0.01)
                connection.sendall(head)
        assert owner.sts().get_caller_identity()["Account"] == owner.id
        snapshot = disks.upload(owner, {0: disks.block("among the slow"), 1: disks.block("and the slower")})
        assert disks.read(owner, snapshot) == {
            0: disks.block("among the slow"),
            1: disks.block("and the slower"),
        }


@pytest.fixture
def patient_server(tmp_path):
    """A server that lets clients be idle for hours, begun with Debian's usual limit of open files. Beside it
    this process may have more."""
    configuration = tmp_path / "argosyd.yaml"
    configuration.write_text(
        f"listen: 127.0.0.1:0\ndata_directory: {tmp_path}/data\nroot_key_file: {tmp_path}/data.root-key\n"
        "regions: [us-east-1]\nlimits: {header_seconds: 3600}\n"
    )
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
    server = argosyd.Server(tmp_path / "data", ["--config", configuration]).start()
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield server
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    server.kill()


def test_more_idle_connections_than_files_may_be_open_do_not_keep_others_waiting(patient_server):
    newcomer = patient_server.new_account("newcomer")
    with contextlib.ExitStack() as stack:
        for _ in range(1500):
            stack.enter_context(connect(patient_server))
        assert newcomer.sts().get_caller_identity()["Account"] == newcomer.id
        snapshot = disks.upload(newcomer, {0: disks.block("crowd")})
        assert disks.read(newcomer, snapshot) == {0: disks.block("crowd")}


def test_those_who_do_not_read_their_answers_do_not_keep_others_waiting(server, owner):
    snapshot = disks.upload(owner, {0: disks.block("unread")})
    token = disks.list_blocks(owner, snapshot)[0]
    request = sigv4.Request("GET", f"/snapshots/{snapshot}/blocks/0", sigv4.form([("blockToken", token)]))
    wire = sigv4.on_the_wire(sigv4.sign(owner, request, service="ebs")) * 20
    with contextlib.ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(connect(server))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(wire)
        assert disks.read(owner, snapshot) == {0: disks.block("unread")}
