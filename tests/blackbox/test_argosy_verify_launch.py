"""argosy verify --launch: what is reported, and that nothing is left behind. First at a service that follows a script,
then with machines."""
import base64
import os
import pty
import signal
import subprocess

import pytest

import argosy as command
import disks
import guests
import machines
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
        DescribeImages=[f"<R><imagesSet><item><imageId>{IMAGE}</imageId></item></imagesSet></R>"],
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


def test_a_machine_that_booted_and_could_not_be_terminated_has_booted(owner, service):
    service.answers["TerminateInstances"] = [scripted.error("OperationNotPermitted")]
    found = verify(owner, service, "--expect", "login:", status=7)
    assert found["booted"] and not found["terminated"] and found["error"]["code"] == "OperationNotPermitted"
    told = verify(owner, service, json=False, status=7)
    assert "boots, but could not be terminated" in told and "did not boot" not in told


def test_an_image_that_is_refused_is_told_by_its_code(owner, service):
    service.answers["RunInstances"] = [scripted.error("AuthFailure", f"Not authorized for images: [{IMAGE}]")]
    found = verify(owner, service, status=254)
    assert found["error"]["code"] == "AuthFailure" and found["instance_id"] is None
    assert service.count("TerminateInstances") == 0
    assert "argosy share" in verify(owner, service, json=False, status=254)


def test_a_line_that_does_not_come_ends_the_waiting_and_the_machine(owner, service):
    found = verify(owner, service, "--expect", "never", "--timeout", "1s", status=6)
    assert not found["booted"] and found["terminated"]


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_ctrl_c_terminates_the_machine(owner, service, number, status):
    process = command.start(
        owner, "verify", "--launch", IMAGE, "--expect", "never", AWS_ENDPOINT_URL=service.endpoint
    )
    wait_until(lambda: service.count("GetConsoleOutput"), "the machine is being watched")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == status
    assert service.count("TerminateInstances") == 1


def test_a_terminal_that_is_gone_does_not_keep_the_machine_alive(owner, service):
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [command.BINARY, "verify", "--launch", IMAGE, "--expect", "never"],
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        env=owner.environment() | {"AWS_ENDPOINT_URL": service.endpoint, "TERM": "xterm"},
    )
    os.close(terminal)
    wait_until(lambda: service.count("GetConsoleOutput"), "the machine is being watched")
    os.close(controller)
    seen = service.count("GetConsoleOutput")
    wait_until(lambda: service.count("GetConsoleOutput") > seen + 2, "it goes on without bars")
    process.send_signal(signal.SIGHUP)
    assert process.wait(timeout=60) == 129
    assert service.count("TerminateInstances") == 1


def test_nobody_who_reads_what_is_said_does_not_keep_the_machine_alive(owner, service):
    process = command.start(
        owner, "verify", "--launch", IMAGE, "--expect", "never", AWS_ENDPOINT_URL=service.endpoint
    )
    wait_until(lambda: service.count("GetConsoleOutput"), "the machine is being watched")
    process.stderr.close()
    service.answers["DescribeInstances"] = [scripted.instances(INSTANCE, "stopping")]
    assert process.wait(timeout=60) == 1
    process.stdout.close()
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


@pytest.fixture(scope="module")
def guest_snapshot(owner):
    return disks.upload(owner, guests.blocks())


@pytest.fixture
def guest_image(owner, recipient, guest_snapshot):
    """That of a machine which says so when it boots, shared with the recipient."""
    image = disks.register(owner, guest_snapshot)
    disks.share_image(owner, image, recipient)
    return image


def launch(owner, recipient, image, tmp_path, *more, status=0):
    """The owner proves that the recipient can start it."""
    config = command.write_profiles(tmp_path / "config", friend=recipient)
    return argosy_json(
        owner, "verify", "--launch", image, "--as", "friend", *more, status=status, AWS_CONFIG_FILE=config
    )


def test_a_real_machine_boots_as_the_recipient_and_is_gone_afterwards(owner, recipient, guest_image, tmp_path):
    found = launch(owner, recipient, guest_image, tmp_path, "--expect", "guest boot", "--type", machines.TYPE)
    assert found["booted"] and "guest boot 1" in found["line"]
    assert machines.describe(recipient, found["instance_id"])["ImageId"] == guest_image
    machines.await_state(recipient, found["instance_id"], "terminated")


def test_no_volume_is_left_behind_that_the_image_would_keep(owner, guest_snapshot):
    kept = {"SnapshotId": guest_snapshot, "DeleteOnTermination": False}
    mappings = [{"DeviceName": device, "Ebs": kept} for device in ("/dev/xvda", "/dev/sdf")]
    image = disks.register(owner, guest_snapshot, BlockDeviceMappings=mappings)
    found = argosy_json(owner, "verify", "--launch", image, "--type", machines.TYPE)
    machines.await_state(owner, found["instance_id"], "terminated")
    of_the_image = [{"Name": "snapshot-id", "Values": [guest_snapshot]}]
    wait_until(lambda: not owner.ec2().describe_volumes(Filters=of_the_image)["Volumes"], "a volume stays")


@pytest.mark.parametrize("takes_it_back", ["unshare", "disable", "deregister"])
def test_an_image_that_was_taken_back_is_not_launched(owner, recipient, guest_image, tmp_path, takes_it_back):
    if takes_it_back == "unshare":
        argosy(owner, "unshare", guest_image, recipient.id)
    elif takes_it_back == "disable":
        assert owner.query("DisableImage", ImageId=guest_image).status == 200
    else:
        owner.ec2().deregister_image(ImageId=guest_image)
    found = launch(owner, recipient, guest_image, tmp_path, status=254)
    assert not found["booted"] and found["instance_id"] is None
    assert found["error"]["code"] in ("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "AuthFailure")


def test_the_owner_cannot_launch_a_disabled_image_and_can_when_it_is_enabled(owner, guest_image):
    assert owner.query("DisableImage", ImageId=guest_image).status == 200
    found = argosy_json(owner, "verify", "--launch", guest_image, status=254)
    assert found["error"]["code"] == "InvalidAMIID.Unavailable"
    assert owner.query("EnableImage", ImageId=guest_image).status == 200
    assert argosy_json(owner, "verify", "--launch", guest_image, "--type", machines.TYPE)["booted"]


def test_a_machine_that_runs_is_not_touched_when_its_image_is_disabled(owner, recipient, guest_image):
    with machines.running(recipient, guest_image) as instance:
        machines.await_console(recipient, instance, "guest boot 1")
        assert owner.query("DisableImage", ImageId=guest_image).status == 200
        recipient.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(recipient, instance, "stopped")
        recipient.ec2().start_instances(InstanceIds=[instance])
        machines.await_console(recipient, instance, "guest boot 2")


def test_ctrl_c_leaves_no_machine_behind(owner, guest_image):
    process = command.start(owner, "verify", "--launch", guest_image, "--expect", "never", "--type", machines.TYPE)
    mine = [{"Name": "image-id", "Values": [guest_image]}]

    def launched():
        found = owner.ec2().describe_instances(Filters=mine)["Reservations"]
        return found and found[0]["Instances"][0]["InstanceId"]

    instance = wait_until(launched, "a machine was launched")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    machines.await_state(owner, instance, "terminated")
