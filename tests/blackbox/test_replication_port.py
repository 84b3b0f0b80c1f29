"""What a process listens on beside its endpoint: for its regions among themselves, and for disk servers. Neither is
for users."""
import json
import os
import pathlib
import stat

import pytest

import argosyd
import sigv4

OPERATIONS = ["open", "fetch", "renew", "close"]


@pytest.fixture(scope="module")
def port(server):
    descriptors = pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()
    sockets = {os.readlink(path) for path in descriptors}
    ports = set()
    for row in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = row.split()
        address, state, inode = columns[1], columns[3], columns[9]
        if state == "0A" and f"socket:[{inode}]" in sockets:
            assert address.startswith("0100007F:"), "it listens on more than loopback"
            ports.add(int(address.partition(":")[2], 16))
    (one,) = ports - {server.port}
    return one


class Door:
    """As a server, for sigv4.send."""

    host = "127.0.0.1"

    def __init__(self, port):
        self.port = port


def test_disk_servers_are_answered_reads_of_blocks_alone(server, owner, snapshot):
    def status_of(request, service):
        signed = sigv4.sign(owner, request, service=service)
        return sigv4.send(server, signed, server.data_dir / "disks.sock").status

    read = sigv4.Request(method="GET", path=f"/snapshots/{snapshot}/blocks", headers=[], body=b"")
    assert status_of(read, "ebs") == 200
    start = sigv4.Request(path="/snapshots", headers=[], body=b'{"VolumeSize": 1}')
    assert status_of(start, "ebs") == 404
    listing = b"Action=DescribeImages&Version=2016-11-15"
    call = sigv4.Request(headers=[("Content-Type", "application/x-www-form-urlencoded")], body=listing)
    assert status_of(call, "ec2") == 404


def test_nobody_else_can_stand_in_for_it_to_the_disk_servers(server):
    facts = (server.data_dir / "disks.sock").stat()
    assert stat.S_ISSOCK(facts.st_mode) and stat.S_IMODE(facts.st_mode) == 0o600


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
