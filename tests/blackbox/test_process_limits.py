"""Limits of the process, set low: requests that wait for a worker, answers that nobody reads."""
import concurrent.futures
import contextlib
import os
import pathlib
import socket
import sqlite3

import pytest

import argosyd
import disks
import operator_door
import sigv4
from argosyd import wait_until


@contextlib.contextmanager
def configured(folder, limits):
    folder.mkdir()
    server = argosyd.configured(folder, f"limits: {{{limits}}}\n")
    try:
        yield server
    finally:
        server.kill()


@contextlib.contextmanager
def nobody_writes(server):
    """Whoever wants to write into the catalogue of us-east-1 waits, and a worker with him."""
    path = server.data_dir / "regions/us-east-1/catalogue.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        yield


def load(server, name):
    return operator_door.metric(server, f"argosy_{name}", endpoint="public")


def test_only_so_many_requests_wait_for_a_worker_and_the_next_is_refused_at_once(tmp_path):
    with configured(tmp_path / "busy", "workers: 1, waiting_requests: 2") as server:
        busy, other = server.new_account("busy"), server.new_account("other")
        snapshot = disks.start(busy)

        def write():
            return busy.query("CreateTags", ResourceId__1=snapshot, Tag__1__Key="k", Tag__1__Value="v")

        def waiting(count):
            """So many wait, and one more has the worker."""
            under_way = load(server, "requests_under_way")
            return under_way == count + 1 and load(server, "waiting_requests") == count

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            answers = []
            with nobody_writes(server):
                for count in range(3):
                    answers.append(pool.submit(write))
                    wait_until(lambda: waiting(count), f"{count} requests that wait")
                for account in (busy, other):
                    refused = account.query("DescribeRegions")
                    assert (refused.status, refused.code) == (503, "RequestLimitExceeded")
                blocks = sigv4.Request("GET", f"/snapshots/{snapshot}/blocks")
                refused = sigv4.send(server, sigv4.sign(busy, blocks, service="ebs"))
                assert (refused.status, refused.code) == (503, "RequestThrottledException")
            assert [answer.result().status for answer in answers] == [200, 200, 200]
        assert other.query("DescribeRegions").status == 200
        assert operator_door.metric(server, "argosy_refusals_total", reason="worker_queue") == 3


def a_block(account):
    snapshot = disks.upload(account, {0: disks.block("unread")})
    token = disks.list_blocks(account, snapshot)[0]
    request = sigv4.Request("GET", f"/snapshots/{snapshot}/blocks/0", sigv4.form([("blockToken", token)]))
    return sigv4.sign(account, request, service="ebs")


def a_long_list(account):
    snapshot = disks.upload(account, {})
    for number in range(60):
        disks.register(account, snapshot, Description=f"{number}" * 100)
    query = sigv4.form([("Action", "DescribeImages"), ("Version", "2016-11-15"), ("Owner.1", "self")])
    return sigv4.sign(account, sigv4.Request("GET", "/", query))


@pytest.mark.parametrize("make_request", [a_block, a_long_list])
def test_who_does_not_read_his_answers_in_time_is_cut_off(tmp_path, make_request):
    """He sends requests ahead for more than the buffers between him and the server hold."""
    with configured(tmp_path / "hasty", "response_seconds: 1") as hasty, configured(
        tmp_path / "patient", "response_seconds: 3600"
    ) as patient, contextlib.ExitStack() as stack:
        connections, wanted = {}, {}
        for server in (hasty, patient):
            request = make_request(server.new_account("slow"))
            one = len(sigv4.send(server, request).body)
            count = 16_000_000 // one
            wanted[server] = one * count
            connections[server] = stack.enter_context(socket.socket())
            connections[server].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connections[server].settimeout(argosyd.PATIENCE_S)
            connections[server].connect((server.host, server.port))
            last = sigv4.on_the_wire(request, b"Connection: close\r\n")
            connections[server].sendall(sigv4.on_the_wire(request) * (count - 1) + last)
        wait_until(lambda: load(hasty, "requests_under_way") == 0, "the server still waits for a client")
        assert read_all(connections[hasty]) < wanted[hasty]
        assert read_all(connections[patient]) > wanted[patient]


def read_all(connection):
    """How many bytes come until the server closes."""
    count = 0
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(1_000_000):
            count += len(part)
    return count


def inner_ports(server):
    """What the process listens on beside its endpoint."""
    sockets = {os.readlink(path) for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()}
    rows = [row.split() for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]]
    listening = [row for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets]
    return {int(row[1].partition(":")[2], 16) for row in listening} - {server.port}


def test_whoever_fills_the_inner_doors_leaves_files_for_everything_else(tmp_path):
    server = argosyd.Server(tmp_path / "data")
    server.prefix = ["prlimit", "--nofile=600:600"]
    try:
        owner = server.start().accounts["owner"]
        ports = inner_ports(server)
        with contextlib.ExitStack() as stack:
            for port in ports:
                for _ in range(700 // len(ports)):
                    stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            snapshot = disks.upload(owner, {0: disks.block("beside a crowd")})
            assert disks.read(owner, snapshot) == {0: disks.block("beside a crowd")}
            assert operator_door.metric(server, "process_open_fds") < 600
    finally:
        server.kill()
