"""Snapshots that `argosy attach` serves, and what QEMU's tools read of them."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import threading

import argosy
from argosyd import PATIENCE_S, wait_until

PLUGIN = argosy.BINARY.with_name("nbdkit-argosy-plugin.so")


class Attached:
    """A snapshot that is being served."""

    def __init__(self, process):
        self.process = process
        self.complaints = ""
        self._reader = threading.Thread(target=self._gather, daemon=True)
        self._reader.start()
        self.uri = process.stdout.readline().strip()

    def told(self):
        """With --output json: what was written instead of the URI."""
        return json.loads(self.uri + "".join(iter(self.process.stdout.readline, "}\n")) + "}")

    def kill_nbdkit(self):
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)

    def _gather(self):
        for line in self.process.stderr:
            self.complaints += line

    def await_complaint(self, words):
        wait_until(lambda: words in self.complaints, f"it says '{words}'")

    def stop(self, number=signal.SIGINT):
        """The exit status."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=PATIENCE_S)
        self._reader.join(PATIENCE_S)
        return status


@contextlib.contextmanager
def attached(account, *arguments, **more):
    with tempfile.TemporaryDirectory(prefix="argosy-") as folder:
        served = Attached(argosy.start(account, "attach", *arguments, TMPDIR=folder, **more))
        served.folder = pathlib.Path(folder)
        try:
            assert served.uri, served.complaints
            yield served
        finally:
            if served.process.poll() is None:
                served.stop()
        assert os.listdir(folder) == [], "nothing is left behind"


def tool(*command, status=0):
    """What one of QEMU's tools says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


def compare(uri, disk):
    """Every byte of the file, and that zeros follow."""
    assert "identical" in tool("qemu-img", "compare", "-f", "raw", "-F", "raw", uri, disk)


def written(uri):
    """The bytes that are no holes, as (offset, length)."""
    extents = json.loads(tool("qemu-img", "map", "--output=json", "-f", "raw", uri))
    return [(extent["start"], extent["length"]) for extent in extents if extent["data"]]


def read(uri, offset, length, status=0):
    return tool("qemu-io", "-r", "-f", "raw", "-c", f"read -v {offset} {length}", uri, status=status)


def snapshot_of(account, image, region="us-east-1"):
    mapping = account.ec2(region).describe_images(ImageIds=[image])["Images"][0]["BlockDeviceMappings"][0]
    return mapping["Ebs"]["SnapshotId"]
