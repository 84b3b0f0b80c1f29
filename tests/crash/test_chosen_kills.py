"""A short life of images, killed at a chosen call that changes a file: before the call, or in the middle of a write.

Each kill is a run of its own, on a copy of one data directory. `--every-call` tries every call; otherwise some are tried,
spread over all of them. `--call 17` tries that one.
"""
import pathlib
import shutil
import subprocess

import pytest

import argosyd
import disks
import kills
import lane as lanes

SOME_CALLS = 6


def story(run):
    """One call after the other, each with what follows from it; at the end what nothing counts on is swept away."""
    lane = run.lanes[0]
    for action in (
        *(lane.start, lane.put, lane.put, lane.put, lane.complete, lane.register),
        *(lane.start, lane.put, lane.complete, lane.copy_image, lane.copy_snapshot),
        *(lane.share, lane.tag, lane.register, lane.register, lane.register, lane.deregister, lane.delete),
    ):
        action()
        await_all(lane)
    run.sweep()


def await_all(lane):
    def states():
        images = {id: disks.describe_image(lane.owner, id, image.region) for id, image in lane.images.items()}
        snapshots = {
            id: disks.describe_snapshot(lane.owner, id, snapshot.region)
            for id, snapshot in (lane.snapshots | lane.uploads).items()
        }
        lane.observe(images, snapshots)
        pending = [id for id, thing in (lane.images | lane.snapshots).items() if not thing.settled]
        return not pending

    argosyd.wait_until(states, "something is still pending")


class Mortal:
    """A run of one lane whose server dies at its n-th changing call; 0: never."""

    def __init__(self, folder, library, call, how, data=None):
        folder.mkdir()
        if data is not None:
            shutil.copytree(data, folder / "data")
            shutil.copy(f"{data}.root-key", folder / "data.root-key")
        self.counter = folder / "count"
        self.counter.write_bytes(bytes(8))
        self.run = kills.Run(folder, seed=0, lanes_count=1)
        self.lane = self.run.lanes[0]
        self.run.server.prefix = [
            "env",
            f"LD_PRELOAD={library}",
            f"KILL_AT_FOLDER={folder / 'data'}",
            f"KILL_AT_CALL={call}",
            f"KILL_AT_HOW={how}",
            f"KILL_AT_COUNT={self.counter}",
        ]

    def calls(self):
        return int.from_bytes(self.counter.read_bytes(), "little")

    def live(self, tale):
        try:
            self.run.start()
            tale(self.run)
        except pytest.fail.Exception:  # it died before it was ready
            pass
        except (lanes.ServerDied, *lanes.DEAD):
            self.run.server.process.wait(timeout=argosyd.PATIENCE_S)
        if self.run.server.process.poll() is None:
            self.run.server.kill()
        assert self.run.server.process.returncode == -9, self.run.server.log.read_text()[-2000:]

    def come_back(self):
        """Without the library; everything that was acknowledged is there, and new work is taken."""
        self.run.server.prefix = []
        self.run.restart()
        self.run.check_all()
        disks.upload(self.lane.owner, {0: lanes.CONTENT[3]})
        self.run.server.kill()


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    out = tmp_path_factory.mktemp("library") / "kill_at.so"
    source = pathlib.Path(__file__).with_name("kill_at.c")
    subprocess.run(
        ["gcc", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", out, source, "-ldl"], check=True
    )
    return out


@pytest.fixture(scope="module")
def data(library, tmp_path_factory):
    """A data directory with all its databases, stopped."""
    mortal = Mortal(tmp_path_factory.mktemp("first") / "made", library, 0, "before")
    mortal.run.start()
    assert mortal.run.server.stop() == 0
    return mortal.run.server.data_dir


def try_calls(config, tmp_path, library, how, tale, data=None):
    whole = Mortal(tmp_path / "whole", library, 0, how, data)
    whole.live(tale)
    count = whole.calls()
    assert count > 50, "the library does not see what the server writes"
    step = 1 if config.getoption("--every-call") else max(1, count // SOME_CALLS)
    only = config.getoption("--call")
    for call in [only] if only else range(1 + count % step, count + 1, step):
        print(f"killed at call {call} of {count}, {how}; --call {call} repeats it")
        mortal = Mortal(tmp_path / f"call-{call}", library, call, how, data)
        mortal.live(tale)
        mortal.come_back()
        shutil.rmtree(tmp_path / f"call-{call}")


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_kill_at_any_call_leaves_what_was_acknowledged_and_nothing_half_done(
    pytestconfig, tmp_path, library, data, how
):
    try_calls(pytestconfig, tmp_path, library, how, story, data)


@pytest.mark.parametrize("how", ["before", "half"])
def test_a_kill_at_any_call_of_the_first_start_is_made_good_by_the_next(pytestconfig, tmp_path, library, how):
    try_calls(pytestconfig, tmp_path, library, how, lambda run: None)
