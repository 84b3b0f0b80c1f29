"""argosy import and export go on after they were killed, interrupted or cut off: nothing is sent twice,
nothing is lost, and no file looks finished that is not."""
import http.client
import http.server
import json
import os
import random
import signal
import subprocess
import threading

import pytest

import disks
from argosy import BINARY, BLOCK_BYTES, argosy, argosy_json, make_disk, run, start, starts_with
from argosyd import PATIENCE_S, wait_until
from wire import Wire

BLOCKS = 48
# Requests, headers and lists beside the blocks themselves.
OVERHEAD_BYTES = 2 * BLOCK_BYTES
# Blocks under way at once, unless --jobs says otherwise: so many may break off, and are fetched again.
AT_ONCE = 8


@pytest.fixture
def wire(server):
    wire = Wire(server.host, server.port)
    yield wire
    wire.close()


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def large(tmp_path):
    """Blocks that no compressor shortens, with holes and zeros between them."""
    dense = disks.Incompressible(BLOCKS, disks.unique("large"))
    blocks = {2 * index: dense[index] for index in range(BLOCKS)} | {1: disks.ZEROS, 7: disks.ZEROS}
    return make_disk(tmp_path / "large.raw", blocks, 2 * BLOCKS * BLOCK_BYTES)


def environment(wire, state):
    return {"AWS_ENDPOINT_URL": wire.endpoint, "XDG_STATE_HOME": state, "AWS_MAX_ATTEMPTS": 1}


def stop_in_the_middle(process, wire, after, number=signal.SIGKILL):
    """The signal arrives when so many bytes have crossed and no more do."""
    wait_until(lambda: wire.is_stopped() or process.poll() is not None, "the wire to be used")
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    out, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == (-number if number == signal.SIGKILL else 128 + number)
    assert out == ""
    wire.cut()
    wire.stop_after(None)
    wire.count()
    return complaints


def records(state):
    folder = state / "argosy"
    return sorted(folder.iterdir()) if folder.exists() else []


def own_snapshots(owner):
    return {one["SnapshotId"] for one in owner.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]}


