"""A link that does harm to one message after the other: every copy ends with the same bytes, or says why not.

ARGOSY_FULL_TEST: to every message of a larger copy.
"""
import os

import pytest

import disks
import encryption
import impair
import partition as apart
from argosyd import botocore, wait_until

# Every message of a copy in the full test; otherwise the first of each kind and some later ones.
FULL = bool(os.environ.get("ARGOSY_FULL_TEST"))
NUMBERS = range(1, 100) if FULL else (1, 2, 3)
KINDS = tuple(f"{what} {side}" for what in ("open", "fetch", "close") for side in ("request", "response"))
# Of an encrypted copy, what differs: the key of its root and what is below.
ENCRYPTED_KINDS = ("release request", "release response", "fetch response")
ENCRYPTED_HARMS = impair.HARMS if FULL else ("close", "truncate", "flip body")
SPARSE = (0, 1, 2, 255, 256, 300, *(range(500, 530) if FULL else ()), 2047)


class Link:
    """Beta copies from alpha through a proxy."""

    def __init__(self, partition, raw):
        alpha = partition.alpha
        contexts = (
            () if raw else (partition.context("alpha", server=True), partition.context("beta"), "alpha")
        )
        self.proxy = impair.Proxy(alpha.address, (alpha.address, apart.REPLICATION_PORT), *contexts)
        partition.line("beta", "alpha")["endpoint"] = f"{alpha.address}:{self.proxy.port}"
        partition.beta.write_config()
        alpha.start()
        partition.beta.start()
        row = alpha.rows("account", "create", "team")[0] | alpha.rows("access-key", "create", "team")[0]
        partition.hand_over(alpha, partition.beta)
        self.partition = partition
        self.alpha, self.beta = alpha.account(row), partition.beta.account(row)
        kms = self.beta.kms("us-west-2")
        self.keys = {
            "as it is": kms.create_key()["KeyMetadata"]["Arn"],
            "sealed anew": kms.create_key(Tags=[{"TagKey": "argosy:reseal", "TagValue": "true"}])["KeyMetadata"]["Arn"],
        }

    def copy(self, harm, number, kind="", form="open"):
        """Copies a new disk while that is done to that message. Whether the message came at all."""
        blocks = {index: disks.block(disks.unique("harm")) for index in SPARSE}
        upload = disks.upload if form == "open" else encryption.upload
        image = disks.register(self.alpha, upload(self.alpha, blocks))
        wish = {"Encrypted": True, "KmsKeyId": self.keys[form]} if form in self.keys else {}
        self.proxy.begin(harm, number, kind)
        copied = wait_until(lambda: self.try_to_copy(image, wish), "CopyImage is refused for good")
        found = wait_until(
            lambda: (i := disks.describe_image(self.beta, copied, "us-west-2"))["State"] != "pending" and i,
            f"the copy hangs: {harm} at {kind} {number}",
        )
        where = f"{harm} at {kind} {number}: {found}"
        if found["State"] == "failed" and kind == "open response" and harm.startswith("flip"):
            # What the source says of an image cannot be checked but by its content, which then never comes.
            assert "us-east-1" in found["StateReason"]["Message"], where
            return self.proxy.done
        assert found["State"] == "available", where
        snapshot = disks.snapshots_of(found)[0]
        assert disks.read(self.beta, snapshot, "us-west-2") == blocks, where
        done = self.proxy.done
        self.beta.ec2("us-west-2").deregister_image(ImageId=copied)
        self.beta.ec2("us-west-2").delete_snapshot(SnapshotId=snapshot)
        return done

    def try_to_copy(self, image, wish):
        """A user whose call is refused because of the harm tries again."""
        try:
            return self.beta.ec2("us-west-2").copy_image(
                Name=disks.unique("copy"), SourceImageId=image, SourceRegion="us-east-1", **wish
            )["ImageId"]
        except botocore.exceptions.ClientError:
            return None


@pytest.fixture(scope="module", params=["inside TLS", "outside TLS"])
def link(request, tmp_path_factory):
    partition = apart.Partition(tmp_path_factory.mktemp("link"), timeout_s=2)
    made = Link(partition, raw=request.param == "outside TLS")
    yield made
    made.proxy.stop()
    for process in (partition.alpha, partition.beta):
        assert process.process.poll() is None, process.log.read_text()[-2000:]
    partition.stop()


@pytest.mark.parametrize("harm", impair.HARMS)
def test_a_copy_survives_harm_to_any_message(link, harm):
    if link.proxy.raw:
        if harm == "flip head":
            return  # outside TLS there are no heads: "flip body" is the same
        for kind in ("forth", "back"):
            harm_each(link, harm, kind)
        return
    for kind in KINDS:
        harm_each(link, harm, kind)


@pytest.mark.parametrize("link", ["inside TLS"], indirect=True)  # outside TLS nothing tells what is encrypted
@pytest.mark.parametrize("form", ["as it is", "sealed anew"])
@pytest.mark.parametrize("harm", ENCRYPTED_HARMS)
def test_an_encrypted_copy_survives_harm_to_its_key_and_to_any_chunk(link, harm, form):
    for kind in ENCRYPTED_KINDS:
        harm_each(link, harm, kind, form)


def harm_each(link, harm, kind, form="open"):
    if kind.startswith("close"):  # comes once, when the copy is there
        link.copy(harm, 1, kind, form)
        wait_until(lambda: link.proxy.done, f"no {kind} came")
        return
    for number in NUMBERS:
        if not link.copy(harm, number, kind, form):
            break
    assert number > 1, f"no {kind} ever came"
