"""Instances as the tests start and watch them. Whoever starts one ends it: a machine outlives its server."""
import base64
import contextlib

from argosyd import PATIENCE_S, wait_until

HERE = "us-east-1"
TYPE = "t3.nano"


def run(account, image, region=HERE, **given):
    """The instances that were started, as RunInstances answers."""
    wish = {"InstanceType": TYPE, "MinCount": 1, "MaxCount": 1, **given}
    return account.ec2(region).run_instances(ImageId=image, **wish)["Instances"]


def describe(account, instance, region=HERE):
    reservations = account.ec2(region).describe_instances(InstanceIds=[instance])["Reservations"]
    return reservations[0]["Instances"][0]


def await_state(account, instance, state, region=HERE):
    """As DescribeInstances shows it then. A machine that goes another way ends the wait."""
    dead_ends = {"running": ("terminated",), "stopped": ("terminated",), "terminated": ()}[state]

    def settled():
        found = describe(account, instance, region)
        assert found["State"]["Name"] not in dead_ends, found.get("StateReason")
        return found if found["State"]["Name"] == state else None

    return wait_until(settled, f"{instance} is not {state}")


def console(account, instance, region=HERE):
    """What it wrote to its serial port; empty as long as that is nothing."""
    answer = account.ec2(region).get_console_output(InstanceId=instance)
    # Debian's botocore decodes it in a handler of its own; what it leaves is text already.
    return answer.get("Output", "")


def await_console(account, instance, text, region=HERE, patience_s=PATIENCE_S):
    """All that it wrote until then."""

    def seen():
        output = console(account, instance, region)
        return output if text in output else None

    return wait_until(seen, f"{instance} does not say {text!r}", patience_s)


def terminate(account, *instances, region=HERE):
    account.ec2(region).terminate_instances(InstanceIds=list(instances))
    for instance in instances:
        await_state(account, instance, "terminated", region)


@contextlib.contextmanager
def running(account, image, region=HERE, **given):
    """One instance, running, terminated at the end."""
    (started,) = run(account, image, region, **given)
    instance = started["InstanceId"]
    try:
        await_state(account, instance, "running", region)
        yield instance
    finally:
        terminate(account, instance, region=region)


def user_data(text):
    return base64.b64encode(text.encode()).decode()


def volume_of(account, instance, region=HERE):
    (mapping,) = describe(account, instance, region)["BlockDeviceMappings"]
    return mapping["Ebs"]["VolumeId"]
