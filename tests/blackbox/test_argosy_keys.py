"""argosy key, and argosy why: keys of a region, who may use them, what hangs on them and what needs them."""
import json

import pytest

import disks
import keys
import scripted
from argosy import argosy, argosy_json, run
from argosyd import REGIONS
from test_argosy_completion import offered


def create(account, *arguments, region="us-west-2"):
    """A new key's ARN."""
    return argosy(account, "key", "create", region, *arguments).strip()


def grants(account, arn):
    return account.client("kms", arn.split(":")[3]).list_grants(KeyId=arn)["Grants"]


def test_a_key_is_made_with_alias_and_description_and_listed(owner):
    alias = disks.unique("images")
    arn = create(owner, "--alias", alias, "--description", "of images")
    key = owner.client("kms", "us-west-2").describe_key(KeyId=f"alias/{alias}")["KeyMetadata"]
    assert key["Arn"] == arn and key["Description"] == "of images" and key["KeyManager"] == "CUSTOMER"
    listed = argosy_json(owner, "key", "ls", *REGIONS)
    [item] = [item for item in listed if item["arn"] == arn]
    assert item["aliases"] == [f"alias/{alias}"] and item["region"] == "us-west-2"
    assert item["state"] == "Enabled" and not item["managed_by_aws"]
    table = argosy(owner, "key", "ls", "--region", "us-west-2")
    assert key["KeyId"] in table and f"alias/{alias}" in table
    assert key["KeyId"] not in argosy(owner, "key", "ls", "us-east-1")


def test_a_key_that_its_own_account_may_not_see_hides_no_other(server):
    account = server.new_account(disks.unique("locked out"))
    closed = json.dumps({"Statement": keys.allow({"AWS": keys.ROOT.format("111122223333")}, "kms:*")})
    locked = keys.make(account, Policy=closed, BypassPolicyLockoutSafetyCheck=True)["KeyId"]
    seen = keys.make(account)["KeyId"]
    listed = {item["key_id"]: item["state"] for item in argosy_json(account, "key", "ls", "us-east-1")}
    assert listed == {locked: None, seen: "Enabled"}
    assert locked in argosy(account, "key", "ls", "us-east-1")


def test_no_key_is_made_where_its_alias_is_taken(owner):
    alias = disks.unique("taken")
    create(owner, "--alias", alias)
    before = len(argosy_json(owner, "key", "ls", "us-west-2"))
    assert "nothing was created" in argosy(owner, "key", "create", "us-west-2", "--alias", alias, status=4)
    assert len(argosy_json(owner, "key", "ls", "us-west-2")) == before


def test_a_grant_gives_what_launching_and_copying_need_and_no_more(owner, recipient):
    arn = create(owner)
    first = argosy(owner, "key", "grant", arn, recipient.id)
    assert argosy(owner, "key", "grant", arn, recipient.id) == first, "the same twice is one grant"
    [grant] = grants(owner, arn)
    assert grant["GrantId"] == first.strip() and set(grant["Operations"]) == set(keys.RECIPIENT_OPERATIONS)
    assert grant["GranteePrincipal"] == f"arn:aws:iam::{recipient.id}:root"
    recipient.client("kms", "us-west-2").describe_key(KeyId=arn)


def test_a_key_is_opened_when_it_is_made_and_closed_by_account_or_by_grant(owner, recipient, stranger):
    key = argosy_json(owner, "key", "create", "us-west-2", "--open-to", f"{recipient.id},{stranger.id}")
    assert [given["account"] for given in key["grants"]] == [recipient.id, stranger.id]
    argosy(owner, "key", "revoke", key["arn"], recipient.id)
    [left] = grants(owner, key["arn"])
    assert left["GranteePrincipal"].split(":")[4] == stranger.id
    argosy(owner, "key", "revoke", key["arn"], left["GrantId"])
    assert grants(owner, key["arn"]) == []
    note = run(owner, "key", "revoke", key["arn"], recipient.id)[1]
    assert "no grant" in note and "still open" not in note


