"""argosy verify --launch, at a service that follows a script: what is reported, and that nothing is left behind."""
import base64
import signal

import pytest

import argosy as command
import scripted
from argosy import argosy, argosy_json
from argosyd import wait_until

IMAGE = "ami-0123456789abcdef0"
INSTANCE = "i-0123456789abcdef0"
LAUNCHED = (
    f"<RunInstancesResponse><instancesSet><item><instanceId>{INSTANCE}</instanceId></item></instancesSet>"
    "</RunInstancesResponse>"
)


def console(text):
    output = base64.b64encode(text.encode()).decode()
    return f"<GetConsoleOutputResponse><output>{output}</output></GetConsoleOutputResponse>"


@pytest.fixture
def service():
    made = scripted.Scripted(
        RunInstances=[LAUNCHED],
        DescribeInstances=[scripted.instances(INSTANCE, "pending"), scripted.instances(INSTANCE, "running")],
        GetConsoleOutput=[console("Linux\r\n"), console("Linux\r\nweb login: \r\n")],
        TerminateInstances=["<TerminateInstancesResponse/>"],
    )
    yield made
    made.close()


def verify(account, service, *more, json=True, **how):
    call = argosy_json if json else argosy
    return call(account, "verify", "--launch", f"us-west-2/{IMAGE}", *more, AWS_ENDPOINT_URL=service.endpoint, **how)


def test_an_image_that_boots_is_reported_with_its_line(owner, service):
    found = verify(owner, service, "--expect", "login:")
    assert found["booted"] and found["line"] == "web login: " and found["error"] is None
    assert (found["image_id"], found["instance_id"], found["region"]) == (IMAGE, INSTANCE, "us-west-2")
    assert found["terminated"] and service.count("TerminateInstances") == 1


def test_people_read_one_line(owner, service):
    out = verify(owner, service, json=False)
    assert out.startswith(f'us-west-2/{IMAGE} boots: "Linux" after ') and f"{INSTANCE} is terminated" in out


def test_it_is_launched_as_the_account_of_the_profile(owner, recipient, service, tmp_path):
    config = command.write_profiles(tmp_path / "config", friend=recipient)
    config.write_text(config.read_text().replace(recipient.server.endpoint, service.endpoint))
    found = verify(owner, service, "--as", "friend", AWS_CONFIG_FILE=config)
    assert found["booted"] and found["profile"] == "friend"


def test_a_machine_that_ends_before_has_not_booted(owner, service):
    reason = "<code>Client.InternalError</code><message>Client error on launch</message>"
    service.answers["DescribeInstances"] = [scripted.instances(INSTANCE, "terminated", stateReason=reason)]
    service.answers["GetConsoleOutput"] = [console("")]
    found = verify(owner, service, status=1)
    assert not found["booted"] and "Client error on launch" in found["error"]["message"]
    assert found["state"] == "terminated" and service.count("TerminateInstances") == 1


def test_an_image_that_is_refused_is_told_by_its_code(owner, service):
    service.answers["RunInstances"] = [scripted.error("AuthFailure", f"Not authorized for images: [{IMAGE}]")]
    found = verify(owner, service, status=254)
    assert found["error"]["code"] == "AuthFailure" and found["instance_id"] is None
    assert service.count("TerminateInstances") == 0
    assert "argosy share" in verify(owner, service, json=False, status=254)


def test_a_line_that_does_not_come_ends_the_waiting_and_the_machine(owner, service):
    found = verify(owner, service, "--expect", "never", "--timeout", "1s", status=6)
    assert not found["booted"] and found["terminated"]


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_terminates_the_machine(owner, service, number, status):
    process = command.start(
        owner, "verify", "--launch", IMAGE, "--expect", "never", AWS_ENDPOINT_URL=service.endpoint
    )
    wait_until(lambda: service.count("GetConsoleOutput"), "the machine is being watched")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == status
    assert service.count("TerminateInstances") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("--launch", IMAGE, IMAGE),
        ("--launch", "snap-01234567"),
        (IMAGE,),
        (IMAGE, IMAGE, "--as", "friend"),
        (IMAGE, IMAGE, "--expect", "x"),
    ],
)
def test_what_does_not_belong_together_is_a_mistake(owner, arguments):
    argosy(owner, "verify", *arguments, status=252)
