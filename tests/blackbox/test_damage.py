"""What is damaged on disk is never served: it is found, told by the names of its images, and healed."""
import pathlib
import re

import pytest

import disks
import encryption
import keys
import packs
from argosyd import refused, wait_until

BLOCKS = {i: disks.block(i) for i in range(4)}


def flip_block(server, data, region="us-east-1"):
    """In the middle of where a block of random bytes, which no codec makes shorter, is stored."""
    for path in packs.of_region(server, region):
        if (at := path.read_bytes().find(data[1000:1100])) >= 0:
            return packs.flip(path, at + 50)
    pytest.fail("the block is stored nowhere")


def lose_index(server, region="us-east-1"):
    for path in pathlib.Path(server.data_dir, "regions", region).glob("index.db*"):
        path.unlink()


@pytest.fixture
def image(own_server):
    owner = own_server.accounts["owner"]
    snapshot = disks.upload(owner, BLOCKS)
    name = disks.unique("golden")
    return owner, snapshot, disks.register(owner, snapshot, name), name


def test_scrub_finds_nothing_where_nothing_is_wrong(own_server, image):
    status, told = own_server.ask("scrub")
    assert status == 0
    assert told["chunks"] == len(BLOCKS) + 2
    assert told["damaged_snapshots"] == told["database_faults"] == []


def test_a_damaged_block_is_not_served_and_its_images_are_named(own_server, image):
    owner, snapshot, image_id, name = image
    flip_block(own_server, BLOCKS[2])
    with refused("InternalServerException"):
        disks.read(owner, snapshot)
    wait_until(
        lambda: re.search(
            rf"error .*{snapshot} of account {owner.id} \({image_id} \({name}\)\)", own_server.log.read_text()
        ),
        "the names in the log",
    )
    status, told = own_server.ask("scrub")
    assert status == 1
    assert told["damaged_chunks"] == 1
    assert told["damaged_snapshots"] == [
        {"snapshot_id": snapshot, "account_id": owner.id, "images": [f"{image_id} ({name})"]}
    ]
    tokens = disks.list_blocks(owner, snapshot)
    assert disks.read_block(owner, snapshot, 1, tokens[1]) == BLOCKS[1]  # the others are


def test_the_next_upload_that_carries_it_heals(own_server, image):
    owner, snapshot, _, _ = image
    flip_block(own_server, BLOCKS[2])
    assert own_server.ask("scrub")[0] == 1
    disks.upload(owner, {0: BLOCKS[2]})
    assert own_server.ask("scrub")[0] == 0
    assert disks.read(owner, snapshot) == BLOCKS


def test_the_next_copy_that_carries_it_heals(own_server, image):
    owner, snapshot, _, _ = image
    west = owner.ec2("us-west-2")
    first = west.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    disks.await_snapshot(owner, first, "us-west-2")
    flip_block(own_server, BLOCKS[3], "us-west-2")
    assert own_server.ask("scrub", "us-west-2")[0] == 1
    second = west.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    disks.await_snapshot(owner, second, "us-west-2")
    assert disks.read(owner, first, "us-west-2") == BLOCKS
    assert own_server.ask("scrub", "us-west-2")[0] == 0


@pytest.mark.parametrize("damaged", ["us-east-1", "us-west-2"])
def test_repair_brings_it_from_a_region_with_a_copy(own_server, image, damaged):
    owner, snapshot, _, _ = image
    west = owner.ec2("us-west-2")
    copy = west.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot)["SnapshotId"]
    disks.await_snapshot(owner, copy, "us-west-2")
    for index in (0, 3):
        flip_block(own_server, BLOCKS[index], damaged)
    own_server.ask("scrub", damaged)
    status, told = own_server.ask("repair", damaged)
    other = {"us-east-1": "us-west-2", "us-west-2": "us-east-1"}[damaged]
    assert status == 0
    assert [row["from"] for row in told["repaired"]] == [other]
    assert 2 * disks.BLOCK_BYTES <= told["moved_bytes"] < 3 * disks.BLOCK_BYTES  # these two alone
    assert own_server.ask("scrub", damaged)[0] == 0
    assert disks.read(owner, snapshot) == BLOCKS
    assert disks.read(owner, copy, "us-west-2") == BLOCKS


