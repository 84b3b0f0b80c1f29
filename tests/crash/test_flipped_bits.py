"""A bit flips in each kind of stored record, of open and of encrypted snapshots: it is never returned as data, it is
reported, and it heals."""
import sqlite3

import botocore.exceptions
import pytest

import argosyd
import disks
import encryption
import packs

REGION = "us-east-1"
# Blocks under two nodes of level 1; some that no compressor shortens, some that one does.
BLOCKS = {index: disks.block(f"kept {index}") for index in (0, 1, 300, 2047)} | {
    2: b"short" * 104857 + b"end"
}


class Kept:
    """A server with one image, a copy of it in another region, and an upload under way; encrypted, or not."""

    def __init__(self, folder, encrypted):
        self.server = argosyd.Server(folder / "data").start()
        self.snapshot = encryption.upload(self.owner, BLOCKS) if encrypted else disks.upload(self.owner, BLOCKS)
        self.image = disks.register(self.owner, self.snapshot)
        copy = self.owner.ec2("us-west-2").copy_image(
            Name="copy", SourceImageId=self.image, SourceRegion=REGION
        )["ImageId"]
        disks.await_image(self.owner, copy, "us-west-2")
        self.upload = disks.start(self.owner, ParentSnapshotId=self.snapshot)
        disks.put(self.owner, self.upload, 0, disks.ZEROS)
        disks.put(self.owner, self.upload, 3, BLOCKS[1])

    @property
    def owner(self):
        return self.server.accounts["owner"]

    def records(self, kind):
        found = [record for pack in packs.of_region(self.server, REGION) for record in packs.records(pack)]
        return [record for record in found if record.kind == kind]

    def read(self):
        """What is served: index -> bytes, or None where it is refused."""
        try:
            tokens = disks.list_blocks(self.owner, self.snapshot)
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "InternalServerException", error.response
            return dict.fromkeys(BLOCKS)
        served = {}
        for index, token in tokens.items():
            try:
                served[index] = disks.read_block(self.owner, self.snapshot, index, token)
            except botocore.exceptions.ClientError as error:
                assert error.response["Error"]["Code"] == "InternalServerException", error.response
                served[index] = None
        return served

    def scrub(self):
        return self.server.ask("scrub")

    def finish_upload(self):
        disks.complete(self.owner, self.upload, 2)
        wanted = BLOCKS | {3: BLOCKS[1]}
        del wanted[0]
        return disks.read(self.owner, self.upload) == wanted


@pytest.fixture(params=["open", "encrypted"])
def kept(tmp_path, request):
    kept = Kept(tmp_path, request.param == "encrypted")
    yield kept
    if kept.server.process.poll() is None:
        kept.server.kill()


@pytest.fixture
def encrypted(tmp_path):
    kept = Kept(tmp_path, encrypted=True)
    yield kept
    if kept.server.process.poll() is None:
        kept.server.kill()


def expect_right_or_refused(served):
    assert set(served) == set(BLOCKS)
    for index, data in served.items():
        assert data is None or data == BLOCKS[index], f"block {index} is served wrong"


