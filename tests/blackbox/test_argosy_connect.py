"""argosy connect: what becomes ssh, and why it sometimes does not."""
import os

import pytest

import scripted
from argosy import argosy, run

INSTANCE = "i-0123456789abcdef0"


@pytest.fixture
def ssh(tmp_path):
    """A program of that name that prints what it was given."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 7\n')
    program.chmod(0o755)
    return f"{program.parent}:{os.environ['PATH']}"


@pytest.fixture
def service():
    made = []

    def make(*answers):
        made.append(scripted.Scripted(DescribeInstances=answers))
        return made[-1].endpoint

    yield make
    for one in made:
        one.close()


def test_it_becomes_ssh_to_the_instances_address_with_its_exit_code(owner, ssh, service):
    endpoint = service(scripted.instances(INSTANCE, "running", ipAddress="127.64.1.2", privateIpAddress="10.0.0.1"))
    out, _ = run(
        owner,
        "connect",
        f"us-west-2/{INSTANCE}",
        "--",
        "-l",
        "admin",
        "uptime --pretty",
        status=7,
        PATH=ssh,
        AWS_ENDPOINT_URL=endpoint,
    )
    assert out.splitlines() == [
        "-o",
        f"HostKeyAlias={INSTANCE}",
        "-o",
        "CheckHostIP=no",
        "127.64.1.2",
        "-l",
        "admin",
        "uptime --pretty",
    ]


def test_the_private_address_will_do(owner, ssh, service):
    endpoint = service(scripted.instances(INSTANCE, "running", privateIpAddress="10.0.0.1"))
    out, _ = run(owner, "connect", INSTANCE, status=7, PATH=ssh, AWS_ENDPOINT_URL=endpoint)
    assert out.splitlines()[-1] == "10.0.0.1"


@pytest.mark.parametrize(
    "state, members, told",
    [
        ("pending", {}, "is pending: only a running instance answers"),
        ("stopped", {"ipAddress": "127.64.1.2"}, "is stopped: start it first"),
        (
            "terminated",
            {"stateReason": "<code>Client.InternalError</code><message>Client error on launch</message>"},
            "is terminated (Client.InternalError: Client error on launch)",
        ),
        ("running", {}, "has no address"),
        ("running", {"ipAddress": "-oProxyCommand=touch"}, "has an address that is none"),
        ("running", {"ipAddress": "host.example"}, "has an address that is none"),
    ],
)
def test_what_cannot_be_connected_to_is_said(owner, ssh, service, state, members, told):
    endpoint = service(scripted.instances(INSTANCE, state, **members))
    complaint = argosy(owner, "connect", INSTANCE, status=4, PATH=ssh, AWS_ENDPOINT_URL=endpoint)
    assert f"us-east-1/{INSTANCE} {told}" in complaint


def test_an_instance_that_is_not_there_is_refused_as_the_service_says(owner, ssh, service):
    endpoint = service(scripted.error("InvalidInstanceID.NotFound"))
    complaint = argosy(owner, "connect", INSTANCE, status=254, PATH=ssh, AWS_ENDPOINT_URL=endpoint)
    assert "InvalidInstanceID.NotFound" in complaint and "belongs to one region" in complaint


def test_without_ssh_it_says_what_to_install(owner, service):
    endpoint = service(scripted.instances(INSTANCE, "running", ipAddress="127.64.1.2"))
    complaint = argosy(owner, "connect", INSTANCE, status=1, PATH="/nowhere", AWS_ENDPOINT_URL=endpoint)
    assert "openssh-client" in complaint


@pytest.mark.parametrize("wrong", ["nonsense", "ami-0123456789abcdef0", "us-east-1/i-xyz"])
def test_what_is_no_instance_is_a_mistake(owner, wrong):
    argosy(owner, "connect", wrong, status=252)
