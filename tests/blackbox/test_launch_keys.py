"""The keys of machines' disks: which one a volume is under (ec2-semantics D3), what a key that cannot be used does
to a launch (B19, J28), to a machine that runs and to one that is stopped (E4), and that a host learns nothing."""
import pytest

import disks
import encryption
import guests
import keys
import machines
from argosyd import refused, wait_until

ROOT = "/dev/xvda"  # of disks.register


class Lent:
    """An image of the owner's whose disk is under a key of his; the recipient may start it."""

    def __init__(self, owner, recipient, way="policy"):
        self.owner, self.recipient = owner, recipient
        opened = [recipient] if way == "policy" else []
        self.key = keys.make(owner, Policy=keys.open_to(owner, *opened))["Arn"]
        self.grant = keys.lend(owner, self.key, recipient) if way == "grant" else None
        self.image = disks.register(owner, encryption.upload(owner, guests.blocks(), self.key))
        disks.share_image(owner, self.image, recipient)


@pytest.fixture
def lent(owner, recipient):
    return Lent(owner, recipient)


@pytest.fixture(scope="module")
def plain(owner, recipient):
    """An image whose disk is not encrypted."""
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    disks.share_image(owner, image, recipient)
    return image


def encrypted(**wish):
    return {"BlockDeviceMappings": [{"DeviceName": ROOT, "Ebs": {"Encrypted": True, **wish}}]}


def key_of(account, instance):
    (volume,) = account.ec2().describe_volumes(VolumeIds=[machines.volume_of(account, instance)])["Volumes"]
    assert volume["Encrypted"] == ("KmsKeyId" in volume)
    return volume.get("KmsKeyId")


def boots(account, image, **given):
    """The key of the machine's volume, once it has really booted."""
    with machines.running(account, image, **given) as instance:
        machines.await_console(account, instance, "guest boot 1")
        return key_of(account, instance)


def test_an_unencrypted_disk_stays_so_or_is_encrypted_if_one_asks(owner, recipient, plain):
    assert boots(recipient, plain) is None
    assert boots(recipient, plain, **encrypted()) == keys.managed(recipient)
    key = keys.make(recipient)["Arn"]
    assert boots(recipient, plain, **encrypted(KmsKeyId=key)) == key
    with refused("InvalidParameterDependency"):
        machines.run(recipient, plain, BlockDeviceMappings=[{"DeviceName": ROOT, "Ebs": {"KmsKeyId": key}}])


def test_an_encrypted_disk_of_ones_own_stays_under_its_key_or_changes_it(owner, lent):
    assert boots(owner, lent.image) == lent.key
    other = keys.make(owner)["Arn"]
    assert boots(owner, lent.image, **encrypted(KmsKeyId=other)) == other


def test_what_was_shared_is_under_a_key_of_the_launchers(owner, recipient, lent):
    assert boots(recipient, lent.image) == keys.managed(recipient)
    assert boots(recipient, lent.image, **encrypted()) == keys.managed(recipient)
    own = keys.make(recipient)["Arn"]
    assert boots(recipient, lent.image, **encrypted(KmsKeyId=own)) == own


def test_encryption_by_default_counts_at_launch(server, owner):
    account = server.new_account(disks.unique("default"))
    image = disks.register(owner, disks.upload(owner, guests.blocks()))
    disks.share_image(owner, image, account)
    key = keys.make(account)["Arn"]
    account.ec2().enable_ebs_encryption_by_default()
    assert boots(account, image) == keys.managed(account)
    account.ec2().modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert boots(account, image) == key
    assert boots(account, image, BlockDeviceMappings=[{"DeviceName": ROOT, "Ebs": {"Encrypted": False}}]) == key


def close_policy(lent):
    lent.owner.kms().put_key_policy(KeyId=lent.key, PolicyName="default", Policy=keys.policy(lent.owner))


def revoke_grant(lent):
    lent.owner.kms().revoke_grant(KeyId=lent.key, GrantId=lent.grant)


def disable(lent):
    lent.owner.kms().disable_key(KeyId=lent.key)


def delete(lent):
    lent.owner.kms().schedule_key_deletion(KeyId=lent.key, PendingWindowInDays=7)


STATE, ACCESS = "Client.InvalidKMSKey.InvalidState", "Client.InternalError"
CLOSINGS = {close_policy: ACCESS, revoke_grant: ACCESS, disable: STATE, delete: STATE}
EVERY_CLOSING = pytest.mark.parametrize(
    "close, code", CLOSINGS.items(), ids=[close.__name__ for close in CLOSINGS]
)
WORDS = {STATE: "The KMS key provided is in an incorrect state", ACCESS: "Client error on launch"}


def assert_ended(client, account, image, key, code, **given):
    """RunInstances succeeds, and the machine ends before it runs."""
    wish = {"ImageId": image, "InstanceType": machines.TYPE, "MinCount": 1, "MaxCount": 1, **given}
    (started,) = client.call(account, "ec2", "RunInstances", **wish)["Instances"]
    assert started["State"]["Name"] == "pending"
    instance = started["InstanceId"]
    machines.await_state(account, instance, "terminated")
    (shown,) = client.call(account, "ec2", "DescribeInstances", InstanceIds=[instance])["Reservations"]
    reason = shown["Instances"][0]["StateReason"]
    assert reason["Code"] == code
    assert reason["Message"].startswith(f"{code}: {WORDS[code]}") and key in reason["Message"]
    assert shown["Instances"][0]["StateTransitionReason"] == code
    assert not account.ec2().describe_volumes(
        Filters=[{"Name": "attachment.instance-id", "Values": [instance]}]
    )["Volumes"]