def test_repair_says_what_no_region_can_give(own_server, image):
    _, snapshot, _, _ = image
    flip_block(own_server, BLOCKS[0])
    own_server.ask("scrub")
    status, told = own_server.ask("repair")
    assert status == 1
    assert told["repaired"] == []
    assert snapshot in told["not_repaired"][0]["snapshot"]
    assert {why.split(":")[0] for why in told["not_repaired"][0]["why"]} == {"us-west-2", "eu-west-1"}


def lose_packs(server, region="us-east-1"):
    server.stop()
    for pack in packs.of_region(server, region):
        pack.unlink()
    server.start()


def test_a_collection_goes_on_where_a_pack_is_lost(own_server, image):
    owner, snapshot, image_id, _ = image
    owner.ec2().deregister_image(ImageId=image_id)
    owner.ec2().delete_snapshot(SnapshotId=snapshot)
    lose_packs(own_server)
    assert own_server.ask("gc")[0] == 0
    assert own_server.ask("scrub")[1]["missing_packs"] > 0
    assert own_server.ask("scrub")[0] == 0


def test_a_lost_index_is_rebuilt_and_said_so(own_server, image):
    owner, snapshot, _, _ = image
    own_server.stop()
    lose_index(own_server)
    own_server.start()
    assert re.search(r"the index is new but there are \d packs: reading them", own_server.log.read_text())
    assert disks.read(owner, snapshot) == BLOCKS
    assert own_server.ask("scrub")[0] == 0


@pytest.mark.parametrize("where", ["head", "payload"])
def test_uploads_end_as_errors_where_a_rebuilt_index_may_lack_blocks_of_them(own_server, image, where):
    owner, snapshot, _, _ = image
    blocks = {index: disks.block(f"lost {index}") for index in range(3)}
    upload, empty = disks.start(owner), disks.start(owner)
    elsewhere = disks.start(owner, region="us-west-2")
    for index in blocks:
        disks.put(owner, upload, index, blocks[index])
        disks.put(owner, elsewhere, index, blocks[index], "us-west-2")
    own_server.kill()
    pack = packs.of_region(own_server)[0]
    content = pack.read_bytes()
    record = next(r for r in packs.records(pack) if content.find(blocks[1], r.payload_offset, r.end) >= 0)
    packs.flip(pack, record.offset + 30 if where == "head" else record.payload_offset + 1000)
    lose_index(own_server)
    own_server.start()
    for id in (upload, empty):  # nobody can say whose records are gone
        said = disks.describe_snapshot(owner, id)
        assert (said["State"], said["StateMessage"]) == (
            "error",
            "Blocks were lost: what was stored of this upload is damaged",
        )
        assert f"upload {id} of {owner.id} ends: its journal may be damaged" in own_server.log.read_text()
    with refused("ValidationException", reason="WRITE_REQUEST_TIMEOUT"):
        disks.put(owner, upload, 1, blocks[1])
    with refused("ValidationException", reason="WRITE_REQUEST_TIMEOUT"):
        disks.complete(owner, upload, 2)
    assert disks.read(owner, snapshot) == BLOCKS
    disks.complete(owner, elsewhere, 3, "us-west-2")
    assert disks.read(owner, elsewhere, "us-west-2") == blocks
    # It is said once: what is begun afterwards goes on over the next start.
    later = disks.start(owner)
    disks.put(owner, later, 1, blocks[1])
    own_server.kill()
    own_server.start()
    disks.complete(owner, later, 1)
    assert disks.read(owner, later) == {1: blocks[1]}


