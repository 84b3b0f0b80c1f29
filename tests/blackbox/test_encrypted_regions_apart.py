"""Encrypted copies between processes: with the peer's receives_keys under each row of ec2-semantics D1 that crosses
regions, without it not at all; and what is killed in the middle of one."""
import base64
import json

import pytest

import disks
import encryption
import keys
import packs
import partition as apart
from argosyd import wait_until

BLOCKS = {0: disks.block("far 0"), 1: disks.block("far 1"), 300: disks.block("far 300")}
HERE, BETA, GAMMA = (apart.REGION_OF[name] for name in ("alpha", "beta", "gamma"))


@pytest.fixture(scope="module")
def partition(tmp_path_factory):
    """Alpha gives its keys to beta, and none to gamma, which knows the accounts from beta."""
    made = apart.Partition(tmp_path_factory.mktemp("apart"))
    made.line("alpha", "gamma")["receives_keys"] = False
    made.alpha.write_config()
    made.start()
    yield made
    made.check_alive()
    made.stop()


@pytest.fixture
def own_partition(tmp_path):
    """For a test that kills or reconfigures processes; all receive keys."""
    made = apart.Partition(tmp_path)
    yield made.start()
    made.stop()


def new_account(partition, name):
    """By process."""
    alpha = partition.alpha
    row = alpha.rows("account", "create", name)[0] | alpha.rows("access-key", "create", name)[0]
    partition.hand_over(alpha, partition.beta)
    partition.hand_over(partition.beta, partition.gamma)
    return {process.name: process.account(row) for process in partition.processes.values()}


@pytest.fixture(scope="module")
def copier(partition):
    return new_account(partition, "copier")


@pytest.fixture(scope="module")
def encrypting(partition):
    """An account that encrypts by default elsewhere."""
    account = new_account(partition, "encrypting")
    for name, region in (("beta", BETA), ("gamma", GAMMA)):
        account[name].ec2(region).enable_ebs_encryption_by_default()
    return account


class Sources:
    """What there is to copy on alpha: an account's own, encrypted and not, with the key's ARN."""

    def __init__(self, owner, *recipients):
        self.plain = disks.upload(owner["alpha"], BLOCKS)
        policy = keys.open_to(owner["alpha"], *(recipient["alpha"] for recipient in recipients))
        self.key = keys.make(owner["alpha"], Policy=policy)["Arn"]
        self.encrypted = encryption.upload(owner["alpha"], BLOCKS, self.key)
        for snapshot in (self.plain, self.encrypted) if recipients else ():
            disks.share_snapshot(owner["alpha"], snapshot, *(recipient["alpha"] for recipient in recipients))


@pytest.fixture(scope="module")
def own(copier):
    return Sources(copier)


@pytest.fixture(scope="module")
def own_of_encrypting(encrypting):
    return Sources(encrypting)


@pytest.fixture(scope="module")
def lent(partition, copier):
    return Sources(new_account(partition, "lender"), copier)


# The row, whose the copy is, what is copied, whether a key is named, and whether alpha must give a key for it.
ROWS = {
    "1": ("copier", "own.plain", {}, False),
    "2": ("encrypting", "own_of_encrypting.plain", {}, False),
    "3": ("copier", "own.plain", {"Encrypted": True}, False),
    "4": ("copier", "own.plain", {"Encrypted": True, "KmsKeyId": "a key"}, False),
    "7": ("copier", "own.encrypted", {}, True),
    "7 by default": ("encrypting", "own_of_encrypting.encrypted", {}, True),
    "8": ("copier", "lent.encrypted", {}, True),
    "9 own": ("copier", "own.encrypted", {"Encrypted": True, "KmsKeyId": "a key"}, True),
    "9 another's": ("copier", "lent.encrypted", {"Encrypted": True, "KmsKeyId": "a key"}, True),
}


class Copy:
    """The copy of a row to one of the others: the account there, the wanted key and the image."""

    def __init__(self, request, row, name):
        account, source, wish, self.needs_key = ROWS[row]
        self.region = apart.REGION_OF[name]
        fixture, _, which = source.partition(".")
        self.source = getattr(request.getfixturevalue(fixture), which)
        self.accounts = request.getfixturevalue(account)
        self.account = self.accounts[name]
        self.key = None
        if "KmsKeyId" in wish:
            self.key = keys.make(self.account, self.region)["Arn"]
            wish = wish | {"KmsKeyId": self.key}
        elif row != "1":
            self.key = keys.managed(self.account, self.region)
        self.snapshot = self.account.ec2(self.region).copy_snapshot(
            SourceRegion=HERE, SourceSnapshotId=self.source, **wish
        )["SnapshotId"]

    def expect_whole(self):
        disks.await_snapshot(self.account, self.snapshot, self.region)
        assert encryption.key_of(self.account, self.snapshot, self.region) == self.key
        assert disks.read(self.account, self.snapshot, self.region) == BLOCKS


