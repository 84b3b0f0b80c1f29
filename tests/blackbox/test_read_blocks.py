"""EBS direct, reading: ListSnapshotBlocks, ListChangedBlocks, GetSnapshotBlock."""
import json

import pytest

import disks
import sigv4
from argosyd import refused
from disks import BLOCK_BYTES, ZEROS, block

NO_SNAPSHOT = "snap-0123456789abcdef0"


def changed(account, second, first=None, **options):
    """index -> (has a token of the first, has one of the second), over all pages."""
    if first:
        options["FirstSnapshotId"] = first
    found, more = {}, {}
    while True:
        page = account.ebs().list_changed_blocks(SecondSnapshotId=second, **options, **more)
        found.update(
            (entry["BlockIndex"], ("FirstBlockToken" in entry, "SecondBlockToken" in entry))
            for entry in page["ChangedBlocks"]
        )
        if not page.get("NextToken"):
            return found
        more = {"NextToken": page["NextToken"]}


@pytest.fixture(scope="module")
def many(owner):
    """A snapshot of 250 blocks, every third of the first 750."""
    return disks.upload(owner, {3 * number: block(number % 7) for number in range(250)})


def test_the_largest_disk_may_be_written_at_its_end(owner):
    last = 65_536 * 2048 - 1
    snapshot = disks.upload(owner, {0: block("begin"), last: block("end")}, size_gib=65_536)
    assert disks.read(owner, snapshot) == {0: block("begin"), last: block("end")}
    child = disks.upload(owner, {last - 1: block("before")}, size_gib=65_536, ParentSnapshotId=snapshot)
    assert changed(owner, child, snapshot) == {last - 1: (False, True)}


def test_blocks_are_listed_in_order_and_in_pages(owner, many):
    ebs = owner.ebs()
    page = ebs.list_snapshot_blocks(SnapshotId=many, MaxResults=100)
    assert (page["VolumeSize"], page["BlockSize"]) == (1, BLOCK_BYTES)
    assert page["ExpiryTime"].tzinfo is not None
    found = []
    while True:
        assert len(page["Blocks"]) <= 100
        found += [entry["BlockIndex"] for entry in page["Blocks"]]
        if not page.get("NextToken"):
            break
        # The token beats a starting index.
        page = ebs.list_snapshot_blocks(
            SnapshotId=many, MaxResults=100, NextToken=page["NextToken"], StartingBlockIndex=0
        )
    assert found == [3 * number for number in range(250)]


def test_a_list_starts_where_it_is_told(owner, many):
    for start, first in ((0, 0), (1, 3), (300, 300), (747, 747)):
        page = owner.ebs().list_snapshot_blocks(SnapshotId=many, StartingBlockIndex=start)
        assert page["Blocks"][0]["BlockIndex"] == first
    assert owner.ebs().list_snapshot_blocks(SnapshotId=many, StartingBlockIndex=748)["Blocks"] == []


def test_fewer_than_a_hundred_results_are_not_given(owner, many):
    request = sigv4.Request("GET", f"/snapshots/{many}/blocks", "maxResults=5")
    answer = sigv4.send(owner.server, sigv4.sign(owner, request, service="ebs"))
    assert answer.status == 200 and len(json.loads(answer.body)["Blocks"]) == 100


@pytest.mark.parametrize(
    "query",
    [
        "maxResults=10001",
        "maxResults=ten",
        "startingBlockIndex=-1",
        "startingBlockIndex=x",
        "pageToken=AAAA",
        "pageToken=",
    ],
)
def test_a_list_that_cannot_be_is_refused(owner, many, query):
    for path in (f"/snapshots/{many}/blocks", f"/snapshots/{many}/changedblocks"):
        answer = sigv4.send(owner.server, sigv4.sign(owner, sigv4.Request("GET", path, query), service="ebs"))
        assert (answer.status, answer.code) == (400, "ValidationException")


def test_a_page_token_belongs_to_its_snapshot_and_caller(owner, recipient, many):
    other = disks.upload(owner, {0: block("other")})
    token = owner.ebs().list_snapshot_blocks(SnapshotId=many, MaxResults=100)["NextToken"]
    with refused("ValidationException", reason="INVALID_PAGE_TOKEN"):
        owner.ebs().list_snapshot_blocks(SnapshotId=other, NextToken=token)
    disks.share_snapshot(owner, many, recipient)
    with refused("ValidationException", reason="INVALID_PAGE_TOKEN"):
        recipient.ebs().list_snapshot_blocks(SnapshotId=many, NextToken=token)


@pytest.mark.parametrize("token", ["AAAA", "nonsense", "A" * 64])
def test_a_block_token_that_is_none_is_refused(owner, snapshot, token):
    with refused("ValidationException", reason="INVALID_BLOCK_TOKEN"):
        owner.ebs().get_snapshot_block(SnapshotId=snapshot, BlockIndex=0, BlockToken=token)


def test_a_block_token_belongs_to_its_snapshot_and_index(owner, snapshot):
    tokens = disks.list_blocks(owner, snapshot)
    other = disks.upload(owner, {0: block("other")})
    for target, index in ((snapshot, 3), (snapshot, 1), (other, 0)):
        with refused("ValidationException", reason="INVALID_BLOCK_TOKEN"):
            owner.ebs().get_snapshot_block(SnapshotId=target, BlockIndex=index, BlockToken=tokens[0])
    assert (
        owner.ebs().get_snapshot_block(SnapshotId=snapshot, BlockIndex=0, BlockToken=tokens[0])["DataLength"]
        == BLOCK_BYTES
    )


