"""What the command says of things that its credentials may not look at: that it is not known. Accounts of argosyd
may look at all that is theirs; policies of AWS need not let them."""
import pytest

import scripted
from argosy import argosy_json, run

OWNER, OTHER = "111122223333", "444455556666"
IMAGE, SNAPSHOT = "ami-00000000000000001", "snap-00000000000000001"
KEY = f"arn:aws:kms:us-east-1:{OWNER}:key/0d990263-018e-4e65-a703-eff731de951e"
HOLDS = (True, None)


@pytest.fixture
def service():
    """An image of one disk, both shared with another account."""
    named = f"<item><userId>{OTHER}</userId></item>"
    disk = f"<item><ebs><snapshotId>{SNAPSHOT}</snapshotId></ebs></item>"
    scripts = scripted.Scripted(
        GetCallerIdentity=[scripted.identity(OWNER)],
        DescribeImages=[
            f"<R><imagesSet><item><imageId>{IMAGE}</imageId><imageState>available</imageState>"
            f"<imageOwnerId>{OWNER}</imageOwnerId><blockDeviceMapping>{disk}</blockDeviceMapping>"
            "</item></imagesSet></R>"
        ],
        DescribeImageAttribute=[f"<R><launchPermission>{named}</launchPermission></R>"],
        DescribeInstanceTypes=[
            "<R><instanceTypeSet><item><instanceType>t3.nano</instanceType></item></instanceTypeSet></R>"
        ],
        DescribeSnapshots=[
            f"<R><snapshotSet><item><snapshotId>{SNAPSHOT}</snapshotId><ownerId>{OWNER}</ownerId></item>"
            "</snapshotSet></R>"
        ],
        DescribeSnapshotAttribute=[f"<R><createVolumePermission>{named}</createVolumePermission></R>"],
    )
    yield scripts
    scripts.close()


def why(owner, service):
    """see, start and copy: whether the other account may, and because of what not."""
    report = argosy_json(
        owner, "why", "--account", OTHER, f"us-east-1/{IMAGE}", AWS_ENDPOINT_URL=service.endpoint
    )
    return [(judged["may"], judged["broken_by"]) for judged in report["verdicts"]]


@pytest.mark.parametrize("caller", [OWNER, OTHER])
def test_why_knows_what_it_may_look_at(owner, service, caller):
    service.answers["GetCallerIdentity"] = [scripted.identity(caller)]
    assert why(owner, service) == [HOLDS, HOLDS, HOLDS]


@pytest.mark.parametrize(
    "caller, denied, expected",
    [
        (OTHER, "DescribeImages", [(None, "image")] * 3),
        (OWNER, "DescribeImageAttribute", [(None, "launch permission")] * 3),
        (OTHER, "DescribeSnapshots", [HOLDS, HOLDS, (None, f"permission of {SNAPSHOT}")]),
        (OWNER, "DescribeSnapshots", [HOLDS, HOLDS, (None, f"permission of {SNAPSHOT}")]),
        (OWNER, "DescribeSnapshotAttribute", [HOLDS, HOLDS, (None, f"permission of {SNAPSHOT}")]),
    ],
)
def test_why_does_not_know_what_it_may_not_look_at(owner, service, caller, denied, expected):
    service.answers["GetCallerIdentity"] = [scripted.identity(caller)]
    service.answers[denied] = [scripted.error("UnauthorizedOperation")]
    assert why(owner, service) == expected


def test_grants_that_may_stay_behind_an_image_are_told_and_change_nothing_else(owner, service):
    item = f"<item><snapshotId>{SNAPSHOT}</snapshotId><kmsKeyId>{KEY}</kmsKeyId></item>"
    done = "<R><return>true</return></R>"
    service.answers |= {
        "DescribeSnapshots": [f"<R><snapshotSet>{item}</snapshotSet></R>"],
        "DeregisterImage": [done],
        "DeleteSnapshot": [done],
        "DescribeKey": [scripted.kms_error("AccessDeniedException")],
    }
    told = run(owner, "deregister", f"us-east-1/{IMAGE}", "--yes", AWS_ENDPOINT_URL=service.endpoint)[1]
    assert "grants on its key may stay" in told and "deregistered, 1 snapshot deleted" in told
