"""Debian as clouds have it: its disk, and machines that boot it, which takes minutes where they are emulated."""
import pathlib
import subprocess
import time

import machines
from argosyd import PATIENCE_S, wait_until

BOOT_PATIENCE_S = 10 * PATIENCE_S
TYPE = "t2.micro"  # one processor: hosts that emulate have few
USER = "debian"
_MAKER = pathlib.Path(__file__).parents[2] / "tools/make-cloud-disk"


def make_disk(path):
    subprocess.run([_MAKER, path], check=True, timeout=BOOT_PATIENCE_S)
    return path


def make_key(path):
    """The key, in a file, and beside it as .pub what a machine is told of it."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path], check=True)
    return path


def ssh_options(key):
    """Nothing of the developer's own, nobody to ask."""
    return [
        *("-F", "/dev/null", "-i", str(key), "-o", "BatchMode=yes", "-o", "ConnectTimeout=20"),
        *("-o", "StrictHostKeyChecking=accept-new", "-o", f"UserKnownHostsFile={key}.known_hosts"),
    ]


def ssh(address, key, command):
    """What the command prints there, if it succeeds."""
    done = subprocess.run(
        ["ssh", *ssh_options(key), f"{USER}@{address}", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=BOOT_PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def await_ssh(account, instance, key, region=machines.HERE):
    """The address at which it answers."""
    address = machines.describe(account, instance, region)["PrivateIpAddress"]

    def answers():
        time.sleep(1)  # each try takes the guest some work
        done = subprocess.run(
            ["ssh", *ssh_options(key), f"{USER}@{address}", "true"], capture_output=True, timeout=BOOT_PATIENCE_S
        )
        return done.returncode == 0

    wait_until(answers, f"{instance} does not answer on SSH", BOOT_PATIENCE_S)
    return address
