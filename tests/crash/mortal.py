"""A server that dies at its n-th call that changes a file: before the call, or in the middle of a write.

Each kill is a run of its own, on a copy of one data directory. `--every-call` tries every call; otherwise
some are tried, spread over all of them. `--call 17` tries that one.
"""
import copy
import shutil

import pytest

import argosyd
import disks
import kills
import lane as lanes

SOME_CALLS = 6


class Kept:
    """A data directory of a server that was stopped, and the model of what is in it."""

    def __init__(self, data, lane, is_damaged=False):
        self.data = data
        self.is_damaged = is_damaged
        self.model = copy.deepcopy((lane.uploads, lane.snapshots, lane.images, lane.keys))

    def give_to(self, run):
        """Before it starts."""
        shutil.copytree(self.data, run.server.data_dir)
        shutil.copy(f"{self.data}.root-key", f"{run.server.data_dir}.root-key")
        run.is_damaged = self.is_damaged
        lane = run.lanes[0]
        lane.uploads, lane.snapshots, lane.images, lane.keys = copy.deepcopy(self.model)


class Mortal:
    """A run of one lane whose server dies at its n-th changing call; 0: never."""

    def __init__(self, folder, library, call, how, kept=None):
        folder.mkdir()
        self.counter = folder / "count"
        self.counter.write_bytes(bytes(8))
        self.run = kills.Run(folder, seed=0, lanes_count=1)
        self.lane = self.run.lanes[0]
        if kept is not None:
            kept.give_to(self.run)
        self.calls_of_the_start = 0
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
            self.calls_of_the_start = self.calls()
            tale(self.run)
        except pytest.fail.Exception:  # it died before it was ready
            pass
        except (lanes.ServerDied, *lanes.DEAD):
            self.run.server.process.wait(timeout=argosyd.PATIENCE_S)
        if self.run.server.process.poll() is None:
            self.run.server.kill()
        assert self.run.server.process.returncode == -9, self.run.server.log.read_text()[-2000:]

    def come_back(self, check):
        """Without the library; everything that was acknowledged is there, and new work is taken."""
        self.run.server.prefix = []
        self.run.restart()
        check(self.run)
        disks.upload(self.lane.owner, {0: lanes.CONTENT[3]})
        self.run.server.kill()


class Calls:
    """Kills at the calls of one tale, all of them or some, and what is checked after each."""

    def __init__(self, config, folder, library):
        self.every = config.getoption("--every-call")
        self.only = config.getoption("--call")
        self.folder = folder
        self.library = library

    def kill_at(self, how, tale, kept=None, *, check=kills.Run.check_all, with_start=True):
        """A run without a kill tells how many calls there are. `with_start`: those of the start too."""
        whole = Mortal(self.folder / "whole", self.library, 0, how, kept)
        whole.live(tale)
        first, last = 0 if with_start else whole.calls_of_the_start, whole.calls()
        whole.come_back(check)
        assert last - first > SOME_CALLS, "the library does not see what the server writes"
        step = 1 if self.every else max(1, (last - first) // SOME_CALLS)
        for call in [self.only] if self.only else range(first + 1 + (last - first) % step, last + 1, step):
            print(f"killed at call {call} of {first + 1} to {last}, {how}; --call {call} repeats it")
            mortal = Mortal(self.folder / f"call-{call}", self.library, call, how, kept)
            mortal.live(tale)
            mortal.come_back(check)
            shutil.rmtree(self.folder / f"call-{call}")
        return whole