def test_a_block_token_is_no_credential(owner, stranger, snapshot):
    with refused("ResourceNotFoundException", "AccessDeniedException"):
        stranger.ebs().get_snapshot_block(
            SnapshotId=snapshot, BlockIndex=0, BlockToken=disks.list_blocks(owner, snapshot)[0]
        )


def test_what_is_pending_cannot_be_read(owner):
    pending = disks.start(owner)
    disks.put(owner, pending, 0, block("pending"))
    with refused("ValidationException", "ResourceNotFoundException"):
        owner.ebs().list_snapshot_blocks(SnapshotId=pending)
    with refused("ValidationException", "ResourceNotFoundException"):
        owner.ebs().list_changed_blocks(SecondSnapshotId=pending)


def test_the_changes_between_two_versions_are_listed_with_their_tokens(owner):
    first = disks.upload(owner, {0: block("same"), 1: block("old"), 2: block("gone")})
    second = disks.upload(owner, {1: block("new"), 2: ZEROS, 3: block("added")}, ParentSnapshotId=first)
    found = changed(owner, second, first)
    assert found[1] == (True, True) and found[3] == (False, True) and 0 not in found
    assert found[2] in ((True, False), (True, True))
    assert changed(owner, second, second) == {}
    back = changed(owner, first, second)
    assert back[1] == (True, True) and back[3] == (True, False) and 0 not in back


def test_the_tokens_of_changes_read_their_blocks(owner):
    first = disks.upload(owner, {1: block("old")})
    second = disks.upload(owner, {1: block("new")}, ParentSnapshotId=first)
    entry = owner.ebs().list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second)["ChangedBlocks"][
        0
    ]
    for snapshot, name, word in ((first, "FirstBlockToken", "old"), (second, "SecondBlockToken", "new")):
        answer = owner.ebs().get_snapshot_block(SnapshotId=snapshot, BlockIndex=1, BlockToken=entry[name])
        assert answer["BlockData"].read() == block(word)


def test_without_a_first_snapshot_everything_has_changed(owner, many):
    assert changed(owner, many, MaxResults=100) == {3 * number: (False, True) for number in range(250)}


def test_changes_are_listed_in_pages_from_where_it_is_told(owner, many):
    child = disks.upload(
        owner, {3 * number: block(f"new {number}") for number in range(150)}, ParentSnapshotId=many
    )
    assert list(changed(owner, child, many, MaxResults=100)) == [3 * number for number in range(150)]
    assert list(changed(owner, child, many, StartingBlockIndex=400)) == list(range(402, 450, 3))


def test_disks_of_different_sizes_are_compared(owner):
    small = disks.upload(owner, {0: block("same"), 5: block("small")})
    last = 300 * 2048 - 1
    large = disks.upload(owner, {5: block("large"), last: block("end")}, 300, ParentSnapshotId=small)
    assert changed(owner, large, small) == {5: (True, True), last: (False, True)}
    assert changed(owner, small, large) == {5: (True, True), last: (True, False)}


def test_unrelated_snapshots_are_not_compared(owner, snapshot, many):
    with refused("ValidationException", reason="UNRELATED_SNAPSHOTS"):
        owner.ebs().list_changed_blocks(FirstSnapshotId=snapshot, SecondSnapshotId=many)


@pytest.mark.parametrize(
    "snapshot, code",
    [
        (NO_SNAPSHOT, "ResourceNotFoundException"),
        ("snap-xyz", "ValidationException"),
        ("ami-0123456789abcdef0", "ValidationException"),
    ],
)
def test_what_does_not_exist_is_neither_read_nor_written(owner, snapshot, code):
    for method, path in (
        ("GET", "{}/blocks"),
        ("GET", "{}/changedblocks"),
        ("GET", "{}/blocks/0?blockToken=AAAA"),
        ("POST", "completion/{}"),
    ):
        path, _, query = ("/snapshots/" + path.replace("{}", snapshot)).partition("?")
        headers = [("x-amz-ChangedBlocksCount", "0")] if method == "POST" else []
        answer = sigv4.send(
            owner.server, sigv4.sign(owner, sigv4.Request(method, path, query, headers), service="ebs")
        )
        assert answer.code == code, path


def test_a_recipient_of_the_snapshot_reads_but_does_not_write(owner, recipient):
    snapshot = disks.upload(owner, {1: block("lent")})
    disks.share_snapshot(owner, snapshot, recipient)
    assert disks.read(recipient, snapshot) == {1: block("lent")}
    with refused("AccessDeniedException", "ResourceNotFoundException", "ValidationException"):
        disks.put(recipient, snapshot, 1, block("mine"))
    owner.ec2().reset_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    with refused("ResourceNotFoundException"):
        recipient.ebs().list_snapshot_blocks(SnapshotId=snapshot)


def test_a_public_snapshot_is_read_by_its_owner_only(owner, recipient):
    snapshot = disks.upload(owner, {1: block("public")})
    owner.ec2().modify_snapshot_attribute(
        SnapshotId=snapshot, CreateVolumePermission={"Add": [{"Group": "all"}]}
    )
    assert disks.read(owner, snapshot) == {1: block("public")}
    with refused("AccessDeniedException", reason="UNAUTHORIZED_ACCOUNT"):
        recipient.ebs().list_snapshot_blocks(SnapshotId=snapshot)
