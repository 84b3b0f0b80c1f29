"""What is taken back and what that changes, row by row of ec2-semantics E4, with each of the clients.

A launch needs no permission on the snapshot; it needs the image and, to read its content, the key. What hangs on
a closed key of the owner's is shown in test_launch_keys.py, too."""
import pytest
from botocore.exceptions import ClientError

import argosyd
import clients
import disks
import encryption
import guests
import keys
import machines
import partition
from argosyd import refused, wait_until
from wire import Wire

HERE, ELSEWHERE = "us-east-1", "us-west-2"
BLOCKS = guests.blocks(more={7: disks.block("eighth")})
IMAGE, STORAGE, KEY = "image", "storage", "key"  # what a revocation closes


class Lent:
    """An encrypted image HERE that the recipient may see, read and copy; by the key's policy or by a grant."""

    def __init__(self, owner, recipient, snapshot, way="policy"):
        """The snapshot is a copy of the owner's own one, under a key of its own."""
        self.owner, self.recipient = owner, recipient
        self.key = keys.make(owner, Policy=keys.open_to(owner, *([recipient] if way == "policy" else [])))["Arn"]
        self.grant = keys.lend(owner, self.key, recipient) if way == "grant" else None
        self.snapshot = copy_snapshot(owner, snapshot, HERE, KmsKeyId=self.key)
        self.image = disks.register(owner, self.snapshot)
        disks.share_snapshot(owner, self.snapshot, recipient)
        disks.share_image(owner, self.image, recipient)


def copy_snapshot(account, snapshot, region, **wish):
    answer = account.ec2(region).copy_snapshot(
        SourceRegion=HERE, SourceSnapshotId=snapshot, Encrypted=True, **wish
    )
    return disks.await_snapshot(account, answer["SnapshotId"], region)["SnapshotId"]


def copy_image(account, image, **wish):
    """The new image, which has only begun."""
    answer = account.ec2(ELSEWHERE).copy_image(
        Name=disks.unique("copy"), SourceImageId=image, SourceRegion=HERE, **wish
    )
    return answer["ImageId"]


def take_launch_permission(client, lent):
    permission = {"Remove": [{"UserId": lent.recipient.id}]}
    client.call(lent.owner, "ec2", "ModifyImageAttribute", ImageId=lent.image, LaunchPermission=permission)


def give_up_launch_permission(client, lent):
    client.call(lent.recipient, "ec2", "CancelImageLaunchPermission", ImageId=lent.image)


def disable(client, lent):
    """Debian's clients do not know it yet."""
    if not isinstance(client, clients.JavaScript):
        assert lent.owner.query("DisableImage", ImageId=lent.image).status == 200
    else:
        client.call(lent.owner, "ec2", "DisableImage", ImageId=lent.image)


def disable_and_enable(client, lent):
    """It is not shared any more then."""
    disable(client, lent)
    assert lent.owner.query("EnableImage", ImageId=lent.image).status == 200


def deregister(client, lent):
    client.call(lent.owner, "ec2", "DeregisterImage", ImageId=lent.image)


def take_snapshot_permission(client, lent):
    client.call(
        lent.owner,
        "ec2",
        "ModifySnapshotAttribute",
        SnapshotId=lent.snapshot,
        Attribute="createVolumePermission",
        CreateVolumePermission={"Remove": [{"UserId": lent.recipient.id}]},
    )


def close_policy(client, lent):
    given = {"PolicyName": "default", "Policy": keys.policy(lent.owner)}
    client.call(lent.owner, "kms", "PutKeyPolicy", KeyId=lent.key, **given)


def revoke_grant(client, lent):
    client.call(lent.owner, "kms", "RevokeGrant", KeyId=lent.key, GrantId=lent.grant)


def disable_key(client, lent):
    client.call(lent.owner, "kms", "DisableKey", KeyId=lent.key)


