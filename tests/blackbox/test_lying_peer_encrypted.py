"""A source that lies about encrypted content and its keys, to a copy that moves it as it is and to one that seals it
anew: it is not believed, the copy says why, and no wrong byte is served."""
import itertools
import os
import re

import pytest

import disks
import encryption
import lying_source as lying
from argosyd import botocore
from lying_source import Lie, SealedDisk, formats, sealed_block, sealed_node

COPIERS_OWN, ANOTHERS = "as it is", "sealed anew"
OTHER_ACCOUNT = "999999999999"


class Truth:
    """What there is to lie about. Each lie is about content of its own: what another one has left here is no help."""

    def __init__(self, number):
        self.bytes = (2 * number + 1, 2 * number + 2)
        self.blocks = self.zero, self.five = tuple(sealed_block(byte) for byte in self.bytes)
        self.disk = SealedDisk(self.blocks)
        self.node = self.disk.nodes[1, 0]
        self.root = self.disk.root

    def first(self, child, blocks=2, **changes):
        """A disk whose block 0 is that one, or whose first node says another count."""
        return self.knows(SealedDisk(self.blocks, first=sealed_node(1, blocks, {0: child | changes, 5: self.five})), child)

    def below_root(self, child, slot=0, **changes):
        """A disk whose root has that child."""
        second = sealed_node(1, 1, {44: self.zero})
        disk = SealedDisk(self.blocks, root=sealed_node(2, 3, {slot: child | changes, 1: second}))
        return self.knows(disk, child)

    def knows(self, disk, chunk):
        disk.chunks[chunk["id"]] = chunk["stored"]
        return disk

    def released(self, **changes):
        return Lie(self.disk, released=formats.reference_with_key(self.root | changes))


def flip_last(body):
    return body[:-1] + bytes([body[-1] ^ 1])


