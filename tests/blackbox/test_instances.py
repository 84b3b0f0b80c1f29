"""Machines that start from images: their states, what ends them, and that they outlive the server."""
import os
import pathlib
import re
import signal

import pytest

import argosyd
import clients
import disks
import guests
import machines
from argosyd import refused, wait_until


@pytest.fixture(scope="module")
def snapshot(owner):
    return disks.upload(owner, guests.blocks())


@pytest.fixture
def image(owner, snapshot):
    return disks.register(owner, snapshot)


def processes(name, instance=None):
    """Ids of the host's processes of that name; those whose command line names the instance."""
    out = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if pathlib.Path(command[0]).name == name and (instance is None or any(instance in word for word in command)):
            out.append(int(folder.name))
    return out


def qemu_of(instance):
    (process,) = processes("qemu-system-x86_64", instance)
    return process


def test_a_machine_boots_what_the_image_holds(client, owner, image):
    answer = client.call(
        owner, "ec2", "RunInstances", ImageId=image, InstanceType=machines.TYPE, MinCount=1, MaxCount=1
    )
    (started,) = answer["Instances"]
    instance = started["InstanceId"]
    assert started["State"] == {"Code": 0, "Name": "pending"}
    assert started["ImageId"] == image
    assert started["PrivateIpAddress"].startswith("127.")
    running = machines.await_state(owner, instance, "running")
    assert running["State"]["Code"] == 16
    assert running["PrivateIpAddress"] == started["PrivateIpAddress"]
    assert "guest boot 1" in machines.await_console(owner, instance, "guest boot")
    status = client.call(owner, "ec2", "DescribeInstanceStatus", InstanceIds=[instance])["InstanceStatuses"]
    assert status[0]["InstanceStatus"]["Status"] == "ok"
    client.call(owner, "ec2", "TerminateInstances", InstanceIds=[instance])
    ended = machines.await_state(owner, instance, "terminated")
    assert ended["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    assert not processes("qemu-system-x86_64", instance)


def test_a_machine_that_was_stopped_goes_on_with_what_it_wrote(client, owner, image):
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        answer = client.call(owner, "ec2", "StopInstances", InstanceIds=[instance])
        assert answer["StoppingInstances"][0]["PreviousState"]["Name"] == "running"
        stopped = machines.await_state(owner, instance, "stopped")  # it listens to its power button
        assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
        assert "guest boot 1" in machines.console(owner, instance)
        client.call(owner, "ec2", "StartInstances", InstanceIds=[instance])
        machines.await_state(owner, instance, "running")
        machines.await_console(owner, instance, "guest boot 2")


def test_a_machine_whose_changes_are_gone_from_its_host_does_not_begin_anew(own_server):
    """A data directory that was restored on another host: the catalogue knows the machine, the host does not."""
    owner = own_server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        volume = machines.volume_of(owner, instance)
        owner.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(owner, instance, "stopped")
        (overlay,) = own_server.data_dir.glob(f"**/{volume}/overlay.qcow2")
        kept = overlay.rename(own_server.data_dir / "kept")
        owner.ec2().start_instances(InstanceIds=[instance])
        stopped = machines.await_state(owner, instance, "stopped")
        assert stopped["StateReason"]["Code"] == "Server.InternalError"
        assert f"What was written to the volume {volume} is not on its host" in stopped["StateReason"]["Message"]
        with refused("IncorrectState", message=f"What was written to the volume {volume} is not on its host any more"):
            owner.ec2().create_snapshot(VolumeId=volume)
        assert str(overlay) in own_server.log.read_text()
        kept.rename(overlay)
        owner.ec2().start_instances(InstanceIds=[instance])
        machines.await_console(owner, instance, "guest boot 2")


def test_a_machine_that_is_rebooted_boots_again(client, owner, image):
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        client.call(owner, "ec2", "RebootInstances", InstanceIds=[instance])
        machines.await_console(owner, instance, "guest boot 2")
        assert machines.describe(owner, instance)["State"]["Name"] == "running"


@pytest.mark.parametrize("behaviour, state", [("stop", "stopped"), ("terminate", "terminated")])
def test_a_guest_that_powers_off_stops_or_terminates_its_instance(owner, behaviour, state):
    image = disks.register(owner, disks.upload(owner, guests.blocks(powers_off=True)))
    (started,) = machines.run(owner, image, InstanceInitiatedShutdownBehavior=behaviour)
    ended = machines.await_state(owner, started["InstanceId"], state)
    assert ended["StateReason"]["Code"] == "Client.InstanceInitiatedShutdown"
    machines.terminate(owner, started["InstanceId"])


def test_a_machine_whose_process_dies_is_stopped_with_the_reason_and_starts_again(owner, image):
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        os.kill(qemu_of(instance), signal.SIGKILL)
        stopped = machines.await_state(owner, instance, "stopped")
        assert stopped["StateReason"]["Code"] == "Server.InternalError"
        assert "ended unexpectedly" in stopped["StateReason"]["Message"]
        owner.ec2().start_instances(InstanceIds=[instance])
        machines.await_console(owner, instance, "guest boot 2")


def test_a_disk_server_that_dies_is_started_again_and_the_guest_goes_on(owner, image):
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        volume = machines.volume_of(owner, instance)
        (server,) = processes("nbdkit", volume)
        os.kill(server, signal.SIGKILL)
        wait_until(lambda: [one for one in processes("nbdkit", volume) if one != server], "no new disk server")
        owner.ec2().reboot_instances(InstanceIds=[instance])  # its BIOS reads the boot sector anew
        machines.await_console(owner, instance, "guest boot 2")
        assert machines.describe(owner, instance)["State"]["Name"] == "running"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_machines_outlive_the_server_and_are_found_again(own_server, end):
    owner = own_server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        process = qemu_of(instance)
        getattr(own_server, end)()
        own_server.start()
        assert machines.describe(owner, instance)["State"]["Name"] == "running"
        assert qemu_of(instance) == process
        # The server is at another port now: the disk server finds it, and reads on.
        owner.ec2().reboot_instances(InstanceIds=[instance])
        machines.await_console(owner, instance, "guest boot 2")
        assert qemu_of(instance) == process


def test_a_guest_that_is_rebooted_for_an_image_boots_again_though_the_server_dies(own_server):
    owner = own_server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    with machines.running(owner, image, InstanceInitiatedShutdownBehavior="terminate") as instance:
        machines.await_console(owner, instance, "guest boot 1")
        made = owner.ec2().create_image(InstanceId=instance, Name=disks.unique("interrupted"))["ImageId"]
        (folder,) = own_server.data_dir.glob(f"regions/*/machines/machines/{instance}")
        wait_until((folder / "reboots").exists, "the guest is not asked")
        own_server.kill()
        own_server.start()
        machines.await_console(owner, instance, "guest boot 2")
        assert machines.describe(owner, instance)["State"]["Name"] == "running"
        assert owner.ec2().describe_images(ImageIds=[made])["Images"][0]["State"] == "failed"


def test_a_data_directory_may_be_named_from_where_the_server_is(tmp_path):
    folder = os.path.relpath(tmp_path / "data")
    regions = ",".join(argosyd.REGIONS)
    arguments = ["--dev", "--data-dir", folder, "--listen", "127.0.0.1:0", "--regions", regions]
    server = argosyd.Server(tmp_path / "data", arguments).start()
    owner = server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        # QEMU, which is in a folder of its own, finds what leads to the metadata service.
        command = pathlib.Path(f"/proc/{qemu_of(instance)}/cmdline").read_text()
        (socket,) = re.findall(rf"'([^']*/metadata/{instance})'", command)
        assert pathlib.Path(socket).is_absolute()
        assert pathlib.Path(socket).is_socket()
    assert server.stop() == 0


def test_a_guest_waits_for_a_region_that_is_away(own_server):
    owner = own_server.accounts["owner"]
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    (started,) = machines.run(owner, image)
    instance = started["InstanceId"]
    volume = machines.volume_of(owner, instance)
    wait_until(lambda: processes("qemu-system-x86_64", instance), "no machine")
    own_server.kill()  # before its BIOS has come as far as to read
    process = qemu_of(instance)
    (folder,) = own_server.data_dir.glob(f"regions/*/machines/volumes/{volume}")
    log = folder / "disk-server.log"
    wait_until(lambda: "waits and tries again" in log.read_text(), "the disk server does not miss its region")
    own_server.start()
    machines.await_console(owner, instance, "guest boot 1")
    assert qemu_of(instance) == process
    machines.terminate(owner, instance)


def test_several_are_started_at_once_each_with_an_address_of_its_own(owner, image):
    started = machines.run(owner, image, MinCount=2, MaxCount=2)
    ids = [one["InstanceId"] for one in started]
    try:
        assert [one["AmiLaunchIndex"] for one in started] == [0, 1]
        assert len({one["PrivateIpAddress"] for one in started}) == 2
        for instance in ids:
            machines.await_console(owner, instance, "guest boot 1")
    finally:
        machines.terminate(owner, *ids)


def test_a_client_token_starts_machines_once(client, owner, image):
    token = disks.unique("token")
    wish = {"ImageId": image, "InstanceType": machines.TYPE, "MinCount": 1, "MaxCount": 1, "ClientToken": token}
    first = client.call(owner, "ec2", "RunInstances", **wish)
    instance = first["Instances"][0]["InstanceId"]
    try:
        second = client.call(owner, "ec2", "RunInstances", **wish)
        assert second["ReservationId"] == first["ReservationId"]
        assert second["Instances"][0]["InstanceId"] == instance
        with refused("IdempotentParameterMismatch"):
            client.call(owner, "ec2", "RunInstances", **wish | {"MaxCount": 2})
    finally:
        machines.terminate(owner, instance)
    with refused("IdempotentInstanceTerminated"):
        client.call(owner, "ec2", "RunInstances", **wish)


def test_a_protected_machine_is_not_terminated(client, owner, image):
    (started,) = machines.run(owner, image, DisableApiTermination=True)
    instance = started["InstanceId"]
    machines.await_state(owner, instance, "running")
    with refused("OperationNotPermitted"):
        client.call(owner, "ec2", "TerminateInstances", InstanceIds=[instance])
    assert machines.describe(owner, instance)["State"]["Name"] == "running"
    client.call(owner, "ec2", "ModifyInstanceAttribute", InstanceId=instance, DisableApiTermination={"Value": False})
    machines.terminate(owner, instance)


def test_one_wrong_id_changes_nothing(client, owner, image):
    with machines.running(owner, image) as instance:
        unknown = "i-0123456789abcdef0"
        with refused("InvalidInstanceID.NotFound"):
            client.call(owner, "ec2", "TerminateInstances", InstanceIds=[instance, unknown])
        with refused("InvalidInstanceID.Malformed"):
            client.call(owner, "ec2", "StopInstances", InstanceIds=[instance, "i-x"])
        assert machines.describe(owner, instance)["State"]["Name"] == "running"


def test_what_is_another_accounts_does_not_exist(client, owner, stranger, image):
    with machines.running(owner, image) as instance:
        volume = machines.volume_of(owner, instance)
        for operation, given, code in [
            ("DescribeInstances", {"InstanceIds": [instance]}, "InvalidInstanceID.NotFound"),
            ("DescribeInstanceStatus", {"InstanceIds": [instance]}, "InvalidInstanceID.NotFound"),
            ("StopInstances", {"InstanceIds": [instance]}, "InvalidInstanceID.NotFound"),
            ("StartInstances", {"InstanceIds": [instance]}, "InvalidInstanceID.NotFound"),
            ("RebootInstances", {"InstanceIds": [instance]}, "InvalidInstanceID.NotFound"),
            ("TerminateInstances", {"InstanceIds": [instance]}, "InvalidInstanceID.NotFound"),
            ("GetConsoleOutput", {"InstanceId": instance}, "InvalidInstanceID.NotFound"),
            ("DescribeInstanceAttribute", {"InstanceId": instance, "Attribute": "userData"}, "InvalidInstanceID.NotFound"),
            ("CreateImage", {"InstanceId": instance, "Name": "stolen"}, "InvalidInstanceID.NotFound"),
            ("DescribeVolumes", {"VolumeIds": [volume]}, "InvalidVolume.NotFound"),
            ("DeleteVolume", {"VolumeId": volume}, "InvalidVolume.NotFound"),
            ("CreateSnapshot", {"VolumeId": volume}, "InvalidVolume.NotFound"),
        ]:
            with refused(code):
                client.call(stranger, "ec2", operation, **given)
        assert not client.call(stranger, "ec2", "DescribeInstances")["Reservations"]
        assert not client.call(stranger, "ec2", "DescribeVolumes")["Volumes"]


def test_user_data_and_tags_are_kept(client, owner, image):
    given = {
        "UserData": machines.user_data("#!/bin/sh\necho hello\n") if not isinstance(client, clients.Boto3)
        else "#!/bin/sh\necho hello\n",
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": [{"Key": "role", "Value": "web"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "role", "Value": "disk"}]},
        ],
    }
    if isinstance(client, clients.Aws):
        given["UserData"] = "#!/bin/sh\necho hello\n"  # which the command encodes, as botocore does
    answer = client.call(owner, "ec2", "RunInstances", ImageId=image, InstanceType=machines.TYPE, MinCount=1, MaxCount=1, **given)
    instance = answer["Instances"][0]["InstanceId"]
    try:
        said = client.call(owner, "ec2", "DescribeInstanceAttribute", InstanceId=instance, Attribute="userData")
        assert said["UserData"]["Value"] == machines.user_data("#!/bin/sh\necho hello\n")
        assert machines.describe(owner, instance)["Tags"] == [{"Key": "role", "Value": "web"}]
        found = client.call(owner, "ec2", "DescribeInstances", Filters=[{"Name": "tag:role", "Values": ["web"]}])
        assert instance in [one["InstanceId"] for each in found["Reservations"] for one in each["Instances"]]
        volume = machines.volume_of(owner, instance)
        described = client.call(owner, "ec2", "DescribeVolumes", VolumeIds=[volume])["Volumes"][0]
        assert described["Tags"] == [{"Key": "role", "Value": "disk"}]
        assert described["Attachments"][0]["InstanceId"] == instance
    finally:
        machines.terminate(owner, instance)
    assert not client.call(owner, "ec2", "DescribeVolumes", Filters=[{"Name": "volume-id", "Values": [volume]}])["Volumes"]
