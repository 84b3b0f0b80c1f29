"""What the command says of things that its credentials may not look at: that it is not known. Accounts of argosyd
may look at all that is theirs; policies of AWS need not let them."""
import json

import pytest

import scripted
from argosy import argosy, argosy_json, run

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


@pytest.fixture
def key():
    """A key that is open by a grant to the other account, and has a snapshot and an image under it."""
    texts = ("AWSAccountId", "KeyId", "Description", "Origin", "CustomerMasterKeySpec", "KeyManager")
    described = dict.fromkeys(texts, "x") | {"Arn": KEY, "KeyState": "Enabled"}
    described |= {"KeyUsage": "ENCRYPT_DECRYPT", "KeySpec": "SYMMETRIC_DEFAULT"}
    principal = f"arn:aws:iam::{OTHER}:root"
    grant = {"KeyId": KEY, "GrantId": "0" * 64, "Name": "by hand", "IssuingAccount": OWNER}
    grant |= {"GranteePrincipal": principal, "Operations": ["Decrypt"]}
    allowed = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "*", "Resource": "*"}
    item = f"<item><snapshotId>{SNAPSHOT}</snapshotId><kmsKeyId>{KEY}</kmsKeyId></item>"
    disk = f"<item><ebs><snapshotId>{SNAPSHOT}</snapshotId></ebs></item>"
    scripts = scripted.Scripted(
        DescribeKey=[json.dumps({"KeyMetadata": described})],
        ListGrants=[json.dumps({"Grants": [grant], "Truncated": False})],
        GetKeyPolicy=[json.dumps({"Policy": json.dumps({"Statement": allowed}), "PolicyName": "default"})],
        GetEbsDefaultKmsKeyId=[f"<R><kmsKeyId>{KEY}</kmsKeyId></R>"],
        DescribeSnapshots=[f"<R><snapshotSet>{item}</snapshotSet></R>"],
        DescribeSnapshotAttribute=["<R><createVolumePermission/></R>"],
        DescribeImages=[
            f"<R><imagesSet><item><imageId>{IMAGE}</imageId><blockDeviceMapping>{disk}</blockDeviceMapping>"
            "</item></imagesSet></R>"
        ],
        DescribeImageAttribute=["<R><launchPermission/></R>"],
    )
    yield scripts
    scripts.close()


def dependents(owner, service):
    [place] = argosy_json(owner, "key", "dependents", KEY, AWS_ENDPOINT_URL=service.endpoint)["places"]
    return place


def test_what_hangs_on_a_key_is_null_where_it_may_not_be_looked_at(owner, key):
    place = dependents(owner, key)
    assert place["ebs_default"] is True and place["open_by_grant_to"] == [f"arn:aws:iam::{OTHER}:root"]
    assert place["images"][0]["may_start"]["accounts"] == place["snapshots"][0]["may_copy"]["accounts"] == []
    key.answers["ListGrants"] = [scripted.kms_error("AccessDeniedException")]
    for denied in ("GetEbsDefaultKmsKeyId", "DescribeSnapshotAttribute", "DescribeImageAttribute"):
        key.answers[denied] = [scripted.error("UnauthorizedOperation")]
    place = dependents(owner, key)
    assert place["ebs_default"] is None and place["open_by_grant_to"] is None
    assert place["images"][0]["may_start"] is None and place["snapshots"][0]["may_copy"] is None
    table = run(owner, "key", "dependents", KEY, AWS_ENDPOINT_URL=key.endpoint)[0]
    assert table.count("could not be looked at") == 4


def test_what_goes_while_it_is_looked_at_does_not_hang_on_a_key(owner, key):
    key.answers["DescribeImageAttribute"] = [scripted.error("InvalidAMIID.NotFound")]
    assert dependents(owner, key)["images"] == []
    key.answers["DescribeSnapshotAttribute"] = [scripted.error("InvalidSnapshot.NotFound")]
    assert dependents(owner, key)["snapshots"] == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "ThrottlingException"])
def test_a_revocation_says_what_it_cannot_tell(owner, key, code):
    key.answers["GetKeyPolicy"] = [scripted.kms_error(code)]
    told = run(owner, "key", "revoke", KEY, OTHER, AWS_ENDPOINT_URL=key.endpoint, AWS_MAX_ATTEMPTS="1")[1]
    assert "no grant" in told and "could not be looked at" in told


def test_a_revocation_that_fails_for_one_grant_says_how_many_are_revoked(owner, key):
    [grant] = json.loads(key.answers["ListGrants"][0])["Grants"]
    two = [grant | {"GrantId": digit * 64, "Name": f"argosy:{OTHER}"} for digit in "12"]
    key.answers |= {
        "ListGrants": [json.dumps({"Grants": two, "Truncated": False})],
        "RevokeGrant": [scripted.kms_error("KMSInvalidStateException"), ""],
    }
    told = argosy(owner, "key", "revoke", KEY, OTHER, status=254, AWS_ENDPOINT_URL=key.endpoint)
    assert f"1 grant of {OTHER} revoked" in told and "KMSInvalidStateException" in told
