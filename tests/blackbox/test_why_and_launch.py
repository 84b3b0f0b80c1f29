"""What `argosy why` says of starting an image is what a launch then does."""
import pytest
from botocore.exceptions import ClientError

import disks
import encryption
import guests
import keys
import machines
from argosy import argosy_json
from argosyd import wait_until

HERE = "us-east-1"


class Situation:
    """An image of the owner's, encrypted under a key of his."""

    def __init__(self, owner, recipient):
        self.owner, self.recipient = owner, recipient
        self.key = keys.make(owner)["Arn"]
        self.snapshot = encryption.upload(owner, guests.blocks(), self.key)
        self.image = disks.register(owner, self.snapshot)

    def share(self):
        disks.share_image(self.owner, self.image, self.recipient)

    def open(self, actions=tuple(keys.RECIPIENT_ACTIONS)):
        policy = keys.policy(self.owner, keys.allow({"AWS": keys.root(self.recipient)}, list(actions)))
        self.owner.kms().put_key_policy(KeyId=self.key, PolicyName="default", Policy=policy)

    def why(self, account):
        """use -> (may, what it is broken by)."""
        report = argosy_json(account, "why", "--account", self.recipient.id, f"{HERE}/{self.image}")
        return {judged["use"]: (judged["may"], judged["broken_by"]) for judged in report["verdicts"]}

    def starts(self):
        try:
            (started,) = machines.run(self.recipient, self.image)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidAMIID.NotFound"
            return False
        instance = started["InstanceId"]

        def settled():
            state = machines.describe(self.recipient, instance)["State"]["Name"]
            return state if state != "pending" else None

        ended = wait_until(settled, f"{instance} is still pending") == "terminated"
        machines.terminate(self.recipient, instance)
        return not ended


@pytest.fixture
def situation(owner, recipient):
    return Situation(owner, recipient)


def test_with_nothing_given(situation):
    assert situation.why(situation.owner)["start"] == (False, "launch permission")
    assert not situation.starts()


def test_with_the_image_alone(situation):
    situation.share()
    assert situation.why(situation.owner)["start"] == (False, f"key of {situation.snapshot}")
    assert not situation.starts()


def test_with_image_and_key_and_no_permission_on_the_snapshot(situation):
    situation.share()
    situation.open()
    found = situation.why(situation.owner)
    assert found["start"] == (True, None)
    assert found["copy"] == (False, f"permission of {situation.snapshot}")
    assert situation.starts()
    # The recipient cannot look at the key, but at what became of the launch.
    assert situation.why(situation.recipient)["start"] == (None, f"key of {situation.snapshot}")


@pytest.mark.parametrize("missing", ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:ReEncryptFrom"])
def test_with_a_key_that_is_not_open_enough(situation, missing):
    situation.share()
    situation.open([action for action in keys.RECIPIENT_ACTIONS if action != missing])
    assert situation.why(situation.owner)["start"] == (False, f"key of {situation.snapshot}")
    assert not situation.starts()


def test_with_a_key_that_is_disabled(situation):
    situation.share()
    situation.open()
    situation.owner.kms().disable_key(KeyId=situation.key)
    assert situation.why(situation.owner)["start"] == (False, f"key of {situation.snapshot}")
    assert not situation.starts()


def test_with_an_image_that_is_disabled(situation):
    situation.share()
    situation.open()
    assert situation.owner.query("DisableImage", ImageId=situation.image).status == 200
    assert situation.why(situation.owner)["start"][0] is False
    assert not situation.starts()


def test_with_an_image_that_no_instance_type_runs(owner, recipient, snapshot):
    """Each may copy it to where one does, and starts none here."""
    image = disks.register(owner, snapshot, Architecture="arm64")
    disks.share_image(owner, image, recipient)
    for account in (owner, recipient):
        report = argosy_json(account, "why", "--account", account.id, f"{HERE}/{image}")
        may = {judged["use"]: (judged["may"], judged["broken_by"]) for judged in report["verdicts"]}
        assert may["see"] == (True, None) and may["start"] == (False, "instance type")
        assert may["copy"] == ((True, None) if account is owner else (False, f"permission of {snapshot}"))
        with pytest.raises(ClientError):
            machines.run(account, image)