def no_message(stream):
    stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{{{")


def lies(number=0):
    """Name -> the lie, and what the copy's owner is told of it."""
    true = Truth(number)
    zero, five = true.blocks
    open_zero, open_five = (formats.block_of_one_byte(byte) for byte in true.bytes)
    open_node = formats.node(1, 2, {0: open_zero, 5: open_five})
    return {
        "another chunk for an id": (
            Lie(true.disk, fetched=lambda body: body.replace(zero["stored"], five["stored"])), "not those of chunk"
        ),
        "a flipped bit": (Lie(true.disk, fetched=flip_last), "not those of chunk"),
        "fewer chunks than were asked for": (Lie(true.disk, fetched=lambda body: b""), "less than was asked for"),
        "a block under another's digest": (Lie(true.first(zero, digest=five["digest"])), "a block with another's digest"),
        "a block under another's key": (Lie(true.first(zero, key=five["key"])), "a block that is not what"),
        "a node under another's digest": (
            Lie(true.below_root(true.node, digest=five["digest"])), "a sealed manifest node with another's digest"
        ),
        "a node under another's key": (Lie(true.below_root(true.node, key=five["key"])), "a manifest node that is not what"),
        "an open block where a sealed one should be": (Lie(true.first(open_zero, key=zero["key"])), "block"),
        "an open node where a sealed one should be": (Lie(true.below_root(open_node, key=five["key"])), "open"),
        "a node where a block should be": (Lie(true.first(true.node)), "block"),
        "a block where a node should be": (Lie(true.below_root(zero)), "us-east-1"),
        "a node of the wrong level": (Lie(true.below_root(true.root)), "level"),
        "a wrong count of blocks": (Lie(true.first(zero, blocks=77)), "a wrong count of blocks"),
        "blocks beyond the disk": (Lie(true.below_root(true.node, slot=200)), "beyond the disk"),
        "a released key that opens nothing": (true.released(key=os.urandom(32)), "a manifest node that is not what"),
        "a released digest that is another's": (true.released(digest=os.urandom(32)), "another's digest"),
        "the key of another disk": (true.released(id=os.urandom(32)), "released the key of another disk"),
        "the key of a disk of zeros": (Lie(true.disk, released=b""), "released the key of another disk"),
        "no key": (Lie(true.disk, released=formats.reference(true.root)), "released no key"),
        "a key that is none": (Lie(true.disk, released=b"\x02" * 50), "a reference of an unknown form"),
        "no message": (Lie(true.disk, raw={"release": no_message}), "sent no message"),
    }


IMAGES = {how: lying.image_ids(lies(), digit) for how, digit in ((COPIERS_OWN, "a"), (ANOTHERS, "b"))}
HONEST = {COPIERS_OWN: "ami-00000000000000001", ANOTHERS: "ami-00000000000000002"}


def snapshot(**changes):
    return lambda said: said["snapshots"][0].update(changes)


OPENING_LIES = {
    "an open root": snapshot(root=lying.Disk().opening()["snapshots"][0]["root"]),
    "a digest": snapshot(content_digest=lying.Disk().opening()["snapshots"][0]["content_digest"]),
    "no KMS key": snapshot(kms_key_id=None),
    "an empty KMS key": snapshot(kms_key_id=""),
    "a KMS key without end": snapshot(kms_key_id="arn:" + "k" * 5_000),
    "a KMS key with control characters": snapshot(kms_key_id="arn:\x00"),
    "a sealed root of an open disk": snapshot(encrypted=False, kms_key_id=None),
    "an owner that is none": snapshot(owner="1" * 13),
}
OPENING_IMAGES = lying.image_ids(OPENING_LIES, "c")


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    made = lying.Story(tmp_path_factory.mktemp("lying"))
    numbers = itertools.count()
    for how, owner in ((COPIERS_OWN, made.account.id), (ANOTHERS, OTHER_ACCOUNT)):
        found = {number: lies(next(numbers))[name][0] for number, name in IMAGES[how].items()}
        for number, lie in (found | {HONEST[how]: Lie(SealedDisk())}).items():
            lie.disk.owner = owner
            made.source.tell(number, lie)
    for number, name in OPENING_IMAGES.items():
        made.source.tell(number, Lie(SealedDisk(), opening=OPENING_LIES[name]))
    # All at once: each is asked again some times before it is given up.
    made.copies = {
        (how, name): made.copy(number) for how, images in IMAGES.items() for number, name in images.items()
    }
    yield made
    assert made.beta.process.poll() is None, made.beta.log.read_text()[-2000:]
    made.stop()


@pytest.mark.parametrize("how", IMAGES)
@pytest.mark.parametrize("name", lies())
def test_a_copy_of_what_was_made_up_fails_and_says_why(story, how, name):
    found = story.end_of(story.copies[how, name])
    reason = found["StateReason"]["Message"]
    assert found["State"] == "failed", found
    assert reason.startswith("Copying from us-east-1 failed:") and lies()[name][1] in reason, reason
    snapshot = disks.snapshots_of(found)[0]
    assert disks.describe_snapshot(story.account, snapshot, "us-west-2")["State"] == "error"
    with pytest.raises(botocore.exceptions.ClientError):
        disks.list_blocks(story.account, snapshot, "us-west-2")
    number = next(number for number in IMAGES[how] if IMAGES[how][number] == name)
    assert re.search(rf" error .*the copy of {number} from us-east-1 failed", story.beta.log.read_text())


@pytest.mark.parametrize("number", OPENING_IMAGES, ids=OPENING_IMAGES.get)
def test_an_opening_that_cannot_be_true_makes_no_image(story, number):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        story.copy(number)
    assert caught.value.response["Error"]["Code"] in ("Unavailable", "InternalError")
    asked = [call[0] for call in story.source.lies[number].asked]
    assert set(asked) == {"open", "close"}, "what it opened is given back, and nothing is fetched"


@pytest.mark.parametrize("how", HONEST)
def test_the_truth_is_believed_even_after_the_lies(story, how):
    """Nothing of a lie was remembered: neither by a copy nor by an upload of the same blocks."""
    for copy in story.copies.values():
        story.end_of(copy)
    found = story.end_of(story.copy(HONEST[how]))
    assert found["State"] == "available", found
    snapshot = disks.snapshots_of(found)[0]
    assert disks.read(story.account, snapshot, "us-west-2") == lying.CONTENT
    own = encryption.upload(story.account, lying.CONTENT, region="us-west-2")
    assert disks.read(story.account, own, "us-west-2") == lying.CONTENT


@pytest.mark.parametrize("how", HONEST)
def test_a_key_is_asked_for_only_where_there_is_one_and_for_what_was_opened(story, how):
    story.end_of(story.copy(HONEST[how]))
    asked = [request for operation, request in story.source.lies[HONEST[how]].asked if operation == "release"]
    assert asked and all(request["snapshot_id"] == lying.SNAPSHOT for request in asked)
    story.source.tell("ami-00000000000000003", Lie())
    assert story.end_of(story.copy("ami-00000000000000003"))["State"] == "available"
    assert "release" not in {operation for operation, _ in story.source.lies["ami-00000000000000003"].asked}


@pytest.mark.parametrize("what", ["digest", "key"])
@pytest.mark.parametrize("how", HONEST)
def test_a_lie_about_a_block_that_is_here_already_makes_no_wrong_disk(story, how, what):
    """The block is not moved, so what is moved does not give the lie away."""
    assert story.end_of(story.copy(HONEST[how]))["State"] == "available"
    sevens, stars = SealedDisk().blocks
    disk = SealedDisk(second=sealed_node(1, 1, {44: sevens | {what: stars[what]}}))
    disk.owner = story.source.lies[HONEST[how]].disk.owner
    number = f"ami-d{len(story.source.lies):016x}"
    story.source.tell(number, Lie(disk))
    found = story.end_of(story.copy(number))
    if how == COPIERS_OWN:
        assert found["State"] == "failed", found
        return
    # Sealed anew, a block that is here is known by its digest alone: the disk is what the digests say.
    assert found["State"] == "available", found
    content = lying.CONTENT | ({300: lying.CONTENT[5]} if what == "digest" else {})
    assert disks.read(story.account, disks.snapshots_of(found)[0], "us-west-2") == content