def delete_key(client, lent):
    answer = client.call(lent.owner, "kms", "ScheduleKeyDeletion", KeyId=lent.key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"


REVOCATIONS = {
    take_launch_permission: IMAGE,
    give_up_launch_permission: IMAGE,
    disable: IMAGE,
    disable_and_enable: IMAGE,
    deregister: IMAGE,
    take_snapshot_permission: STORAGE,
    close_policy: KEY,
    revoke_grant: KEY,
    disable_key: KEY,
    delete_key: KEY,
}
EVERY_REVOCATION = pytest.mark.parametrize(
    "revoke, closed", REVOCATIONS.items(), ids=[revoke.__name__ for revoke in REVOCATIONS]
)


def way_of(revoke):
    return "grant" if revoke is revoke_grant else "policy"


@pytest.fixture(scope="module")
def snapshot(owner):
    return encryption.upload(owner, BLOCKS)


def sees(client, account, image):
    try:
        return bool(client.call(account, "ec2", "DescribeImages", ImageIds=[image])["Images"])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidAMIID.NotFound"
        return False


def reads(client, account, snapshot, token):
    """Block 0, with a token from before."""
    given = {"SnapshotId": snapshot, "BlockIndex": 0, "BlockToken": token}
    try:
        return client.call(account, "ebs", "GetSnapshotBlock", **given)["BlockData"] == BLOCKS[0]
    except ClientError as error:
        codes = ("AccessDeniedException", "ValidationException", "ResourceNotFoundException")
        assert error.response["Error"]["Code"] in codes
        return False


def assert_copy_is_refused(lent, closed):
    """A copy that is asked for now."""
    if closed == KEY:
        failed = disks.await_image(lent.recipient, copy_image(lent.recipient, lent.image), ELSEWHERE, "failed")
        assert lent.key in failed["StateReason"]["Message"]
    else:
        with refused("InvalidAMIID.NotFound" if closed == IMAGE else "InvalidRequest"):
            copy_image(lent.recipient, lent.image)


def launch(client, account, image):
    wish = {"ImageId": image, "InstanceType": machines.TYPE, "MinCount": 1, "MaxCount": 1}
    return client.call(account, "ec2", "RunInstances", **wish)["Instances"][0]["InstanceId"]


def assert_launch(client, lent, closed):
    """One that is asked for now."""
    recipient = lent.recipient
    if closed == IMAGE:
        with refused("InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"):
            launch(client, recipient, lent.image)
    elif closed == STORAGE:  # a launch does without
        instance = launch(client, recipient, lent.image)
        machines.await_console(recipient, instance, "guest boot 1")
        machines.terminate(recipient, instance)
    else:
        ended = machines.await_state(recipient, launch(client, recipient, lent.image), "terminated")
        assert lent.key in ended["StateReason"]["Message"]


@EVERY_REVOCATION
def test_launches_heed_a_revocation_at_once_and_what_was_started_before_does_not(
    client, owner, recipient, snapshot, revoke, closed
):
    lent = Lent(owner, recipient, snapshot, way_of(revoke))
    with machines.running(recipient, lent.image) as instance:
        machines.await_console(recipient, instance, "guest boot 1")
        revoke(client, lent)
        assert_launch(client, lent, closed)
        client.call(recipient, "ec2", "RebootInstances", InstanceIds=[instance])
        machines.await_console(recipient, instance, "guest boot 2")
        client.call(recipient, "ec2", "StopInstances", InstanceIds=[instance])
        machines.await_state(recipient, instance, "stopped")
        # Launched from a share, its volume is under the recipient's own key.
        client.call(recipient, "ec2", "StartInstances", InstanceIds=[instance])
        machines.await_console(recipient, instance, "guest boot 3")


@pytest.mark.parametrize("revoke", [close_policy, revoke_grant, disable_key, delete_key])
def test_a_volume_that_hangs_on_the_lent_key_runs_on_and_does_not_start_again(
    client, owner, recipient, snapshot, revoke
):
    lent = Lent(owner, recipient, snapshot, way_of(revoke))
    hanging = {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": lent.key}}]}
    with machines.running(recipient, lent.image, **hanging) as instance:
        machines.await_console(recipient, instance, "guest boot 1")
        revoke(client, lent)
        client.call(recipient, "ec2", "RebootInstances", InstanceIds=[instance])
        machines.await_console(recipient, instance, "guest boot 2")
        client.call(recipient, "ec2", "StopInstances", InstanceIds=[instance])
        machines.await_state(recipient, instance, "stopped")
        client.call(recipient, "ec2", "StartInstances", InstanceIds=[instance])

        def stopped_again():
            found = machines.describe(recipient, instance)
            return lent.key in found.get("StateReason", {}).get("Message", "") and found["State"]["Name"] == "stopped"

        wait_until(stopped_again, f"{instance} is not stopped for its key")


@EVERY_REVOCATION
def test_a_revocation_counts_at_once_and_copies_made_before_stay_unless_they_hang_on_the_key(
    client, every_client, owner, recipient, snapshot, revoke, closed
):
    lent = Lent(owner, recipient, snapshot, way_of(revoke))
    own = copy_snapshot(recipient, lent.snapshot, ELSEWHERE)
    hanging = copy_snapshot(recipient, lent.snapshot, HERE, KmsKeyId=lent.key)
    token = {one: disks.list_blocks(recipient, one)[0] for one in (lent.snapshot, hanging)}
    boto3 = every_client["boto3"]
    assert sees(boto3, recipient, lent.image)
    assert reads(boto3, recipient, lent.snapshot, token[lent.snapshot])
    revoke(client, lent)
    assert sees(client, recipient, lent.image) == (closed != IMAGE)
    assert reads(client, recipient, lent.snapshot, token[lent.snapshot]) == (closed == IMAGE)
    assert reads(boto3, recipient, hanging, token[hanging]) == (closed != KEY)
    assert disks.read(recipient, own, ELSEWHERE) == BLOCKS
    assert_copy_is_refused(lent, closed)


def test_what_is_under_a_deleted_key_is_lost_for_ever_and_nothing_else(client, own_server):
    owner, recipient = own_server.accounts["owner"], own_server.accounts["recipient"]
    lent = Lent(owner, recipient, encryption.upload(owner, BLOCKS))
    own = copy_snapshot(recipient, lent.snapshot, ELSEWHERE)
    hanging = copy_snapshot(recipient, lent.snapshot, HERE, KmsKeyId=lent.key)
    token = {one: disks.list_blocks(recipient, one)[0] for one in (lent.snapshot, hanging)}
    delete_key(client, lent)
    keys.end_waiting_period(owner, lent.key)
    with refused("NotFoundException"):
        client.call(owner, "kms", "CancelKeyDeletion", KeyId=lent.key)
    assert not reads(client, owner, lent.snapshot, token[lent.snapshot])
    assert not reads(client, recipient, hanging, token[hanging])
    assert sees(client, recipient, lent.image)
    assert disks.read(recipient, own, ELSEWHERE) == BLOCKS
    assert_copy_is_refused(lent, KEY)


COPIED = disks.Incompressible(96, "in flight")
HELD_BYTES = 24 << 20  # of the copy, when the wire stops


class Apart:
    """Two regions in two processes, and between them the wire that a copy comes over."""

    def __init__(self, folder):
        self.partition = partition.Partition(folder, timeout_s=argosyd.PATIENCE_S)
        self.source, self.destination = self.partition.alpha, self.partition.beta
        self.wire = Wire(self.source.address, partition.REPLICATION_PORT)
        self.partition.line("beta", "alpha")["endpoint"] = self.wire.address
        self.destination.write_config()
        self.partition.start()
        self.owner = self.partition.new_account("owner")["alpha"]
        self.snapshot = encryption.upload(self.owner, COPIED)

    def new_recipient(self):
        """The same account at both ends; nothing that it has lets a copy be shorter."""
        account = self.partition.new_account(disks.unique("recipient"))
        return account["alpha"], account["beta"]

    def collect(self):
        self.destination.run("gc", "--grace-seconds", "0")

    def live_bytes(self, account):
        """What the destination keeps for an account."""
        rows = self.destination.rows("usage")[0]["accounts"]
        return sum(row["live_bytes"] for row in rows if row["account_id"] == account.id)

    def stop(self):
        self.wire.close()
        self.partition.stop()


@pytest.fixture(scope="module")
def apart(tmp_path_factory):
    apart = Apart(tmp_path_factory.mktemp("apart"))
    yield apart
    apart.stop()


class InFlight:
    """A copy of a lent image to the other process, held in the middle until it is let go."""

    def __init__(self, apart, way="policy", own_key=False):
        self.apart = apart
        at_source, self.recipient = apart.new_recipient()
        self.lent = Lent(apart.owner, at_source, apart.snapshot, way)
        self.own_key = keys.make(self.recipient, ELSEWHERE)["Arn"] if own_key else None
        wish = {"Encrypted": True, "KmsKeyId": self.own_key} if own_key else {}
        apart.wire.stop_after(HELD_BYTES)
        self.image = copy_image(self.recipient, self.lent.image, **wish)
        wait_until(apart.wire.is_stopped, "the copy does not come to the middle")
        found = disks.describe_image(self.recipient, self.image, ELSEWHERE)
        assert found["State"] == "pending"
        [self.snapshot] = disks.snapshots_of(found)

    def let_go(self, client, state):
        """The image as it ended, as the client shows it."""
        self.apart.wire.stop_after(None)
        disks.await_image(self.recipient, self.image, ELSEWHERE, state)
        return client.call(self.recipient, "ec2", "DescribeImages", ELSEWHERE, ImageIds=[self.image])["Images"][0]

    def assert_failed(self, client, key):
        reason = self.let_go(client, "failed")["StateReason"]
        assert reason["Code"] == "Client.InvalidKMSKey.InvalidState" and key in reason["Message"]
        ended = disks.describe_snapshot(self.recipient, self.snapshot, ELSEWHERE)
        assert ended["State"] == "error" and key in ended["StateMessage"]
        assert self.apart.live_bytes(self.recipient) > 0
        self.apart.collect()
        assert self.apart.live_bytes(self.recipient) == 0, "the space of what had come does not come back"


@EVERY_REVOCATION
def test_a_copy_in_flight_ends_with_the_key_and_with_nothing_else(client, apart, revoke, closed):
    copy = InFlight(apart, way_of(revoke))
    revoke(client, copy.lent)
    if closed == KEY:
        copy.assert_failed(client, copy.lent.key)
    else:
        copy.let_go(client, "available")
        disks.verify(copy.recipient, copy.snapshot, COPIED, ELSEWHERE)


def test_a_copy_in_flight_ends_with_the_key_that_it_shall_be_under(client, apart):
    copy = InFlight(apart, own_key=True)
    client.call(copy.recipient, "kms", "DisableKey", ELSEWHERE, KeyId=copy.own_key)
    copy.assert_failed(client, copy.own_key)
