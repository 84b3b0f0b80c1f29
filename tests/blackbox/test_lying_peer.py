"""A source that proves who it is and then lies: it is not believed, and no wrong byte is served."""
import base64
import json
import struct
import threading
import time

import pytest

import disks
import keys
import lying_source as lying
from argosyd import botocore, wait_until
from lying_source import SEVENS, STARS, Disk, Lie, formats, frame

node = formats.node

# What beta may take at most; without limits several of these lies would take gigabytes.
MEMORY_LIMIT_KIB = 600 * 1024


def with_digest(chunk, other):
    return chunk | {"digest": other["digest"]}


def replace(first, second):
    return lambda body: body.replace(first["stored"], second["stored"])


OK = b"HTTP/1.1 200 OK\r\n"


def respond(head, *pieces, endless=None):
    """Writes an answer that is not HTTP as it should be."""

    def write(stream):
        stream.write(head)
        for piece in pieces:
            stream.write(piece)
        while endless:
            stream.write(endless)

    return write


def drip(stream):
    """A byte now and then, without end: never silent, never done."""
    stream.write(OK + b"Content-Length: 1000000\r\n\r\n")
    for _ in range(20):
        stream.write(b"x")
        stream.flush()
        time.sleep(0.2)


def refusal(status, code, message="no"):
    body = json.dumps({"code": code, "message": message}).encode()
    return respond(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)), body)


CONTENT_LIES = {
    "another chunk for an id": Lie(fetched=replace(SEVENS, STARS)),
    "a flipped bit": Lie(fetched=lambda body: body[:-1] + bytes([body[-1] ^ 1])),
    "a block under another's digest": Lie(
        Disk(first=node(1, 2, {0: with_digest(SEVENS, STARS), 5: STARS}))
    ),
    "a node under another's digest": Lie(
        Disk(root=node(2, 3, {0: with_digest(node(1, 2, {0: SEVENS, 5: STARS}), SEVENS),
                                    1: node(1, 1, {44: SEVENS})}))
    ),
    "a node of the wrong level": Lie(Disk(first=node(2, 2, {0: SEVENS, 5: STARS}))),
    "a block where a node should be": Lie(
        Disk(root=node(2, 3, {0: SEVENS, 1: node(1, 1, {44: SEVENS})}))
    ),
    "a node where a block should be": Lie(
        Disk(first=node(1, 2, {0: node(1, 1, {44: SEVENS}), 5: STARS}))
    ),
    "a wrong count of blocks": Lie(Disk(first=node(1, 77, {0: SEVENS, 5: STARS}))),
    "blocks beyond the disk": Lie(
        Disk(root=node(2, 3, {0: node(1, 2, {0: SEVENS, 5: STARS}),
                                    200: node(1, 1, {44: SEVENS})}))
    ),
    "a chunk that claims to be huge": Lie(fetched=lambda body: struct.pack("<I", 0xFFFFFFFF) + body[4:]),
    "more chunks than were asked for": Lie(fetched=lambda body: body + frame(SEVENS["stored"])),
    "fewer chunks than were asked for": Lie(fetched=lambda body: b""),
    "half a length": Lie(fetched=lambda body: body + b"\x01"),
    "no such chunk after all": Lie(raw={"fetch": refusal(400, "InvalidRange")}),
    "a leaf of zstd that unpacks to too much": None,  # made below
}
BOMB = formats.chunk_header(1, 1, formats.BLOCK_BYTES, 0) + formats.zstd_of_one_byte(7).replace(
    struct.pack("<I", formats.BLOCK_BYTES), struct.pack("<I", 0xFFFFFFF0)
)
bomb = {"stored": BOMB, "id": formats.sha256(BOMB), "digest": SEVENS["digest"]}
_disk = Disk(first=node(1, 2, {0: bomb, 5: STARS}))
_disk.chunks[bomb["id"]] = BOMB
CONTENT_LIES["a leaf of zstd that unpacks to too much"] = Lie(_disk)


def snapshot(**changes):
    return lambda said: said["snapshots"][0].update(changes)