@EVERY_CLOSING
def test_a_launch_with_a_closed_key_succeeds_and_ends_terminated_with_the_reason(
    client, owner, recipient, close, code
):
    lent = Lent(owner, recipient, "grant" if close is revoke_grant else "policy")
    close(lent)
    assert_ended(client, recipient, lent.image, lent.key, code)


def test_a_key_of_ones_own_that_is_none_or_disabled_ends_the_launch(client, recipient, plain):
    key = keys.make(recipient)["Arn"]
    recipient.kms().disable_key(KeyId=key)
    assert_ended(client, recipient, plain, key, STATE, **encrypted(KmsKeyId=key))
    assert_ended(client, recipient, plain, "alias/nothing", ACCESS, **encrypted(KmsKeyId="alias/nothing"))


def test_who_was_never_given_the_key_is_told_at_launch(client, owner, stranger, lent):
    disks.share_image(owner, lent.image, stranger)
    assert_ended(client, stranger, lent.image, lent.key, ACCESS)


@EVERY_CLOSING
def test_a_machine_that_was_started_from_a_share_goes_on_without_the_owners_key(owner, recipient, close, code):
    lent = Lent(owner, recipient, "grant" if close is revoke_grant else "policy")
    with machines.running(recipient, lent.image) as instance:
        machines.await_console(recipient, instance, "guest boot 1")
        close(lent)
        recipient.ec2().reboot_instances(InstanceIds=[instance])
        machines.await_console(recipient, instance, "guest boot 2")
        recipient.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(recipient, instance, "stopped")
        recipient.ec2().start_instances(InstanceIds=[instance])  # its volume is under the launcher's own key
        machines.await_console(recipient, instance, "guest boot 3")


@pytest.mark.parametrize("close, code", [(disable, STATE), (delete, STATE)], ids=["disable", "delete"])
def test_a_machine_under_a_closed_key_runs_and_once_stopped_does_not_start(client, owner, recipient, close, code):
    lent = Lent(owner, recipient)
    with machines.running(owner, lent.image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        close(lent)
        owner.ec2().reboot_instances(InstanceIds=[instance])
        machines.await_console(owner, instance, "guest boot 2")
        owner.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(owner, instance, "stopped")
        client.call(owner, "ec2", "StartInstances", InstanceIds=[instance])
        stopped = await_reason(owner, instance, code)
        assert lent.key in stopped["StateReason"]["Message"]
        reopen(owner, lent.key)
        client.call(owner, "ec2", "StartInstances", InstanceIds=[instance])
        machines.await_console(owner, instance, "guest boot 3")


def reopen(owner, key):
    if owner.kms().describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion":
        owner.kms().cancel_key_deletion(KeyId=key)
    owner.kms().enable_key(KeyId=key)


def await_reason(account, instance, code):
    """As it is shown when it is stopped for that reason."""

    def settled():
        found = machines.describe(account, instance)
        return found if found["State"]["Name"] == "stopped" and found["StateReason"]["Code"] == code else None

    return wait_until(settled, f"{instance} is not stopped with {code}")


def test_a_volume_under_anothers_key_hangs_on_it(owner, recipient, plain):
    key = keys.make(owner, Policy=keys.open_to(owner, recipient))["Arn"]
    with machines.running(recipient, plain, **encrypted(KmsKeyId=key)) as instance:
        assert key_of(recipient, instance) == key
        machines.await_console(recipient, instance, "guest boot 1")
        recipient.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(recipient, instance, "stopped")
        owner.kms().put_key_policy(KeyId=key, PolicyName="default", Policy=keys.policy(owner))
        recipient.ec2().start_instances(InstanceIds=[instance])
        assert key in await_reason(recipient, instance, ACCESS)["StateReason"]["Message"]


def files_with(folder, needle):
    return [path for path in folder.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_what_a_guest_writes_to_an_encrypted_volume_is_nowhere_on_the_host_in_the_clear(own_server):
    """The guest writes its count of boots; it is found by the text that stands beside it in the same sector."""
    owner = own_server.accounts["owner"]
    marker = b"This sector was written by a guest"
    disk = {0: guests.boot_sector().ljust(disks.BLOCK_BYTES, b"\0")}
    # Each boot reads, changes and writes this sector: its marker comes into the overlay with it.
    disk[guests.COUNT_BLOCK] = bytes(512).ljust(disks.BLOCK_BYTES, b"\0")
    counted = bytearray(disk[guests.COUNT_BLOCK])
    offset = 2048 * guests.SECTOR_BYTES - guests.COUNT_BLOCK * disks.BLOCK_BYTES
    counted[offset + 16 : offset + 16 + len(marker)] = marker
    disk[guests.COUNT_BLOCK] = bytes(counted)
    machine_files = own_server.data_dir / "regions/us-east-1/machines"
    image = disks.register(owner, encryption.upload(owner, disk))
    with machines.running(owner, image) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        owner.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(owner, instance, "stopped")
        assert files_with(own_server.data_dir, marker) == []
        (overlay,) = [path for path in machine_files.rglob("*.qcow2")]
        assert b"LUKS" in overlay.read_bytes()
    plain = disks.register(owner, disks.upload(owner, {**disk, 1: disks.block("another")}))
    with machines.running(owner, plain) as instance:
        machines.await_console(owner, instance, "guest boot 1")
        owner.ec2().stop_instances(InstanceIds=[instance])
        machines.await_state(owner, instance, "stopped")
        assert files_with(machine_files, marker) != [], "the search finds nothing at all"