def test_what_a_revocation_leaves_open_is_told(owner, recipient):
    arn = create(owner)
    argosy(owner, "key", "grant", arn, recipient.id)
    owner.client("kms", "us-west-2").create_grant(
        KeyId=arn, GranteePrincipal=f"arn:aws:iam::{recipient.id}:root", Operations=["Decrypt"]
    )
    assert "still open" in run(owner, "key", "revoke", arn, recipient.id)[1]
    [left] = grants(owner, arn)
    assert left["Operations"] == ["Decrypt"], "what others gave stays"


def test_a_key_that_cannot_be_opened_is_refused_before_anything_is_asked(owner, recipient):
    assert "managed by AWS" in argosy(
        owner, "key", "grant", "us-west-2/alias/aws/ebs", recipient.id, status=4
    )
    arn = create(owner)
    owner.client("kms", "us-west-2").disable_key(KeyId=arn)
    assert "aws kms enable-key" in argosy(owner, "key", "grant", arn, recipient.id, status=4)
    assert grants(owner, arn) == []


def test_a_key_that_is_not_there_is_told_with_where_keys_are_listed(owner, recipient):
    assert "argosy key ls" in argosy(
        owner, "key", "grant", "us-west-2/alias/no-such", recipient.id, status=254
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("key",),
        ("key", "create"),
        ("key", "create", "us-west-2", "--alias", "aws/mine"),
        ("key", "create", "us-west-2", "--open-to", "1234"),
        ("key", "replicate", "us-west-2/alias/x"),
        ("key", "replicate", "us-west-2/alias/x", "--to", "Mars"),
        ("key", "grant", "us-west-2/alias/x"),
        ("key", "grant", "us-west-2/alias/x", "1234"),
        ("key", "grant", "us-west-2/images", "123456789012"),
        ("key", "dependents", "ami-0123456789abcdef0"),
    ],
)
def test_mistakes_in_the_command_are_told_as_such(owner, arguments):
    assert argosy(owner, *arguments, status=252)


def test_what_hangs_on_a_key_is_told_with_what_cannot_be_seen(owner, recipient):
    arn = create(owner)
    argosy(owner, "key", "grant", arn, recipient.id)
    [place] = argosy_json(owner, "key", "dependents", arn)["places"]
    assert place["key"] == arn and place["images"] == [] and place["snapshots"] == []
    assert place["open_by_grant_to"] == [f"arn:aws:iam::{recipient.id}:root"]
    table = argosy(owner, "key", "dependents", arn)
    assert "Nothing of yours depends on it" in table and "Not seen: " in table


def test_the_replicas_of_a_key_are_looked_at_too(owner):
    kms = owner.client("kms", "us-west-2")
    arn = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replica = kms.replicate_key(KeyId=arn, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]["Arn"]
    third = kms.replicate_key(KeyId=arn, ReplicaRegion="us-east-1")["ReplicaKeyMetadata"]["Arn"]
    for key in (arn, replica, third):
        places = argosy_json(owner, "key", "dependents", key)["places"]
        assert [place["key"] for place in places] == [key, *(other for other in (arn, replica, third) if other != key)]


def test_a_multi_region_key_is_taken_to_other_regions_once(owner):
    arn = create(owner, "--multi-region")
    east = arn.replace("us-west-2", "us-east-1")
    assert argosy(owner, "key", "replicate", arn, "--to", "us-east-1").strip() == east
    done = argosy_json(owner, "key", "replicate", east, "--to", "us-east-1,eu-west-1")
    assert done["key"] == arn, "the primary key, whichever was named"
    assert {each["region"]: each["created"] for each in done["replicas"]} == {"us-east-1": False, "eu-west-1": True}
    blob = keys.encrypt(owner, arn, region="us-west-2")
    assert keys.decrypt(owner, blob, "eu-west-1") == b"secret"


def test_a_region_that_fails_takes_nothing_from_the_others(owner):
    arn = create(owner, "--multi-region")
    done = argosy_json(owner, "key", "replicate", arn, "--to", "mars-1,us-east-1", status=3)
    failed, made = done["replicas"]
    assert failed["region"] == "mars-1" and failed["error"]["code"]
    assert made == {"region": "us-east-1", "arn": arn.replace("us-west-2", "us-east-1"), "created": True}