CONTENT_LIES["more content than was opened"] = Lie(opening=snapshot(content_bytes=0))
CONTENT_LIES["less content than was opened"] = Lie(opening=snapshot(content_bytes=4 * formats.BLOCK_BYTES))


def image(**changes):
    return lambda said: said["image"].update(changes)


def b64(data):
    return base64.b64encode(data).decode()


OPENING_LIES = {
    "a volume of nothing": Lie(opening=snapshot(volume_size_gib=0)),
    "a volume of 2^62 GiB": Lie(opening=snapshot(volume_size_gib=2**62)),
    "a negative volume": Lie(opening=snapshot(volume_size_gib=-1)),
    "more content than fits": Lie(opening=snapshot(content_bytes=2**40)),
    "another's digest": Lie(opening=snapshot(content_digest=b64(SEVENS["digest"]))),
    "no digest": Lie(opening=snapshot(content_digest="")),
    "half a root": Lie(opening=snapshot(root=b64(b"\x01" * 40))),
    "a root of another form": Lie(opening=snapshot(root=b64(b"\x07" * 65))),
    "a snapshot that is none": Lie(opening=snapshot(snapshot_id="../../etc/passwd")),
    "control characters": Lie(opening=image(description="a\x00b")),
    "a description without end": Lie(opening=image(description="x" * 5_000)),
    "a mapping without its snapshot": Lie(
        opening=lambda said: said["image"]["mappings"][0].update(snapshot_id="snap-00000000000000000")
    ),
    "a thousand mappings": Lie(
        opening=lambda said: said["image"].update(mappings=said["image"]["mappings"] * 1_000)
    ),
    "a thousand snapshots": Lie(opening=lambda said: said.update(snapshots=said["snapshots"] * 1_000)),
    "a thousand tags": Lie(
        opening=image(tags=[{"key": f"k{number}", "value": "v"} for number in range(1_000)])
    ),
    "no image": Lie(opening=lambda said: said.pop("image") and None),
    "no lease": Lie(opening=lambda said: said.update(lease="")),
    "a lease without end": Lie(opening=lambda said: said.update(lease="l" * 100_000)),
    "no JSON": Lie(raw={"open": respond(OK + b"Content-Length: 3\r\n\r\n", b"{{{")}),
    "JSON without an end": Lie(
        raw={"open": respond(OK + b"Transfer-Encoding: chunked\r\n\r\n",
                             endless=b"10000\r\n" + b"[" * 65536 + b"\r\n")}
    ),
    "20 MiB of empty lists": Lie(
        raw={"open": respond(OK + b"Content-Length: 20971522\r\n\r\n",
                             b"[" + b"[]," * 6_990_506 + b"[]]")}
    ),
    "a length of 10 GB": Lie(raw={"open": respond(OK + b"Content-Length: 10000000000\r\n\r\n")}),
    "headers without an end": Lie(raw={"open": respond(OK, endless=b"X-Y: z\r\n" * 1_000)}),
    "no HTTP": Lie(raw={"open": respond(b"220 smtp ready\r\n")}),
    "nothing": Lie(raw={"open": respond(b"")}),
    "a code of our own": Lie(raw={"open": refusal(409, "lost")}),
    "a code for a conflict": Lie(raw={"open": refusal(409, "unique")}),
    "a message without end": Lie(raw={"open": refusal(404, "InvalidAMIID.NotFound", "x" * 900_000)}),
}


CONTENT_IMAGES, OPENING_IMAGES = lying.image_ids(CONTENT_LIES, "a"), lying.image_ids(OPENING_LIES, "b")
HONEST = "ami-00000000000000001"


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    made = lying.Story(tmp_path_factory.mktemp("lying"))
    made.source.tell(HONEST, Lie())
    for images, lies in ((CONTENT_IMAGES, CONTENT_LIES), (OPENING_IMAGES, OPENING_LIES)):
        for number, name in images.items():
            made.source.tell(number, lies[name])
    # All at once: each is asked again some times before it is given up.
    made.copies = {CONTENT_IMAGES[number]: made.copy(number) for number in CONTENT_IMAGES}
    yield made
    assert made.beta.process.poll() is None, made.beta.log.read_text()[-2000:]
    assert made.peak_kib() < MEMORY_LIMIT_KIB
    made.stop()