@pytest.mark.parametrize("row", ROWS)
def test_a_peer_that_receives_keys_copies_under_every_row(partition, request, row):
    Copy(request, row, "beta").expect_whole()


@pytest.mark.parametrize("row", ROWS)
def test_a_peer_that_receives_none_copies_only_what_is_not_encrypted(partition, request, row):
    copy = Copy(request, row, "gamma")
    if not copy.needs_key:
        copy.expect_whole()
        return
    found = disks.await_snapshot(copy.account, copy.snapshot, GAMMA, state="error")
    assert found["StateMessage"] == (
        "Copying from us-east-1 failed: Region us-east-1 gives region eu-west-1 no keys: 'receives_keys' of that peer "
        "in its configuration must be true"
    )
    latest = partition.alpha.openings()[0]
    assert (latest["peer"], latest["resource"], latest["outcome"]) == ("gamma", copy.source, "UnauthorizedOperation")


def test_an_image_whose_keys_are_not_given_says_why_it_failed(copier, own):
    image = disks.register(copier["alpha"], own.encrypted)
    new = copier["gamma"].ec2(GAMMA).copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion=HERE
    )["ImageId"]
    reason = disks.await_image(copier["gamma"], new, GAMMA, state="failed")["StateReason"]
    assert "'receives_keys' of that peer in its configuration must be true" in reason["Message"]


class Lease:
    """What a peer has opened on alpha."""

    def __init__(self, partition, name, account, resource):
        self.partition, self.name = partition, name
        status, answer = self.ask("open", account=account.id, resource=resource)
        assert status == 200, answer
        self.opened = json.loads(answer)
        self.id = self.opened["lease"]
        self.snapshot = self.opened["snapshots"][0]["snapshot_id"]

    def ask(self, operation, **body):
        return apart.ask(
            self.partition, self.name, self.partition.alpha, operation, body,
            destination=apart.REGION_OF[self.name], source=HERE,
        )

    def release(self, **changes):
        return self.ask("release", **{"lease": self.id, "snapshot_id": self.snapshot} | changes)

    def fetch_root(self):
        root = {"level": 3, "position": 0, "slots": "AA=="}
        return self.ask("fetch", lease=self.id, snapshot_id=self.snapshot, ranges=[root])

    def key(self):
        """Of the root."""
        status, answer = self.release()
        assert status == 200, answer
        reference = base64.b64decode(json.loads(answer)["root"])
        assert len(reference) == 97
        return reference[65:]


def forms_of(key):
    return (key, key.hex().encode(), key.hex().upper().encode(), base64.b64encode(key)[:40])


def test_who_is_refused_the_key_is_told_nothing_of_it_and_no_log_or_file_holds_it(partition, copier, own):
    key = Lease(partition, "beta", copier["beta"], own.encrypted).key()
    refused = Lease(partition, "gamma", copier["gamma"], own.encrypted)
    status, answer = refused.release()
    assert status == 403 and set(json.loads(answer)) == {"code", "message"}
    said = [json.dumps(refused.opened).encode(), answer, refused.fetch_root()[1]]
    for process in partition.processes.values():
        said.append(process.log.read_bytes())
        said += [path.read_bytes() for path in process.data_dir.rglob("*") if path.is_file()]
    assert not any(form in text for text in said for form in forms_of(key))


def test_a_key_is_released_only_for_what_the_asker_has_opened(partition, copier, own, lent):
    opened = Lease(partition, "beta", copier["beta"], own.encrypted)
    assert opened.release(snapshot_id=lent.encrypted)[0] == 404
    assert opened.release(snapshot_id=own.plain)[0] == 404
    assert opened.release(lease="00000000-0000-4000-8000-000000000000")[0] == 404
    assert opened.release(lease=Lease(partition, "gamma", copier["gamma"], own.encrypted).id)[0] == 404
    assert Lease(partition, "beta", copier["beta"], own.plain).release()[0] == 404, "it is not encrypted"
    opened.ask("close", lease=opened.id)
    assert opened.release()[0] == 404