def test_damage_of_a_database_is_told(own_server, image):
    own_server.stop()
    index = pathlib.Path(own_server.data_dir, "regions", "us-east-1", "index.db")
    size = index.stat().st_size
    with index.open("r+b") as file:  # the tables' pages; the first one holds the schema
        file.seek(size // 4096 // 2 * 4096)
        file.write(b"\xff" * 512)
    try:
        own_server.start()
    except pytest.fail.Exception:  # where it cannot start with that it says which file
        assert "index.db" in own_server.log.read_text()
        return
    status, told = own_server.ask("scrub")
    assert status == 1
    assert any(fault.startswith("index:") for fault in told["database_faults"])


# Encrypted content. Nobody who scrubs or repairs holds a key.


class Sealed:
    """An encrypted snapshot in the east and a copy of it in the west, under a key of that region."""

    def __init__(self, owner):
        self.owner = owner
        self.keys = {region: keys.make(owner, region)["Arn"] for region in ("us-east-1", "us-west-2")}
        east = encryption.upload(owner, BLOCKS, self.keys["us-east-1"])
        self.snapshots = {"us-east-1": east, "us-west-2": self.copy(east)}

    def copy(self, snapshot):
        new = self.owner.ec2("us-west-2").copy_snapshot(
            SourceRegion="us-east-1", SourceSnapshotId=snapshot, Encrypted=True, KmsKeyId=self.keys["us-west-2"]
        )["SnapshotId"]
        disks.await_snapshot(self.owner, new, "us-west-2")
        return new

    def read(self, region):
        return disks.read(self.owner, self.snapshots[region], region)


@pytest.fixture
def sealed(own_server):
    return Sealed(own_server.accounts["owner"])


def flip_sealed(server, region, kind):
    record = next(r for pack in packs.of_region(server, region) for r in packs.records(pack) if r.kind == kind)
    packs.flip(record.pack, record.payload_offset + record.payload_bytes // 2)


OTHER = {"us-east-1": "us-west-2", "us-west-2": "us-east-1"}


@pytest.mark.parametrize("kind", ["block", "node 1", "node 2", "all packs"])
@pytest.mark.parametrize("key", ["enabled", "disabled"])
@pytest.mark.parametrize("damaged", OTHER)
def test_repair_brings_sealed_content_whatever_became_of_its_key(own_server, sealed, damaged, key, kind):
    if kind == "all packs":
        lose_packs(own_server, damaged)
    else:
        flip_sealed(own_server, damaged, kind)
    if key == "disabled":
        for region, arn in sealed.keys.items():
            sealed.owner.kms(region).disable_key(KeyId=arn)
    assert own_server.ask("scrub", damaged)[0] == 1
    status, told = own_server.ask("repair", damaged)
    assert status == 0, told
    assert [row["from"] for row in told["repaired"]] == [OTHER[damaged]]
    assert own_server.ask("scrub", damaged)[0] == 0
    if key == "disabled":
        with refused("ValidationException", reason="INVALID_CUSTOMER_KEY"):
            sealed.read(damaged)
        for region, arn in sealed.keys.items():
            sealed.owner.kms(region).enable_key(KeyId=arn)
    assert sealed.read(damaged) == sealed.read(OTHER[damaged]) == BLOCKS


def test_repair_says_where_to_look_when_the_copy_is_damaged_too(own_server, sealed):
    pack = packs.of_region(own_server)[0]
    block = next(record for record in packs.records(pack) if record.kind == "block")
    stored = pack.read_bytes()[block.payload_offset : block.end]
    for region in OTHER:
        flip_block(own_server, stored, region)
        assert own_server.ask("scrub", region)[0] == 1
    status, told = own_server.ask("repair")
    assert (status, told["repaired"]) == (1, [])
    why = next(line for line in told["not_repaired"][0]["why"] if line.startswith("us-west-2:"))
    assert why == "us-west-2: us-west-2 answered fetch with status 404; its log says why"
    assert re.search(r"error replication: chunk [0-9a-f]{64} is not here", own_server.log.read_text())


def test_repair_says_that_what_was_encrypted_on_its_way_is_other_bytes_and_a_copy_brings_it(own_server, sealed):
    owner = sealed.owner
    plain = disks.upload(owner, {7: disks.block("encrypted on its way")})
    copied = sealed.copy(plain)
    pack = packs.of_region(own_server, "us-west-2")[-1]
    last = [record for record in packs.records(pack) if record.kind == "block"][-1]
    packs.flip(pack, last.payload_offset + 1000)
    assert own_server.ask("scrub", "us-west-2")[0] == 1
    status, told = own_server.ask("repair", "us-west-2")
    assert (status, told["repaired"], len(told["not_repaired"])) == (1, [], 1)
    assert copied in told["not_repaired"][0]["snapshot"]
    assert sorted(told["not_repaired"][0]["why"]) == [
        f"{region}: account {owner.id} has no completed copy there that is sealed as this snapshot is; what is "
        "encrypted on its way to a region is stored there as other bytes. Uploading or copying it here once more "
        "brings it back"
        for region in ("eu-west-1", "us-east-1")
    ]
    sealed.copy(plain)
    assert disks.read(owner, copied, "us-west-2") == {7: disks.block("encrypted on its way")}
    assert own_server.ask("scrub", "us-west-2")[0] == 0