@pytest.mark.parametrize("end", ["stop", "kill"])
@pytest.mark.parametrize("kind", ["block", "node 1", "node 2"])
def test_a_flipped_bit_of_a_chunk_is_refused_named_by_a_scrub_and_brought_back(kept, kind, end):
    getattr(kept.server, end)()
    first = kept.records(kind)[0]
    kept.server.start()  # it is durable and known by now
    kept.server.stop()
    packs.flip(first.pack, first.payload_offset + first.payload_bytes // 2)
    kept.server.start()
    status, said = kept.scrub()
    assert status == 1
    assert said["damaged_chunks"] == 1
    assert [damaged["snapshot_id"] for damaged in said["damaged_snapshots"]] == [kept.snapshot]
    assert said["damaged_snapshots"][0]["images"][0].startswith(kept.image)
    served = kept.read()
    expect_right_or_refused(served)
    assert None in served.values()
    status, said = kept.server.ask("repair")
    assert status == 0, said
    assert kept.read() == BLOCKS
    assert kept.scrub()[0] == 0
    assert kept.finish_upload()


@pytest.mark.parametrize("kind", ["block", "placement", "node 2", "pack"])
def test_a_flipped_bit_of_a_head_takes_nothing_with_it_and_a_scrub_tells(kept, kind):
    kept.server.stop()
    if kind == "pack":
        packs.flip(kept.records("block")[0].pack, 2)
    else:
        record = kept.records(kind)[0]
        packs.flip(record.pack, record.offset + 30)
    kept.server.start()
    assert kept.read() == BLOCKS, "the index knows where everything lies"
    assert kept.finish_upload()
    status, said = kept.scrub()
    assert (status, said["damaged_packs"]) == (1, 1)
    assert disks.read(kept.owner, disks.upload(kept.owner, {9: disks.block("after")}))


@pytest.mark.parametrize("database", ["index.db", "catalogue.db"])
def test_flipped_bits_of_a_database_are_never_served_as_data(kept, database):
    """Each page of the database in turn is spoilt in the middle; what is right is served, or none."""
    kept.server.stop()
    path = kept.server.data_dir / "regions" / REGION / database
    content = path.read_bytes()
    assert not path.with_name(database + "-wal").exists()
    told = 0
    for offset in range(4096 + 2048, len(content), 4096 * max(1, len(content) // 4096 // 8)):
        path.write_bytes(content)
        packs.flip(path, offset)
        try:
            kept.server.start()
        except pytest.fail.Exception:  # it says so and does not start
            assert "damaged" in kept.server.log.read_text()
            told += 1
            continue
        try:
            expect_right_or_refused(kept.read())
        except botocore.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            assert code in ("ResourceNotFoundException", "InternalError"), error.response
            told += 1
        kept.server.kill()
        for rest in path.parent.glob(database + "-*"):
            rest.unlink()
    path.write_bytes(content)
    kept.server.start()
    assert kept.read() == BLOCKS


def flip_values(kept, database, table, column, where="1"):
    """A bit in the middle of each value of a column."""
    path = kept.server.data_dir / "regions" / REGION / database
    with sqlite3.connect(path) as tx:
        rows = tx.execute(f"SELECT DISTINCT {column} FROM {table} WHERE {where} AND length({column}) > 0").fetchall()
        assert rows, f"no {column} in {table}"
        for (value,) in rows:
            middle = len(value) // 2
            flipped = value[:middle] + bytes([value[middle] ^ 0x10]) + value[middle + 1 :]
            tx.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (flipped, value))
    tx.close()


@pytest.mark.parametrize("which", ["completed", "pending"])
def test_a_flipped_bit_of_an_envelope_opens_nothing(encrypted, which):
    kept = encrypted
    kept.server.stop()
    flip_values(kept, "catalogue.db", "snapshots", "envelope", f"state = '{which}'")
    kept.server.start()
    if which == "completed":
        assert set(kept.read().values()) == {None}
        copied = kept.owner.ec2("us-west-2").copy_snapshot(SourceRegion=REGION, SourceSnapshotId=kept.snapshot)
        found = disks.await_snapshot(kept.owner, copied["SnapshotId"], "us-west-2", state="error")
        assert "damaged" in found["StateMessage"]
    else:
        with argosyd.refused("InternalServerException"):
            disks.put(kept.owner, kept.upload, 7, BLOCKS[1])
        assert kept.read() == BLOCKS


def test_a_flipped_bit_of_an_encrypted_journal_completes_nothing(encrypted):
    kept = encrypted
    kept.server.stop()
    flip_values(kept, "index.db", "placements", "reference", f"upload = '{kept.upload}'")
    kept.server.start()
    with argosyd.refused("InternalServerException"):
        disks.complete(kept.owner, kept.upload, 2)
    assert kept.read() == BLOCKS
    # Put again, it is whole.
    disks.put(kept.owner, kept.upload, 3, BLOCKS[1])
    assert kept.finish_upload()


def test_flipped_bits_of_what_is_remembered_cost_work_and_no_data(encrypted):
    kept = encrypted
    kept.server.stop()
    flip_values(kept, "index.db", "lookup", "sealed")
    kept.server.start()
    assert kept.finish_upload()
    again = encryption.upload(kept.owner, BLOCKS)
    assert disks.read(kept.owner, again) == BLOCKS == kept.read()
    assert kept.scrub()[0] == 0