@pytest.mark.parametrize("moment", [0.02, 0.3, 0.6, 0.97])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_import_goes_on_where_it_was_stopped(owner, wire, state, tmp_path, large, moment, number):
    before = own_snapshots(owner)
    command = ["import", large, "--name", disks.unique("resumed"), "--jobs", "2"]
    after = int(moment * BLOCKS * BLOCK_BYTES)
    wire.stop_after(after)
    process = start(owner, *command, **environment(wire, state))
    complaints = stop_in_the_middle(process, wire, after, number)
    begun = own_snapshots(owner) - before
    if number == signal.SIGINT:
        assert f"argosy snapshot rm us-east-1/{begun.copy().pop()}" in complaints
    done = argosy_json(owner, *command, **environment(wire, state))
    sent, _ = wire.count()
    assert done["snapshot_ids"] == list(begun), "the snapshot that the killed run began, and no second one"
    assert own_snapshots(owner) - before == begun
    # Two blocks were under way, and one acknowledged that the client had not heard of.
    assert sent <= BLOCKS * BLOCK_BYTES - after + 3 * BLOCK_BYTES + OVERHEAD_BYTES
    assert done["bytes_total"] == BLOCKS * BLOCK_BYTES
    assert done["bytes_sent"] <= min(sent, BLOCKS * BLOCK_BYTES)
    assert records(state) == [], "what is done is forgotten"
    argosy(owner, "export", done["image_id"], tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", large)


def test_an_import_may_be_killed_again_and_again(owner, wire, state, tmp_path, large):
    command = ["import", large, "--name", disks.unique("often"), "--jobs", "4"]
    chance = random.Random(7)
    sent = 0
    for _ in range(6):
        after = chance.randrange(BLOCKS * BLOCK_BYTES // 7)
        wire.stop_after(after)
        process = start(owner, *command, **environment(wire, state))
        wait_until(lambda: wire.is_stopped() or process.poll() is not None, "the wire to be used")
        process.kill()
        process.communicate()
        wire.cut()
        sent += wire.count()[0]
    wire.stop_after(None)
    image = argosy(owner, *command, **environment(wire, state)).strip()
    sent += wire.count()[0]
    assert sent < BLOCKS * BLOCK_BYTES + 6 * 5 * BLOCK_BYTES + OVERHEAD_BYTES
    argosy(owner, "export", image, tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", large)


def interrupt_import(owner, wire, state, command, after):
    wire.stop_after(after)
    process = start(owner, *command, **environment(wire, state))
    stop_in_the_middle(process, wire, after)


def test_an_import_waits_for_a_network_that_is_away_and_goes_on_later(owner, wire, state, tmp_path, large):
    command = ["import", large, "--name", disks.unique("network"), "--timeout", "1s"]
    wire.stop_after(10 * BLOCK_BYTES)
    process = start(owner, *command, **environment(wire, state))
    wait_until(wire.is_stopped, "the wire to be used")
    wire.refuse()
    _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 6 and "the same command goes on" in complaints
    record = records(state)[0].read_text()
    assert record.count("\n") > 3, "blocks were acknowledged and recorded"


def test_a_disk_that_was_written_to_is_another_one(owner, wire, state, tmp_path, large):
    command = ["import", large, "--name", disks.unique("changed")]
    interrupt_import(owner, wire, state, command, 20 * BLOCK_BYTES)
    with open(large, "r+b") as file:
        file.seek(4 * BLOCK_BYTES)
        file.write(b"changed")
    done = argosy_json(owner, *command, **environment(wire, state))
    assert done["bytes_sent"] == done["bytes_total"]
    argosy(owner, "export", done["image_id"], tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", large)


def test_a_disk_that_was_changed_in_secret_is_found_out_by_its_checksum(owner, wire, state, tmp_path, large):
    command = ["import", large, "--name", disks.unique("secret"), "--jobs", "1"]
    interrupt_import(owner, wire, state, command, 20 * BLOCK_BYTES)
    times = os.stat(large)
    with open(large, "r+b") as file:
        file.write(b"changed")
    os.utime(large, ns=(times.st_atime_ns, times.st_mtime_ns))
    out, complaints = run(owner, *command, **environment(wire, state))
    assert "begins anew" in complaints
    argosy(owner, "export", out.strip(), tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", large)


def test_an_import_begins_anew_when_its_snapshot_is_gone(owner, wire, state, tmp_path, large):
    command = ["import", large, "--name", disks.unique("gone")]
    before = own_snapshots(owner)
    interrupt_import(owner, wire, state, command, 20 * BLOCK_BYTES)
    [begun] = own_snapshots(owner) - before
    argosy(owner, "snapshot", "rm", begun, "--yes")
    out, complaints = run(owner, *command, **environment(wire, state))
    assert f"begins anew: us-east-1/{begun} is gone" in complaints
    argosy(owner, "export", out.strip(), tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", large)


def finish_and_keep_the_record(owner, wire, state, command):
    """What an import leaves that dies as soon as the service has done its work; what it printed."""
    interrupt_import(owner, wire, state, command, 20 * BLOCK_BYTES)
    [record] = records(state)
    with open(record, "rb") as file:  # outlives its name
        out = argosy(owner, *command, **environment(wire, state)).strip()
        record.write_bytes(file.read())
    wire.count()
    return out, record


class LosesAnAnswer:
    """Passes everything on to the server, but for the first answer to one action of EC2."""

    def __init__(self, server, action):
        outer, self.lost = self, 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                there = http.client.HTTPConnection(server.host, server.port)
                there.request(self.command, self.path, body, dict(self.headers))
                answer = there.getresponse()
                content = answer.read()
                there.close()
                if f"Action={action}&".encode() in body + b"&" and not outer.lost:
                    outer.lost += 1
                    self.close_connection = True
                    return
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = pass_on

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.endpoint = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def test_an_image_whose_registration_was_not_answered_is_ours(owner, server, disk):
    losing = LosesAnAnswer(server, "RegisterImage")
    out = argosy(owner, "import", disk, "--name", disks.unique("lost"), AWS_ENDPOINT_URL=losing.endpoint)
    losing.close()
    assert losing.lost == 1
    assert disks.describe_image(owner, out.strip())["State"] == "available"


def test_the_record_names_the_account_also_when_the_first_question_was_not_answered(owner, server, state, large):
    losing = LosesAnAnswer(server, "GetCallerIdentity")
    command = ["import", large, "--name", disks.unique("account")]
    process = start(owner, *command, AWS_ENDPOINT_URL=losing.endpoint, XDG_STATE_HOME=state)
    title = wait_until(lambda: next((one.read_text() for one in records(state)), ""), "the record is there")
    process.kill()
    process.communicate()
    losing.close()
    assert losing.lost == 1 and json.loads(title.splitlines()[0])["account"] == owner.id


def test_a_snapshot_that_was_completed_before_the_kill_is_not_made_again(owner, wire, state, large):
    snapshot, _ = finish_and_keep_the_record(owner, wire, state, ["import", large, "--snapshot-only"])
    done = argosy_json(owner, "import", large, "--name", disks.unique("late"), **environment(wire, state))
    assert done["snapshot_ids"] == [snapshot] and done["bytes_sent"] == 0
    assert wire.count()[0] < OVERHEAD_BYTES and records(state) == []


def test_an_image_that_was_registered_before_the_kill_is_not_made_again(owner, wire, state, large):
    command = ["import", large, "--name", disks.unique("registered")]
    image, record = finish_and_keep_the_record(owner, wire, state, command)
    assert argosy(owner, *command, **environment(wire, state)).strip() == image
    assert not record.exists()
    assert "already that of" in argosy(owner, *command, status=4, **environment(wire, state))


def run_without_a_place_for_its_result(owner, wire, state, command):
    with open("/dev/full", "w", encoding="ascii") as full:
        more = {name: str(value) for name, value in environment(wire, state).items()}
        variables = owner.environment() | more
        lost = subprocess.run([BINARY, *command], check=False, env=variables, stdout=full, timeout=PATIENCE_S)
    assert lost.returncode == 1


def test_an_import_whose_result_could_not_be_written_is_not_made_again(owner, wire, state, large):
    command = ["import", large, "--snapshot-only"]
    before = own_snapshots(owner)
    run_without_a_place_for_its_result(owner, wire, state, command)
    assert {argosy(owner, *command, **environment(wire, state)).strip()} == own_snapshots(owner) - before
    assert records(state) == []


@pytest.mark.parametrize("changed", [False, True])
def test_an_image_that_was_registered_before_is_ours_while_its_disk_is_the_same(
    owner, wire, state, tmp_path, disk, changed
):
    overlay = tmp_path / "overlay.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "raw", overlay], check=True)
    name = disks.unique("overlay")
    command = ["import", overlay, "--with-other-files", "--name"]
    run_without_a_place_for_its_result(owner, wire, state, [*command, name])
    [image] = owner.ec2().describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]
    if not changed:
        assert argosy(owner, *command, name, **environment(wire, state)).strip() == image["ImageId"]
        assert records(state) == []
        return
    with open(disk, "r+b") as file:  # which the overlay's own size and time do not tell
        file.write(b"changed")
    told = argosy(owner, *command, name, status=4, **environment(wire, state))
    assert f"already that of us-east-1/{image['ImageId']}, made of what overlay.qcow2 was then" in told
    out, complaints = run(owner, *command, f"{name}-2", **environment(wire, state))
    assert "holds what the disk was, and stays" in complaints
    argosy(owner, "export", out.strip(), tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", disk)


def test_two_runs_do_not_import_the_same_disk_at_once(owner, wire, state, large):
    command = ["import", large, "--name", disks.unique("twice")]
    wire.stop_after(20 * BLOCK_BYTES)
    first = start(owner, *command, **environment(wire, state))
    wait_until(wire.is_stopped, "the first run to be on its way")
    first.send_signal(signal.SIGSTOP)
    wire.stop_after(None)
    assert "another run" in argosy(owner, *command, status=8, **environment(wire, state))
    first.send_signal(signal.SIGCONT)
    assert first.communicate(timeout=PATIENCE_S)[0].startswith("ami-")


def test_an_import_does_without_a_folder_for_its_record(owner, large):
    out, complaints = run(
        owner, "import", large, "--name", disks.unique("stateless"), XDG_STATE_HOME="/proc/none"
    )
    assert out.startswith("ami-") and "its state cannot be written" in complaints


def test_a_refused_import_leaves_neither_snapshot_nor_record(owner, wire, state, large):
    before = own_snapshots(owner)
    command = ["import", large, "--name", disks.unique("refused"), "--tag", "k" * 200 + "=v"]
    argosy(owner, *command, status=254, **environment(wire, state))
    assert own_snapshots(owner) == before and records(state) == []


@pytest.fixture
def exported(owner, large):
    """An image of the large disk."""
    return argosy(owner, "import", large, "--name", disks.unique("exported")).strip()


@pytest.mark.parametrize("moment", [0.02, 0.5, 0.97])
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_an_export_goes_on_where_it_was_stopped(owner, wire, tmp_path, large, exported, moment, number):
    out = tmp_path / "out.raw"
    after = int(moment * BLOCKS * BLOCK_BYTES)
    command = ["export", exported, out, "--jobs", "2"]
    wire.stop_after(after)
    process = start(owner, *command, AWS_ENDPOINT_URL=wire.endpoint, AWS_MAX_ATTEMPTS=1)
    complaints = stop_in_the_middle(process, wire, after, number)
    assert not out.exists(), "what is not whole has another name"
    assert number == signal.SIGKILL or "The same command goes on" in complaints
    done = argosy_json(owner, *command, AWS_ENDPOINT_URL=wire.endpoint)
    _, received = wire.count()
    assert received <= BLOCKS * BLOCK_BYTES - after + 3 * BLOCK_BYTES + OVERHEAD_BYTES
    assert done["bytes"] == BLOCKS * BLOCK_BYTES and done["bytes_received"] <= received
    assert starts_with(out, large)
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.raw"]


def interrupt_export(owner, wire, image, out, after):
    wire.stop_after(after)
    process = start(owner, "export", image, out, AWS_ENDPOINT_URL=wire.endpoint, AWS_MAX_ATTEMPTS=1)
    stop_in_the_middle(process, wire, after)


def test_what_a_loss_of_power_took_from_an_export_is_fetched_again(owner, wire, tmp_path, large, exported):
    out, partial = tmp_path / "out.raw", tmp_path / "out.raw.partial"
    interrupt_export(owner, wire, exported, out, 30 * BLOCK_BYTES)
    with open(partial, "r+b") as file:
        file.seek(100)
        file.write(b"lost")
    with open(f"{partial}.journal", "a", encoding="ascii") as journal:
        journal.write("94 0123")  # a line that was being written
    argosy(owner, "export", exported, out, AWS_ENDPOINT_URL=wire.endpoint)
    assert starts_with(out, large)
    again = (BLOCKS - 30 + AT_ONCE + 1) * BLOCK_BYTES
    assert wire.count()[1] <= again + OVERHEAD_BYTES, "the rest was there"


def test_an_export_of_another_snapshot_begins_anew(owner, wire, tmp_path, large, exported, imported, disk):
    out = tmp_path / "out.raw"
    interrupt_export(owner, wire, exported, out, 30 * BLOCK_BYTES)
    _, complaints = run(owner, "export", imported, out, AWS_ENDPOINT_URL=wire.endpoint)
    assert "begins anew" in complaints
    assert starts_with(out, disk)


def test_nothing_of_another_export_stays_after_a_kill_between_record_and_file(owner, wire, tmp_path, imported, disk):
    out, partial, journal = (tmp_path / f"out.raw{ending}" for ending in ("", ".partial", ".partial.journal"))
    interrupt_export(owner, wire, imported, out, 2 * BLOCK_BYTES)
    title = journal.read_text().partition("\n")[0]
    journal.write_text(title + "\n")
    partial.write_bytes(os.urandom(2 * BLOCKS * BLOCK_BYTES))
    argosy(owner, "export", imported, out, AWS_ENDPOINT_URL=wire.endpoint)
    assert starts_with(out, disk)


def test_an_export_that_dies_while_it_begins_anew_is_no_stranger_to_the_next(
    owner, wire, tmp_path, exported, imported, disk
):
    out, journal = tmp_path / "out.raw", tmp_path / "out.raw.partial.journal"
    interrupt_export(owner, wire, exported, out, 30 * BLOCK_BYTES)
    # Where a file may hold nothing, the record can be emptied, and its first write is the end.
    command = ["sh", "-c", 'ulimit -c 0; ulimit -f 0; exec "$0" "$@"', BINARY, "export", imported, out]
    variables = owner.environment() | {"AWS_ENDPOINT_URL": wire.endpoint}
    died = subprocess.run(command, check=False, env=variables, capture_output=True, timeout=PATIENCE_S)
    assert died.returncode != 0 and journal.read_text() == "", died.stderr
    argosy(owner, "export", imported, out, AWS_ENDPOINT_URL=wire.endpoint)
    assert starts_with(out, disk)


def test_what_came_to_be_in_the_place_of_an_export_meanwhile_stays(owner, wire, tmp_path, large, exported):
    out = tmp_path / "out.raw"
    wire.stop_after(30 * BLOCK_BYTES)
    command = ["export", exported, out]
    process = start(owner, *command, AWS_ENDPOINT_URL=wire.endpoint)
    wait_until(wire.is_stopped, "the wire to be used")
    out.write_text("precious")
    wire.stop_after(None)
    _, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 4 and "--force" in complaints
    assert out.read_text() == "precious"
    done = argosy_json(owner, *command, "--force", AWS_ENDPOINT_URL=wire.endpoint)
    assert done["bytes_received"] == 0, "all of it was there"
    assert starts_with(out, large)


def test_an_export_that_is_converted_goes_on_too(owner, wire, tmp_path, large, exported):
    out, other = tmp_path / "out.qcow2", tmp_path / "out.qcow2.converting"
    other.write_text("precious")
    wire.stop_after(30 * BLOCK_BYTES)
    command = ["export", exported, out, "--format", "qcow2"]
    process = start(owner, *command, AWS_ENDPOINT_URL=wire.endpoint, AWS_MAX_ATTEMPTS=1)
    stop_in_the_middle(process, wire, 30 * BLOCK_BYTES)
    done = argosy_json(owner, *command, AWS_ENDPOINT_URL=wire.endpoint)
    assert done["bytes_received"] <= (BLOCKS - 30 + AT_ONCE) * BLOCK_BYTES
    assert sorted(tmp_path.iterdir()) == [large, out, other] and other.read_text() == "precious"
    again = argosy(owner, "import", out, "--name", disks.unique("converted")).strip()
    assert json.loads(run(owner, "verify", again, exported, "-o", "json")[0])["same"]


def test_an_export_that_fails_at_once_leaves_no_file(owner, tmp_path):
    argosy(owner, "export", "snap-0123456789abcdef0", tmp_path / "out.raw", status=254)
    assert list(tmp_path.iterdir()) == []
