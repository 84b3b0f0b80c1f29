"""Lanes against a server that is killed: run them, start it again, compare."""
import collections
import contextlib
import hashlib
import json
import subprocess
import threading

import argosyd
import lane as lanes
from argosyd import wait_until

LANES = 3


class Run:
    """One data directory over many kills."""

    def __init__(self, folder, seed, lanes_count=LANES):
        regions = ",".join(lanes.REGIONS)
        self.server = argosyd.Server(
            folder / "data",
            ["--dev", "--data-dir", folder / "data", "--listen", "127.0.0.1:0", "--regions", regions],
        )
        self.lanes = [lanes.Lane(self.server, number, seed) for number in range(lanes_count)]
        self.read_log = 0
        self.is_damaged = False  # by the test: then the server says so

    def start(self):
        """The clients are made here: boto3 cannot make them in several threads at once."""
        self.server.start()
        for account in lanes.ACCOUNTS:
            for region in lanes.REGIONS:
                self.server.accounts[account].ec2(region)
                self.server.accounts[account].ebs(region)

    def work_until_killed(self, after_s):
        """All lanes at once, and sweeps; the server dies by SIGKILL after that time, whatever it is doing."""
        failures = []

        def work(act):
            try:
                while True:
                    act()
            except lanes.ServerDied:
                pass
            except BaseException as error:  # told by the thread that waits
                failures.append(error)

        actors = [lane.act for lane in self.lanes] + [self.sweep]
        threads = [threading.Thread(target=work, args=(act,)) for act in actors]
        for thread in threads:
            thread.start()
        threads[0].join(timeout=after_s)
        self.server.kill()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def order(self, command, *options):
        """An operator's command: its exit status, and what it says of each region."""
        done = self.server.run(command, *options)
        if done.stdout:
            return done.returncode, json.loads(done.stdout)
        if self.server.process.poll() is None:  # it may be dying of the call that it makes
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.server.process.wait(timeout=2)
        assert self.server.process.poll() is not None, done.stderr
        raise lanes.ServerDied

    def sweep(self):
        """Collects at once what nothing counts on."""
        status, _ = self.order("gc", "--grace-seconds", "0")
        assert status == 0

    def restart(self):
        self.start()
        for lane in self.lanes:
            lane.settle()
        self.check_log()

    def check_log(self):
        """The server says nothing of damage: a kill is none."""
        if self.is_damaged:
            return
        text = self.server.log.read_text()
        new, self.read_log = text[self.read_log :], len(text)
        errors = [line for line in new.splitlines() if line[24:31] == " error "]
        assert not errors, errors

    def describe(self):
        """(images, snapshots) of both accounts in all regions, by id; nothing is there that no lane made."""
        images, snapshots = {}, {}
        for region in lanes.REGIONS:
            ec2 = self.lanes[0].ec2(region)
            there = {image["ImageId"]: image for image in ec2.describe_images(Owners=["self"])["Images"]}
            kept = {}
            for account in lanes.ACCOUNTS:
                found = self.lanes[0].ec2(region, account).describe_snapshots(OwnerIds=["self"])["Snapshots"]
                kept |= {snapshot["SnapshotId"]: snapshot for snapshot in found}
            expected = [lane.expected_ids(region) for lane in self.lanes]
            assert set(there) == set().union(*(ids for ids, _ in expected)), region
            assert set(kept) == set().union(*(ids for _, ids in expected)), region
            images |= there
            snapshots |= kept
        return images, snapshots

    def check(self, contents):
        """Everything but content; of that `contents` snapshots of each lane, the newest first."""
        images, snapshots = self.describe()
        for lane in self.lanes:
            lane.observe(images, snapshots)
            lane.compare(lane.completed()[-contents:])

    def check_all(self):
        """Ends what is under way, then compares every block."""
        for lane in self.lanes:
            lane.finish_uploads()

        def settled():
            images, snapshots = self.describe()
            for lane in self.lanes:
                lane.observe(images, snapshots)
            states = collections.Counter(thing["State"] for thing in [*images.values(), *snapshots.values()])
            return states["pending"] == 0

        wait_until(settled, "something is still pending")
        self.sweep()
        for lane in self.lanes:
            lane.compare(lane.completed())
        self.check_log()
        self.check_storage()

    def check_storage(self):
        """No file holds a block that was only ever put to be encrypted, or its digest."""
        traces = [data[1000:1032] for data in lanes.SECRET]
        traces += [hashlib.sha256(data).digest() for data in lanes.SECRET]
        for path in self.server.data_dir.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not any(trace in content for trace in traces), f"{path} tells what is encrypted"