def test_what_is_opened_for_a_repair_gives_sealed_chunks_whatever_became_of_the_key_and_no_key(partition, copier):
    key = keys.make(copier["alpha"])["Arn"]
    snapshot = encryption.upload(copier["alpha"], BLOCKS, key)
    opened = Lease(partition, "gamma", copier["gamma"], snapshot)
    root = base64.b64decode(opened.opened["snapshots"][0]["root"])
    copier["alpha"].kms().disable_key(KeyId=key)
    assert json.loads(opened.fetch_root()[1])["code"] == "DisabledException"
    for name in ("beta", "gamma"):
        by_root = Lease(partition, name, copier[name], f"root-{root.hex()}")
        assert by_root.fetch_root()[0] == 200
        assert by_root.release()[0] in (403, 404)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_key_that_the_source_closes_ends_the_copy_with_its_name(copier, partition, when):
    key = keys.make(copier["alpha"])["Arn"]
    source = encryption.upload(copier["alpha"], BLOCKS, key)
    if when == "before":
        copier["alpha"].kms().disable_key(KeyId=key)
    made = copier["beta"].ec2(BETA).copy_snapshot(SourceRegion=HERE, SourceSnapshotId=source)["SnapshotId"]
    if when == "before":
        found = disks.await_snapshot(copier["beta"], made, BETA, state="error")
        assert found["StateMessage"].startswith("Given key ID is not accessible.") and key in found["StateMessage"]
        return
    disks.await_snapshot(copier["beta"], made, BETA)
    copier["alpha"].kms().disable_key(KeyId=key)
    assert disks.read(copier["beta"], made, BETA) == BLOCKS, "the copy is under a key of its own"


# What may come again: as it is, what two connections had under way; sealed anew, 128 MiB and a step.
FORMS = {"as it is": 2 * 16 * disks.BLOCK_BYTES, "sealed anew": 2 * 128 * 2**20}


@pytest.mark.parametrize("killed", ["alpha", "beta"])
@pytest.mark.parametrize("form", FORMS)
def test_an_encrypted_copy_goes_on_after_a_kill_of_either_side(own_partition, form, killed):
    partition = own_partition
    account = partition.new_account("team")
    blocks = disks.Incompressible(300, "killed")
    source = encryption.upload(account["alpha"], blocks)
    tags = [{"TagKey": "argosy:reseal", "TagValue": "true"}] if form == "sealed anew" else []
    key = account["beta"].kms(BETA).create_key(Tags=tags)["KeyMetadata"]["Arn"]
    made = account["beta"].ec2(BETA).copy_snapshot(
        SourceRegion=HERE, SourceSnapshotId=source, Encrypted=True, KmsKeyId=key
    )["SnapshotId"]
    total = len(blocks) * disks.BLOCK_BYTES
    wait_until(lambda: stored_bytes(partition.beta) > total // 4, "the copy does not begin")
    partition.processes[killed].kill()
    if killed == "beta":
        assert stored_bytes(partition.beta) < total, "it was there before it was killed"
    partition.processes[killed].start()
    disks.await_snapshot(account["beta"], made, BETA)
    disks.verify(account["beta"], made, blocks, BETA)
    assert encryption.key_of(account["beta"], made, BETA) == key
    moved = int(disks.extension(account["beta"], made, BETA)["copyBytesMoved"])
    assert total < moved < total + FORMS[form] + 2**20


def stored_bytes(process):
    return sum(pack.stat().st_size for pack in packs.of_region(process, process.region))


def test_a_repair_brings_sealed_content_from_a_peer_that_gives_no_keys_any_more(own_partition):
    partition = own_partition
    account = partition.new_account("team")
    source = encryption.upload(account["alpha"], BLOCKS)
    made = account["beta"].ec2(BETA).copy_snapshot(SourceRegion=HERE, SourceSnapshotId=source)["SnapshotId"]
    disks.await_snapshot(account["beta"], made, BETA)
    partition.alpha.stop()
    partition.line("alpha", "beta")["receives_keys"] = False
    partition.alpha.write_config().start()
    record = next(r for pack in packs.of_region(partition.beta, BETA) for r in packs.records(pack) if r.kind == "block")
    packs.flip(record.pack, record.payload_offset + 1000)
    partition.beta.run("scrub", status=1)
    told = partition.beta.rows("repair")[0]
    assert [row["from"] for row in told["repaired"]] == [HERE], told
    assert disks.read(account["beta"], made, BETA) == BLOCKS