def test_a_replica_that_is_made_meanwhile_is_found(owner):
    """As where the answer to the first attempt was lost; one that is not found is told without a word of aliases."""
    arn = f"arn:aws:kms:us-west-2:{owner.id}:key/mrk-{'0' * 32}"
    replica = arn.replace("us-west-2", "us-east-1")

    def described(*replicas):
        text = dict.fromkeys(("AWSAccountId", "KeyId", "Description", "KeyUsage", "Origin", "KeyState"), "x")
        text |= dict.fromkeys(("CustomerMasterKeySpec", "KeySpec", "KeyManager"), "x") | {"Arn": arn}
        others = [{"Arn": other, "Region": "us-east-1"} for other in replicas]
        primary = {"Arn": arn, "Region": "us-west-2"}
        family = {"MultiRegionKeyType": "PRIMARY", "PrimaryKey": primary, "ReplicaKeys": others}
        return json.dumps({"KeyMetadata": text | {"MultiRegionConfiguration": family}})

    service = scripted.Scripted(
        DescribeKey=[described(), described(replica), described()],
        ReplicateKey=[scripted.kms_error("AlreadyExistsException", f"The key {replica} exists already")],
    )
    command = ("key", "replicate", arn, "--to", "us-east-1")
    [found] = argosy_json(owner, *command, AWS_ENDPOINT_URL=service.endpoint)["replicas"]
    told = argosy(owner, *command, status=254, AWS_ENDPOINT_URL=service.endpoint)
    service.close()
    assert found == {"region": "us-east-1", "arn": replica, "created": False}
    assert "exists already" in told and "alias" not in told


def test_a_key_of_one_region_stays_there(owner):
    told = argosy(owner, "key", "replicate", create(owner), "--to", "us-east-1", status=4)
    assert "argosy key create us-west-2 --multi-region" in told


def test_keys_and_regions_are_completed(owner):
    alias = disks.unique("completed")
    create(owner, "--alias", alias)
    assert offered(owner, "key", "create", "us-w") == ["us-west-2"]
    assert offered(owner, "key", "grant", "us-w") == ["us-west-2/"]
    assert offered(owner, "key", "grant", f"us-west-2/alias/{alias[:-2]}") == [f"us-west-2/alias/{alias}"]


def test_an_image_that_is_not_encrypted_needs_no_key(owner, recipient, imported):
    reference = f"us-east-1/{imported}"
    report = argosy_json(owner, "why", "--account", recipient.id, reference)
    may = {verdict["use"]: verdict["may"] for verdict in report["verdicts"]}
    assert may == {"see": False, "start": False, "copy": False}
    remedy = report["verdicts"][0]["remedy"].split()
    assert remedy[:2] == ["argosy", "share"]
    argosy(owner, *remedy[1:])
    for asking in (owner, recipient):
        verdicts = argosy_json(asking, "why", "--account", recipient.id, reference)["verdicts"]
        assert [verdict["may"] for verdict in verdicts] == [True, True, False]
    argosy(owner, *verdicts[2]["remedy"].removeprefix("its owner: ").split()[1:])
    table = argosy(recipient, "why", "--account", recipient.id, reference)
    assert "may copy it" in table and "broken" not in table


def test_a_copy_under_a_key_that_is_not_there_is_not_started(owner, image):
    told = argosy(
        owner, "copy", f"us-east-1/{image}", "--to", "us-west-2,eu-west-1", "--name", disks.unique("never"),
        "--encrypt", "--kms-key", "eu-west-1=alias/no-such", status=4,
    )  # fmt: skip
    assert "nothing was started" in told and "argosy key create eu-west-1 --alias alias/no-such" in told
    for region in ("us-west-2", "eu-west-1"):
        copies = owner.ec2(region).describe_images(Filters=[{"Name": "source-image-id", "Values": [image]}])
        assert copies["Images"] == []
