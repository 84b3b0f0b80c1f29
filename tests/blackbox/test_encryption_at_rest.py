"""What lies in the data directory of encrypted disks, and that storage works without their keys."""
import base64
import hashlib

import pytest

import disks
import encryption
import keys
from argosyd import refused, wait_until

REGIONS = ("us-east-1", "us-west-2")


@pytest.fixture
def server(own_server):
    return own_server


def files_with(folder, needles):
    """(needle's name, file) for each file below `folder`, its log beside it included, that holds one."""
    found = []
    for path in [*folder.rglob("*"), folder.with_suffix(".log")]:
        if path.is_file():
            content = path.read_bytes()
            found += [(name, path.name) for name, needle in needles.items() if needle in content]
    return found


def test_nothing_that_is_written_tells_plaintext_or_its_digest(server):
    owner = server.accounts["owner"]
    text = b"This line of an encrypted disk must not be found anywhere. "
    readable = (text * (disks.BLOCK_BYTES // len(text) + 1))[: disks.BLOCK_BYTES]
    blocks = {0: disks.block("secret"), 9: readable}
    source = encryption.upload(owner, blocks, keys.make(owner)["Arn"])
    disks.put(owner, disks.start(owner, Encrypted=True), 4, disks.block("under way"))
    lent = disks.upload(owner, {1: disks.block("was not encrypted")})
    for region, snapshot in (("us-west-2", source), ("us-west-2", lent), ("us-east-1", source)):
        copy = owner.ec2(region).copy_snapshot(
            SourceRegion="us-east-1", SourceSnapshotId=snapshot, Encrypted=True
        )["SnapshotId"]
        disks.await_snapshot(owner, copy, region)
    needles = {"line": text[:40]}
    for name, data in {"secret": blocks[0], "readable": readable, "under way": disks.block("under way")}.items():
        digest = hashlib.sha256(data).digest()
        needles[f"bytes of {name}"] = data[1000:1032]
        needles[f"digest of {name}"] = digest
        needles[f"digest of {name} in hex"] = digest.hex().encode()
        needles[f"digest of {name} in base64"] = base64.b64encode(digest)
    assert files_with(server.data_dir, needles) == []
    plain = {"bytes": disks.block("was not encrypted")[1000:1032]}
    assert files_with(server.data_dir / "regions/us-east-1", plain) != [], "the search finds nothing at all"
    assert files_with(server.data_dir / "regions/us-west-2", plain) == []
    server.kill()
    assert files_with(server.data_dir, needles) == []


def test_storage_is_collected_scrubbed_and_compacted_without_keys(server):
    owner = server.accounts["owner"]
    key = keys.make(owner)["Arn"]
    blocks = {index: disks.block(f"kept {index}") for index in (0, 300, 2047)}
    kept = encryption.upload(owner, blocks, key)
    gone = encryption.upload(owner, {index: disks.block(f"gone {index}") for index in range(8)}, key)
    copied = owner.ec2("us-west-2").copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=kept)["SnapshotId"]
    disks.await_snapshot(owner, copied, "us-west-2")
    there = encryption.key_of(owner, copied, "us-west-2")
    assert there == keys.managed(owner, "us-west-2")
    owner.kms().disable_key(KeyId=key)
    owner.ec2().delete_snapshot(SnapshotId=gone)
    before = stored_bytes(server)
    server.command("gc", "--grace-seconds", "0")
    assert before - stored_bytes(server) >= 8 * disks.BLOCK_BYTES
    server.command("scrub")
    with refused("ValidationException", reason="INVALID_CUSTOMER_KEY"):
        disks.read(owner, kept)
    failing = owner.ec2("us-west-2").copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=kept)["SnapshotId"]
    assert key in disks.await_snapshot(owner, failing, "us-west-2", state="error")["StateMessage"]
    assert disks.read(owner, copied, "us-west-2") == blocks
    owner.kms().enable_key(KeyId=key)
    assert disks.read(owner, kept) == blocks


def test_a_key_that_asks_for_it_has_content_sealed_for_itself(server):
    """Within one account a copy is otherwise the same chunks, with 32 bytes wrapped anew."""
    owner = server.accounts["owner"]
    blocks = {index: disks.block(f"sealed {index}") for index in range(20)}
    source = encryption.upload(owner, blocks, keys.make(owner)["Arn"])
    size = stored_bytes(server)

    def copy(key):
        new = owner.ec2().copy_snapshot(
            SourceRegion="us-east-1", SourceSnapshotId=source, Encrypted=True, KmsKeyId=key
        )["SnapshotId"]
        disks.await_snapshot(owner, new)
        assert disks.read(owner, new) == blocks
        return stored_bytes(server)

    assert copy(keys.make(owner)["Arn"]) == size
    apart = keys.make(owner)["Arn"]
    owner.kms().tag_resource(KeyId=apart, Tags=[{"TagKey": "argosy:reseal", "TagValue": "true"}])
    twice = copy(apart)
    assert twice - size > 20 * disks.BLOCK_BYTES
    assert copy(apart) - twice < disks.BLOCK_BYTES, "what was sealed for the key once is known"
    # An upload under it, too, shares nothing with the others.
    encryption.upload(owner, blocks, apart)
    assert stored_bytes(server) - twice < disks.BLOCK_BYTES
    # What leaves it leaves sealed for the account, as its other keys have it.
    blocks = {index: disks.block(f"leaves {index}") for index in range(20)}
    source, plain = encryption.upload(owner, blocks, apart), keys.make(owner)["Arn"]
    size = stored_bytes(server)
    left = copy(plain)
    assert left - size > 20 * disks.BLOCK_BYTES
    assert copy(plain) - left < disks.BLOCK_BYTES


def stored_bytes(server, region="us-east-1"):
    return sum(path.stat().st_size for path in (server.data_dir / "regions" / region / "packs").iterdir())


@pytest.mark.parametrize("end", ["disable", "revoke"])
def test_a_key_that_closes_in_the_middle_ends_the_copy_and_its_space_comes_back(server, end):
    owner, recipient = server.accounts["owner"], server.accounts["recipient"]
    key = keys.make(owner)["Arn"]
    blocks = disks.Incompressible(600, "large")
    source = encryption.upload(owner, blocks, key)
    disks.share_snapshot(owner, source, recipient)
    grant = keys.lend(owner, key, recipient)
    copy = recipient.ec2("us-west-2").copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=source)["SnapshotId"]

    def middle():
        return int(disks.extension(recipient, copy, "us-west-2")["copyBytesDone"]) > 0

    wait_until(middle, "nothing of the copy arrives")
    if end == "disable":
        owner.kms().disable_key(KeyId=key)
    else:
        owner.kms().revoke_grant(KeyId=key, GrantId=grant)
    ended = disks.await_snapshot(recipient, copy, "us-west-2", state="error")
    assert key in ended["StateMessage"]
    assert stored_bytes(server, "us-west-2") > disks.BLOCK_BYTES
    server.command("gc", "--grace-seconds", "0")
    assert stored_bytes(server, "us-west-2") < disks.BLOCK_BYTES
