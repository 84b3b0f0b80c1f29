"""Disks as the tests make and read them: blocks through EBS direct, snapshots and images through EC2."""
import base64
import collections.abc
import concurrent.futures
import hashlib
import itertools
import os
import random

from argosyd import wait_until

BLOCK_BYTES = 524_288
ZEROS = bytes(BLOCK_BYTES)
_numbers = itertools.count(1)
_RUN = os.urandom(4).hex()


def unique(word):
    """A name that nothing else on this server has."""
    return f"{word}-{_RUN}-{next(_numbers)}"


def block(seed):
    """Bytes that no compressor shortens, the same for the same seed."""
    return random.Random(seed).randbytes(BLOCK_BYTES)


class Incompressible(collections.abc.Mapping):
    """The blocks of a large disk (index -> bytes), made when they are asked for; none equals another."""

    def __init__(self, count, seed):
        self._count = count
        self._rest = block(seed)[8:]

    def __len__(self):
        return self._count

    def __iter__(self):
        return iter(range(self._count))

    def __getitem__(self, index):
        if not 0 <= index < self._count:
            raise KeyError(index)
        return index.to_bytes(8, "big") + self._rest


def checksum(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def aggregate(blocks):
    """The LINEAR checksum: over the blocks' digests, by ascending index."""
    digests = b"".join(hashlib.sha256(blocks[index]).digest() for index in sorted(blocks))
    return base64.b64encode(hashlib.sha256(digests).digest()).decode()


def put(account, snapshot, index, data, region="us-east-1", **changes):
    arguments = {
        "SnapshotId": snapshot,
        "BlockIndex": index,
        "BlockData": data,
        "DataLength": BLOCK_BYTES,
        "Checksum": checksum(data),
        "ChecksumAlgorithm": "SHA256",
    }
    return account.ebs(region).put_snapshot_block(**arguments | changes)


def put_all(account, snapshot, blocks, region="us-east-1"):
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda index: put(account, snapshot, index, blocks[index], region), blocks))


def describe_snapshot(account, snapshot, region="us-east-1"):
    return account.ec2(region).describe_snapshots(SnapshotIds=[snapshot])["Snapshots"][0]


def await_state(describe, account, name, region, state):
    """What `describe` says of it when it is no longer pending."""

    def settled():
        found = describe(account, name, region)
        return found if found["State"] != "pending" else None

    found = wait_until(settled, f"{name} is still pending")
    assert found["State"] == state, found
    return found


def await_snapshot(account, snapshot, region="us-east-1", state="completed"):
    return await_state(describe_snapshot, account, snapshot, region, state)


def start(account, size_gib=1, region="us-east-1", **options):
    return account.ebs(region).start_snapshot(VolumeSize=size_gib, **options)["SnapshotId"]


def complete(account, snapshot, changed, region="us-east-1", **options):
    account.ebs(region).complete_snapshot(SnapshotId=snapshot, ChangedBlocksCount=changed, **options)
    return await_snapshot(account, snapshot, region)


def upload(account, blocks, size_gib=1, region="us-east-1", **options):
    """A completed snapshot of those blocks (index -> bytes) and, if one is given, of its parent's others."""
    snapshot = start(account, size_gib, region, **options)
    put_all(account, snapshot, blocks, region)
    complete(account, snapshot, len(blocks), region)
    return snapshot


def list_blocks(account, snapshot, region="us-east-1"):
    """index -> token, over all pages."""
    tokens, more = {}, {}
    while True:
        page = account.ebs(region).list_snapshot_blocks(SnapshotId=snapshot, **more)
        tokens.update((entry["BlockIndex"], entry["BlockToken"]) for entry in page["Blocks"])
        if not page.get("NextToken"):
            return tokens
        more = {"NextToken": page["NextToken"]}


def read_block(account, snapshot, index, token, region="us-east-1"):
    """One block, verified against the checksum that came with it."""
    answer = account.ebs(region).get_snapshot_block(SnapshotId=snapshot, BlockIndex=index, BlockToken=token)
    data = answer["BlockData"].read()
    assert answer["DataLength"] == len(data) == BLOCK_BYTES
    assert (answer["ChecksumAlgorithm"], answer["Checksum"]) == ("SHA256", checksum(data))
    return data


def read(account, snapshot, region="us-east-1"):
    """index -> bytes."""
    tokens = list_blocks(account, snapshot, region)
    return {index: read_block(account, snapshot, index, token, region) for index, token in tokens.items()}


def verify(account, snapshot, blocks, region="us-east-1"):
    """Reads a large disk and compares it, holding few blocks at a time."""
    tokens = list_blocks(account, snapshot, region)
    assert list(tokens) == list(blocks)

    def same(index):
        return read_block(account, snapshot, index, tokens[index], region) == blocks[index]

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(same, tokens))


def register(account, snapshot, name=None, region="us-east-1", **options):
    arguments = {
        "Name": name or unique("image"),
        "RootDeviceName": "/dev/xvda",
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}],
        "Architecture": "x86_64",
        "VirtualizationType": "hvm",
    }
    return account.ec2(region).register_image(**arguments | options)["ImageId"]


def describe_image(account, image, region="us-east-1"):
    return account.ec2(region).describe_images(ImageIds=[image])["Images"][0]


def await_image(account, image, region="us-east-1", state="available"):
    return await_state(describe_image, account, image, region, state)


def snapshots_of(image):
    """The snapshot ids of a described image, in the order of its mappings."""
    return [m["Ebs"]["SnapshotId"] for m in image["BlockDeviceMappings"] if "SnapshotId" in m.get("Ebs", {})]


def share_image(account, image, *accounts, region="us-east-1"):
    account.ec2(region).modify_image_attribute(
        ImageId=image, LaunchPermission={"Add": [{"UserId": other.id} for other in accounts]}
    )


def share_snapshot(account, snapshot, *accounts, region="us-east-1"):
    account.ec2(region).modify_snapshot_attribute(
        SnapshotId=snapshot, CreateVolumePermission={"Add": [{"UserId": other.id} for other in accounts]}
    )


def extension(account, snapshot, region="us-east-1"):
    """What Argosy says beyond EC2 (docs/extensions.md): name -> text."""
    answer = account.query("DescribeSnapshots", region, SnapshotId__1=snapshot)
    found = answer.xml.find("snapshotSet/item/argosy")
    return {} if found is None else {element.tag: element.text for element in found}
