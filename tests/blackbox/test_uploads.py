"""EBS direct, writing: StartSnapshot, PutSnapshotBlock, CompleteSnapshot."""
import base64
import hashlib
import json

import pytest

import disks
import sigv4
from argosyd import refused
from disks import BLOCK_BYTES, ZEROS, block, checksum

NO_SNAPSHOT = "snap-0123456789abcdef0"


@pytest.fixture
def pending(owner):
    """An upload; deleted behind the test, because an account can have a hundred of them."""
    snapshot = disks.start(owner)
    yield snapshot
    owner.ec2().delete_snapshot(SnapshotId=snapshot)


def test_an_upload_starts_pending_with_what_was_asked_for(owner):
    answer = owner.ebs().start_snapshot(
        VolumeSize=5, Description="started", Tags=[{"Key": "k", "Value": "v"}], Timeout=10
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["SnapshotId"].startswith("snap-") and len(answer["SnapshotId"]) == 22
    assert (answer["Status"], answer["VolumeSize"], answer["BlockSize"]) == ("pending", 5, BLOCK_BYTES)
    assert (answer["OwnerId"], answer["Description"], answer["Tags"]) == (
        owner.id,
        "started",
        [{"Key": "k", "Value": "v"}],
    )
    assert answer["StartTime"].tzinfo is not None and "ParentSnapshotId" not in answer


def test_what_was_put_is_read_back_bit_for_bit(owner, pending):
    blocks = {
        0: block("a"),
        1: b"\0" * (BLOCK_BYTES - 1) + b"\1",
        700: b"text " * (BLOCK_BYTES // 5) + b"end",
        2047: block("b"),
    }
    for index, data in blocks.items():
        answer = disks.put(owner, pending, index, data)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
        assert (answer["Checksum"], answer["ChecksumAlgorithm"]) == (checksum(data), "SHA256")
    answer = owner.ebs().complete_snapshot(
        SnapshotId=pending,
        ChangedBlocksCount=4,
        Checksum=disks.aggregate(blocks),
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["Status"] in ("pending", "completed")
    disks.await_snapshot(owner, pending)
    assert disks.read(owner, pending) == blocks


def test_an_empty_disk_is_a_disk(owner):
    snapshot = disks.upload(owner, {}, size_gib=65_536)
    assert disks.read(owner, snapshot) == {}


def test_the_last_put_of_an_index_wins_and_counts_once(owner, pending):
    for word in ("one", "two", "three"):
        disks.put(owner, pending, 4, block(word))
    disks.put(owner, pending, 5, block("kept"))
    disks.complete(
        owner,
        pending,
        2,
        Checksum=disks.aggregate({4: block("three"), 5: block("kept")}),
        ChecksumAlgorithm="SHA256",
        ChecksumAggregationMethod="LINEAR",
    )
    assert disks.read(owner, pending) == {4: block("three"), 5: block("kept")}


@pytest.mark.parametrize(
    "change, reason",
    [
        ({"Checksum": checksum(b"other")}, "INVALID_BLOCK"),
        ({"Checksum": base64.b64encode(b"short").decode()}, None),
        ({"ChecksumAlgorithm": "MD5"}, "INVALID_PARAMETER_VALUE"),
        ({"DataLength": BLOCK_BYTES - 1}, "INVALID_PARAMETER_VALUE"),
        ({"DataLength": 0}, "INVALID_PARAMETER_VALUE"),
        ({"BlockIndex": 2048}, "INVALID_PARAMETER_VALUE"),
        ({"BlockIndex": 2**31 - 1}, "INVALID_PARAMETER_VALUE"),
        ({"Progress": 101}, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_block_that_is_not_what_it_says_is_refused(owner, pending, change, reason):
    data = block("refused")
    with refused("ValidationException", reason=reason):
        owner.ebs().put_snapshot_block(
            **{
                "SnapshotId": pending,
                "BlockIndex": 0,
                "BlockData": data,
                "DataLength": BLOCK_BYTES,
                "Checksum": checksum(data),
                "ChecksumAlgorithm": "SHA256",
            }
            | change
        )
    disks.complete(owner, pending, 0)
    assert disks.read(owner, pending) == {}


@pytest.mark.parametrize("length", [0, 1, BLOCK_BYTES - 1, BLOCK_BYTES + 1, 2 * BLOCK_BYTES])
def test_a_block_of_another_length_is_refused(owner, pending, length):
    data = b"x" * length
    for said in (length, BLOCK_BYTES):
        with refused("ValidationException"):
            disks.put(owner, pending, 0, data, DataLength=said)


@pytest.mark.parametrize("missing", ["x-amz-Data-Length", "x-amz-Checksum", "x-amz-Checksum-Algorithm"])
def test_a_block_without_its_headers_is_refused(owner, pending, missing):
    data = block("headers")
    headers = {
        "x-amz-Data-Length": str(BLOCK_BYTES),
        "x-amz-Checksum": checksum(data),
        "x-amz-Checksum-Algorithm": "SHA256",
    }
    del headers[missing]
    request = sigv4.Request("PUT", f"/snapshots/{pending}/blocks/0", headers=list(headers.items()), body=data)
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert (answer.status, answer.code) == (400, "ValidationException")


@pytest.mark.parametrize("index", ["-1", "one", "1.5", "99999999999999999999"])
def test_an_index_that_is_no_number_is_refused(owner, pending, index):
    data = block("index")
    headers = [
        ("x-amz-Data-Length", str(BLOCK_BYTES)),
        ("x-amz-Checksum", checksum(data)),
        ("x-amz-Checksum-Algorithm", "SHA256"),
    ]
    request = sigv4.Request("PUT", f"/snapshots/{pending}/blocks/{index}", headers=headers, body=data)
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert (answer.status, answer.code) == (400, "ValidationException")


@pytest.mark.parametrize("count", [0, 1, 3, 2048])
def test_a_count_that_is_not_that_of_the_blocks_put_is_refused(owner, pending, count):
    disks.put_all(owner, pending, {1: block(1), 2: block(2)})
    with refused("ValidationException"):
        owner.ebs().complete_snapshot(SnapshotId=pending, ChangedBlocksCount=count)
    disks.complete(owner, pending, 2)


@pytest.mark.parametrize(
    "said",
    [
        {
            "Checksum": checksum(b"other"),
            "ChecksumAlgorithm": "SHA256",
            "ChecksumAggregationMethod": "LINEAR",
        },
        {"Checksum": "AAAA", "ChecksumAlgorithm": "SHA256", "ChecksumAggregationMethod": "LINEAR"},
    ],
)
def test_an_aggregate_checksum_that_is_wrong_is_refused(owner, pending, said):
    disks.put(owner, pending, 1, block(1))
    with refused("ValidationException"):
        owner.ebs().complete_snapshot(SnapshotId=pending, ChangedBlocksCount=1, **said)
    disks.complete(owner, pending, 1)


def test_the_aggregate_runs_over_raw_digests_by_ascending_index(owner, pending):
    blocks = {9: block(9), 2: block(2)}
    disks.put_all(owner, pending, blocks)
    digests = [hashlib.sha256(blocks[index]).digest() for index in (9, 2)]
    options = {"ChecksumAlgorithm": "SHA256", "ChecksumAggregationMethod": "LINEAR"}
    with refused("ValidationException"):
        owner.ebs().complete_snapshot(
            SnapshotId=pending, ChangedBlocksCount=2, Checksum=checksum(b"".join(digests)), **options
        )
    disks.complete(owner, pending, 2, Checksum=checksum(b"".join(reversed(digests))), **options)


def test_after_complete_nothing_is_put(owner, pending):
    disks.put(owner, pending, 0, block("before"))
    disks.complete(owner, pending, 1)
    with refused("ValidationException"):
        disks.put(owner, pending, 0, block("after"))
    assert disks.read(owner, pending) == {0: block("before")}


def test_completing_again_with_another_count_is_refused(owner, pending):
    disks.put(owner, pending, 0, block("once"))
    disks.complete(owner, pending, 1)
    with refused("ValidationException"):
        owner.ebs().complete_snapshot(SnapshotId=pending, ChangedBlocksCount=2)


def test_a_child_is_its_parent_and_what_was_put(owner):
    parent = disks.upload(owner, {0: block("p0"), 1: block("p1"), 5: block("p5"), 2047: block("p2047")})
    child = disks.upload(owner, {1: block("c1"), 7: block("c7")}, ParentSnapshotId=parent)
    assert disks.read(owner, child) == {
        0: block("p0"),
        1: block("c1"),
        5: block("p5"),
        7: block("c7"),
        2047: block("p2047"),
    }
    grandchild = disks.upload(owner, {0: block("g0")}, ParentSnapshotId=child, size_gib=2)
    assert disks.read(owner, grandchild) == disks.read(owner, child) | {0: block("g0")}
    assert disks.read(owner, parent)[1] == block("p1")


def test_a_child_of_which_nothing_was_put_is_its_parent(owner, snapshot):
    child = disks.upload(owner, {}, ParentSnapshotId=snapshot)
    assert disks.read(owner, child) == disks.read(owner, snapshot)
    assert disks.extension(owner, child)["contentDigest"] == disks.extension(owner, snapshot)["contentDigest"]


def test_a_block_of_zeros_erases_the_parents(owner):
    parent = disks.upload(owner, {0: block("kept"), 1: block("erased")})
    child = disks.upload(owner, {1: ZEROS, 2: ZEROS}, ParentSnapshotId=parent)
    content = disks.read(owner, child)
    assert content.pop(0) == block("kept")
    assert all(data == ZEROS for data in content.values())
    never_written = disks.upload(owner, {0: block("kept")})
    digests = {disks.extension(owner, snapshot)["contentDigest"] for snapshot in (child, never_written)}
    assert len(digests) == 1


def test_a_larger_child_may_use_its_new_space(owner):
    parent = disks.upload(owner, {2047: block("end of the first GiB")})
    child = disks.upload(
        owner, {2048: block("begin"), 300 * 2048 - 1: block("end")}, size_gib=300, ParentSnapshotId=parent
    )
    assert disks.read(owner, child) == {
        2047: block("end of the first GiB"),
        2048: block("begin"),
        300 * 2048 - 1: block("end"),
    }


def test_a_child_does_not_miss_its_parent(owner):
    parent = disks.upload(owner, {0: block("p0"), 1: block("p1")})
    child = disks.start(owner, ParentSnapshotId=parent)
    disks.put(owner, child, 1, block("c1"))
    owner.ec2().delete_snapshot(SnapshotId=parent)
    disks.complete(owner, child, 1)
    assert disks.read(owner, child) == {0: block("p0"), 1: block("c1")}


def test_a_parent_must_be_ones_own_completed_and_not_larger(owner, recipient, pending):
    large = disks.upload(owner, {}, size_gib=2)
    with refused("ValidationException"):
        disks.start(owner, ParentSnapshotId=large)
    with refused("ValidationException"):
        disks.start(owner, ParentSnapshotId=pending)
    with refused("ResourceNotFoundException"):
        disks.start(owner, ParentSnapshotId=NO_SNAPSHOT)
    disks.share_snapshot(owner, large, recipient)
    with refused("ResourceNotFoundException", "AccessDeniedException"):
        disks.start(recipient, 2, ParentSnapshotId=large)


@pytest.mark.parametrize(
    "change",
    [
        {"VolumeSize": 0},
        {"VolumeSize": -1},
        {"VolumeSize": 65_537},
        {"VolumeSize": "1"},
        {"VolumeSize": 1.5},
        {"VolumeSize": None},
        {"Timeout": 9},
        {"Timeout": 4321},
        {"Description": "x" * 256},
        {"ParentSnapshotId": "nonsense"},
        {"Tags": [{"Key": "", "Value": ""}]},
        {"Tags": [{"Key": "aws:k", "Value": ""}]},
        {"Tags": [{"Key": "k"}] * 2},
        {"Tags": "k=v"},
    ],
)
def test_an_upload_that_cannot_be_is_refused(owner, change):
    body = json.dumps({"VolumeSize": 1} | change).encode()
    request = sigv4.Request(path="/snapshots", headers=[("Content-Type", "application/json")], body=body)
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert (answer.status, answer.code) == (400, "ValidationException")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"VolumeSize": 1', b"[" * 10_000]
)
def test_a_body_that_is_not_json_is_refused(owner, body):
    request = sigv4.Request(path="/snapshots", headers=[("Content-Type", "application/json")], body=body)
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert (answer.status, answer.code) == (400, "ValidationException")


def test_a_client_token_starts_one_upload(owner):
    token = disks.unique("token")
    first, again = (disks.start(owner, ClientToken=token, Description="same") for _ in range(2))
    assert first == again
    with refused("ConflictException"):
        disks.start(owner, ClientToken=token, Description="another")
    assert disks.start(owner, ClientToken=token, Description="same", region="us-west-2") != first


def test_a_client_token_belongs_to_its_account(owner, recipient):
    token = disks.unique("token")
    assert disks.start(owner, ClientToken=token) != disks.start(recipient, ClientToken=token)


def test_nobody_writes_to_the_upload_of_another(owner, stranger, pending):
    with refused("ResourceNotFoundException"):
        disks.put(stranger, pending, 0, block("intruder"))
    with refused("ResourceNotFoundException"):
        stranger.ebs().complete_snapshot(SnapshotId=pending, ChangedBlocksCount=0)


def test_an_account_has_a_hundred_uploads_at_once_and_no_more(server):
    account = server.new_account(disks.unique("busy"))
    uploads = [disks.start(account) for _ in range(100)]
    with refused("ConcurrentLimitExceededException"):
        disks.start(account)
    disks.complete(account, uploads[0], 0)
    disks.start(account)


@pytest.mark.parametrize(
    "options",
    [
        {"Encrypted": False, "KmsKeyArn": "arn:aws:kms:us-east-1:111122223333:key/x"},
        {"Encrypted": False, "ParentSnapshotId": NO_SNAPSHOT},
        {"Encrypted": True, "ParentSnapshotId": NO_SNAPSHOT},
    ],
)
def test_a_combination_of_encryption_that_cannot_be_is_refused(owner, options):
    with refused("ValidationException"):
        disks.start(owner, **options)
    assert disks.start(owner, Encrypted=False)
