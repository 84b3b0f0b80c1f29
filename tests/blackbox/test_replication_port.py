"""The port on which the regions of one process talk to each other: it is not for users."""
import json
import os
import pathlib

import pytest

import argosyd
import sigv4

OPERATIONS = ["open", "fetch", "renew", "close"]


@pytest.fixture(scope="module")
def ports(server):
    """What the process listens on beside its endpoint: for the other regions, and for disk servers."""
    descriptors = pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()
    sockets = {os.readlink(path) for path in descriptors}
    ports = set()
    for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = row.split()
        address, state, inode = columns[1], columns[3], columns[9]
        if state == "0A" and f"socket:[{inode}]" in sockets:
            assert address.startswith("0100007F:"), "it listens on more than loopback"
            ports.add(int(address.partition(":")[2], 16))
    others = ports - {server.port}
    assert len(others) == 2
    return others


def is_for_regions(port):
    request = sigv4.Request(path="/replication/open", headers=[], body=b"{}")
    return sigv4.send(Door(port), request).status != 404


@pytest.fixture(scope="module")
def port(ports):
    (one,) = filter(is_for_regions, ports)
    return one


@pytest.fixture(scope="module")
def disk_port(ports, port):
    (one,) = ports - {port}
    return one


class Door:
    """As a server, for sigv4.send."""

    host = "127.0.0.1"

    def __init__(self, port):
        self.port = port


def test_the_port_of_disk_servers_answers_reads_of_blocks_alone(owner, snapshot, disk_port):
    door = Door(disk_port)
    read = sigv4.Request(method="GET", path=f"/snapshots/{snapshot}/blocks", headers=[], body=b"")
    assert sigv4.send(door, sigv4.sign(owner, read, service="ebs")).status == 200
    start = sigv4.Request(path="/snapshots", headers=[], body=b'{"VolumeSize": 1}')
    assert sigv4.send(door, sigv4.sign(owner, start, service="ebs")).status == 404
    listing = b"Action=DescribeImages&Version=2016-11-15"
    call = sigv4.Request(headers=[("Content-Type", "application/x-www-form-urlencoded")], body=listing)
    assert sigv4.send(door, sigv4.sign(owner, call, service="ec2")).status == 404


def ask(port, account, operation, access_key_id=None, **options):
    row = {"name": "peer", "account_id": account.id, "access_key_id": access_key_id or account.access_key_id}
    peer = argosyd.Account(Door(port), row | {"secret_access_key": account.secret_access_key})
    body = json.dumps(
        {"account": account.id, "resource": options.pop("resource", "ami-0123456789abcdef0")}
    ).encode()
    request = sigv4.Request(
        path=f"/replication/{operation}", headers=[("Content-Type", "application/json")], body=body
    )
    return sigv4.send(peer.server, sigv4.sign(peer, request, **options))


@pytest.mark.parametrize("service", ["argosy", "ec2", "ebs"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_users_key_opens_it(port, owner, image, operation, service):
    answer = ask(port, owner, operation, service=service, resource=image)
    assert answer.status in (401, 403) and b"lease" not in answer.body


@pytest.mark.parametrize("name", argosyd.REGIONS)
def test_nobody_passes_for_a_region(port, owner, image, name):
    answer = ask(port, owner, "open", name, service="argosy", resource=image)
    assert answer.status in (401, 403) and b"lease" not in answer.body


@pytest.mark.parametrize("operation", OPERATIONS)
def test_without_a_signature_it_stays_closed(port, operation):
    request = sigv4.Request(
        path=f"/replication/{operation}", headers=[("Host", f"127.0.0.1:{port}")], body=b"{}"
    )
    assert sigv4.send(Door(port), request).status in (400, 401, 403)


@pytest.mark.parametrize("service", ["argosy", "ec2", "ebs"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_endpoint_of_users_does_not_speak_it(server, owner, image, operation, service):
    answer = ask(server.port, owner, operation, service=service, resource=image)
    assert 400 <= answer.status < 500 and b"lease" not in answer.body


def test_it_does_not_speak_to_users_as_ec2(port, owner):
    peer = argosyd.Account(
        Door(port),
        {
            "name": "user",
            "account_id": owner.id,
            "access_key_id": owner.access_key_id,
            "secret_access_key": owner.secret_access_key,
        },
    )
    assert peer.query("DescribeImages").status in (401, 403, 404)