@pytest.mark.parametrize("name", CONTENT_LIES)
def test_content_that_is_not_what_was_opened_is_not_taken(story, name):
    found = story.end_of(story.copies[name])
    assert found["State"] == "failed", found
    assert found["StateReason"]["Message"].startswith("Copying from us-east-1 failed:")
    snapshot = disks.snapshots_of(found)[0]
    assert disks.describe_snapshot(story.account, snapshot, "us-west-2")["State"] == "error"
    with pytest.raises(botocore.exceptions.ClientError):
        disks.list_blocks(story.account, snapshot, "us-west-2")


@pytest.mark.parametrize("number", OPENING_IMAGES, ids=OPENING_IMAGES.get)
def test_an_opening_that_cannot_be_true_makes_no_image(story, number):
    ec2 = story.account.ec2("us-west-2")
    before = {image["ImageId"] for image in ec2.describe_images(Owners=["self"])["Images"]}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        story.copy(number)
    assert caught.value.response["Error"]["Code"] in ("Unavailable", "InternalError")
    assert len(caught.value.response["Error"]["Message"]) < 1_000
    assert {image["ImageId"] for image in ec2.describe_images(Owners=["self"])["Images"]} == before


def test_the_lease_of_an_opening_that_cannot_be_true_is_given_back(story):
    number = "ami-00000000000000004"
    lie = Lie(opening=image(description="a\x00b"))
    story.source.tell(number, lie)
    with pytest.raises(botocore.exceptions.ClientError):
        story.copy(number)
    assert [operation for operation, _ in lie.asked] == ["open", "close"]


def test_the_truth_is_believed_even_after_the_lies(story):
    found = story.end_of(story.copy(HONEST))
    assert found["State"] == "available", found
    snapshot = disks.snapshots_of(found)[0]
    assert disks.read(story.account, snapshot, "us-west-2") == lying.CONTENT


def test_a_digest_that_lies_about_a_block_that_is_here_already_is_found_out(story):
    story.end_of(story.copy(HONEST))
    number = "ami-00000000000000002"
    story.source.tell(number, Lie(Disk(second=node(1, 1, {44: with_digest(SEVENS, STARS)}))))
    assert story.end_of(story.copy(number))["State"] == "failed"


def test_a_source_that_drips_holds_nobody_up_for_good(story):
    number = "ami-00000000000000003"
    disk = Disk(first=node(1, 2, {0: formats.block_of_one_byte(0x33), 5: STARS}))
    story.source.tell(number, Lie(disk, raw={"fetch": drip}))
    copied = story.copy(number)
    found = story.end_of(story.copy(HONEST))  # meanwhile another copy goes its way
    assert found["State"] == "available"
    assert disks.describe_image(story.account, copied, "us-west-2")["State"] in ("pending", "failed")
    story.account.ec2("us-west-2").deregister_image(ImageId=copied)


def test_a_source_that_hangs_takes_nothing_from_uploads_at_a_stop(tmp_path):
    """What rests is durable then, so that the upload outlives a restart of the machine."""
    stopped = threading.Event()
    lie = Lie(raw={"fetch": lambda stream: stopped.wait()})
    story = lying.Story(tmp_path)
    try:
        story.source.tell(HONEST, lie)
        upload = story.account.ebs("us-west-2").start_snapshot(VolumeSize=1)["SnapshotId"]
        disks.put(story.account, upload, 0, disks.block(1), "us-west-2")
        story.copy(HONEST)
        wait_until(lambda: "fetch" in {operation for operation, _ in lie.asked}, "the copy asks for nothing")
        assert story.beta.stop() == 0
        statement = f"SELECT unsynced_boot FROM snapshots WHERE id = '{upload}'"
        assert keys.ask_stopped(story.beta, statement, "us-west-2") == [("",)]
    finally:
        stopped.set()
        story.stop()
