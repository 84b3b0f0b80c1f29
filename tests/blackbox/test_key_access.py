"""Who may use a key: policies, grants and accounts, as AWS decides it."""
import base64
import json

import pytest

import argosyd
import disks
import keys
from argosyd import refused

ORGANIZATION = "o-a1b2c3d4e5"


@pytest.fixture
def key(owner):
    return keys.make(owner)


def put_policy(owner, key, *statements):
    owner.kms().put_key_policy(
        KeyId=key["KeyId"], PolicyName="default", Policy=keys.policy(owner, *statements)
    )


def grant(owner, key, grantee, *operations, **given):
    return owner.kms().create_grant(
        KeyId=key["Arn"], GranteePrincipal=keys.root(grantee), Operations=list(operations), **given
    )


def may_encrypt(account, key):
    try:
        keys.encrypt(account, key["Arn"])
        return True
    except account.kms().exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDeniedException"
        return False


def test_a_policy_is_put_and_comes_back_as_it_was(owner, key):
    kms = owner.kms()
    document = keys.policy(owner)
    kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document)
    assert kms.get_key_policy(KeyId=key["Arn"], PolicyName="default")["Policy"] == document
    assert kms.list_key_policies(KeyId=key["KeyId"])["PolicyNames"] == ["default"]
    with refused("NotFoundException"):
        kms.get_key_policy(KeyId=key["KeyId"], PolicyName="other")
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy="{")
    with refused("LimitExceededException"):
        kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document + " " * 32_768)


def test_a_policy_that_would_lose_a_part_of_itself_is_refused(owner, key):
    kms = owner.kms()
    before = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    own = json.dumps(keys.allow({"AWS": keys.root(owner)}, "kms:*"))
    denial = json.dumps(keys.deny("*", "kms:Encrypt"))
    operators = '{"StringEquals":{"aws:PrincipalOrgID":"o-1"},"StringEquals":{"kms:ViaService":"ec2"}}'
    let_in = json.dumps(keys.allow("*", "kms:Encrypt"))[:-1] + ',"Condition":' + operators + "}"
    for document, element in (
        (f'{{"Statement":[{own},{denial}],"Statement":[{own}]}}', "Statement"),
        (f'{{"Statement":[{own},{let_in}]}}', "StringEquals"),
    ):
        with refused("MalformedPolicyDocumentException") as caught:
            kms.put_key_policy(KeyId=key["KeyId"], PolicyName="default", Policy=document)
        assert element in caught.value.response["Error"]["Message"]
        with refused("MalformedPolicyDocumentException"):
            kms.create_key(Policy=document)
    assert kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"] == before


def test_nobody_locks_himself_out_unless_he_says_so(owner, recipient, key):
    closed = json.dumps({"Statement": keys.allow({"AWS": keys.root(recipient)}, "kms:*")})
    put = {"KeyId": key["KeyId"], "PolicyName": "default", "Policy": closed}
    with refused("MalformedPolicyDocumentException"):
        owner.kms().put_key_policy(**put)
    owner.kms().put_key_policy(**put, BypassPolicyLockoutSafetyCheck=True)
    with refused("AccessDeniedException"):
        owner.kms().describe_key(KeyId=key["KeyId"])
    assert may_encrypt(recipient, key), "the other account is let in"
    with refused("AccessDeniedException"):
        recipient.kms().put_key_policy(**(put | {"KeyId": key["Arn"]}))


def test_a_policy_lets_another_account_use_a_key_by_its_arn(owner, recipient, stranger, key):
    put_policy(owner, key, keys.allow({"AWS": keys.root(recipient)}, keys.RECIPIENT_ACTIONS))
    kms = recipient.kms()
    assert kms.describe_key(KeyId=key["Arn"])["KeyMetadata"]["AWSAccountId"] == owner.id
    blob = keys.encrypt(owner, key["KeyId"])
    assert keys.decrypt(recipient, blob) == b"secret"
    data_key = kms.generate_data_key(KeyId=key["Arn"], NumberOfBytes=64)
    assert keys.decrypt(owner, data_key["CiphertextBlob"]) == data_key["Plaintext"]
    own = keys.make(recipient)
    moved = kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=own["KeyId"])
    assert keys.decrypt(recipient, moved["CiphertextBlob"]) == b"secret"
    with refused("AccessDeniedException"):
        keys.decrypt(owner, moved["CiphertextBlob"])
    assert not may_encrypt(recipient, key), "Encrypt was not given"
    with refused("AccessDeniedException"):
        keys.decrypt(stranger, blob)
    with refused("NotFoundException"):
        kms.describe_key(KeyId=key["KeyId"])
    put_policy(owner, key)
    with refused("AccessDeniedException"):
        keys.decrypt(recipient, blob)


def test_another_account_never_manages_a_key(owner, recipient, key):
    put_policy(owner, key, keys.allow("*", "kms:*"))
    kms, name = recipient.kms(), key["Arn"]
    for call in (
        lambda: kms.disable_key(KeyId=name),
        lambda: kms.enable_key(KeyId=name),
        lambda: kms.schedule_key_deletion(KeyId=name),
        lambda: kms.cancel_key_deletion(KeyId=name),
        lambda: kms.put_key_policy(KeyId=name, PolicyName="default", Policy=keys.policy(recipient)),
        lambda: kms.get_key_policy(KeyId=name, PolicyName="default"),
        lambda: kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "b"}]),
        lambda: kms.list_resource_tags(KeyId=name),
        lambda: kms.create_alias(AliasName=keys.alias(), TargetKeyId=name),
        lambda: kms.update_key_description(KeyId=name, Description="mine"),
        lambda: kms.enable_key_rotation(KeyId=name),
    ):
        with refused("AccessDeniedException"):
            call()
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is False


def test_an_explicit_denial_wins_over_policy_and_grant(owner, recipient, key):
    grant(owner, key, recipient, "Encrypt")
    assert may_encrypt(recipient, key)
    put_policy(owner, key, keys.deny({"AWS": keys.root(recipient)}, "kms:Encrypt"))
    assert not may_encrypt(recipient, key)
    assert may_encrypt(owner, key)
    put_policy(owner, key, keys.deny("*", "kms:Encrypt"))
    assert not may_encrypt(owner, key)


@pytest.mark.parametrize(
    "conditions, context, allowed",
    [
        ({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "snap-1"}}, {"aws:ebs:id": "snap-1"}, True),
        ({"StringEquals": {"kms:EncryptionContext:aws:ebs:id": "snap-1"}}, {"aws:ebs:id": "snap-2"}, False),
        ({"StringLike": {"kms:EncryptionContext:aws:ebs:id": "snap-*"}}, {"aws:ebs:id": "snap-2"}, True),
        ({"Null": {"kms:EncryptionContext:aws:ebs:id": "false"}}, {}, False),
        ({"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a", "b"]}}, {"a": "x"}, True),
        ({"ForAnyValue:StringEquals": {"kms:EncryptionContextKeys": ["a"]}}, {"c": "x"}, False),
        ({"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}, {}, False),
    ],
)
def test_a_condition_asks_for_the_encryption_context_and_the_way(
    owner, recipient, key, conditions, context, allowed
):
    put_policy(owner, key, keys.allow({"AWS": keys.root(recipient)}, "kms:Encrypt", **conditions))
    call = {"KeyId": key["Arn"], "Plaintext": b"x", "EncryptionContext": context}
    if allowed:
        recipient.kms().encrypt(**call)
    else:
        with refused("AccessDeniedException"):
            recipient.kms().encrypt(**call)


def test_conditions_ask_for_the_account_and_its_organization(server, owner, key):
    member = server.new_account(disks.unique("member"))
    put_policy(
        owner, key, keys.allow("*", "kms:Encrypt", StringEquals={"kms:CallerAccount": [owner.id, member.id]})
    )
    assert may_encrypt(member, key)
    put_policy(
        owner, key, keys.allow("*", "kms:Encrypt", StringEquals={"aws:PrincipalOrgID": ORGANIZATION})
    )
    assert not may_encrypt(member, key)
    server.command("account", "move", member.id, f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/")
    assert may_encrypt(member, key)
    below = {"aws:PrincipalOrgPaths": f"{ORGANIZATION}/r-ab12/ou-ab12-11111111/*"}
    put_policy(owner, key, keys.allow("*", "kms:Encrypt", **{"ForAnyValue:StringLike": below}))
    assert may_encrypt(member, key)
    server.command("account", "move", member.id, f"{ORGANIZATION}/r-ab12/")
    assert not may_encrypt(member, key)
    server.command("account", "move", member.id)
    rows = {row["account_id"]: row for row in server.command("account", "list")}
    assert rows[member.id]["organization_path"] == ""


def test_a_grant_gives_until_it_is_revoked(owner, recipient, stranger, key):
    blob = keys.encrypt(owner, key["KeyId"])
    made = grant(owner, key, recipient, "Decrypt", "DescribeKey", Name="for-recipient")
    assert keys.decrypt(recipient, blob) == b"secret"
    assert recipient.kms().describe_key(KeyId=key["Arn"])["KeyMetadata"]["Arn"] == key["Arn"]
    assert not may_encrypt(recipient, key) and not may_encrypt(stranger, key)
    listed = owner.kms().list_grants(KeyId=key["KeyId"])["Grants"]
    assert len(listed) == 1
    expected = {
        "KeyId": key["Arn"],
        "GrantId": made["GrantId"],
        "Name": "for-recipient",
        "GranteePrincipal": keys.root(recipient),
        "IssuingAccount": keys.root(owner),
        "Operations": ["Decrypt", "DescribeKey"],
    }
    assert {name: listed[0].get(name) for name in expected} == expected
    by_grantee = owner.kms().list_grants(KeyId=key["KeyId"], GranteePrincipal=keys.root(stranger))
    assert by_grantee["Grants"] == []
    by_id = owner.kms().list_grants(KeyId=key["KeyId"], GrantId=made["GrantId"])
    assert by_id["Grants"] == listed
    with refused("AccessDeniedException"):
        recipient.kms().revoke_grant(KeyId=key["Arn"], GrantId=made["GrantId"])
    owner.kms().revoke_grant(KeyId=key["KeyId"], GrantId=made["GrantId"])
    with refused("AccessDeniedException"):
        keys.decrypt(recipient, blob)
    with refused("NotFoundException"):
        owner.kms().revoke_grant(KeyId=key["KeyId"], GrantId=made["GrantId"])
    with refused("InvalidGrantIdException"):
        owner.kms().revoke_grant(KeyId=key["KeyId"], GrantId="x")


def test_a_grant_with_the_same_name_and_parameters_is_the_same(owner, recipient, stranger, key):
    first = grant(owner, key, recipient, "Decrypt", "Encrypt", Name="n")
    again = grant(owner, key, recipient, "Encrypt", "Decrypt", Name="n")
    assert again["GrantId"] == first["GrantId"] and again["GrantToken"] != first["GrantToken"]
    assert grant(owner, key, recipient, "Decrypt", Name="n")["GrantId"] != first["GrantId"]
    assert grant(owner, key, stranger, "Decrypt", "Encrypt", Name="n")["GrantId"] != first["GrantId"]
    unnamed = [grant(owner, key, recipient, "Decrypt")["GrantId"] for _ in range(2)]
    assert unnamed[0] != unnamed[1]


def test_a_page_holds_a_hundred_grants_whatever_was_asked_for(owner, recipient, key):
    made = {grant(owner, key, recipient, "Decrypt")["GrantId"] for _ in range(101)}
    first = owner.kms().list_grants(KeyId=key["KeyId"], Limit=1_000)
    rest = owner.kms().list_grants(KeyId=key["KeyId"], Limit=1_000, Marker=first["NextMarker"])
    assert (len(first["Grants"]), first["Truncated"], rest["Truncated"]) == (100, True, False)
    assert {entry["GrantId"] for entry in first["Grants"] + rest["Grants"]} == made


def test_a_grants_constraints_bind_the_encryption_context(owner, recipient, key):
    grant(owner, key, recipient, "Encrypt", Constraints={"EncryptionContextSubset": {"a": "1"}})
    keys.encrypt(recipient, key["Arn"], a="1", b="2")
    with refused("AccessDeniedException"):
        keys.encrypt(recipient, key["Arn"], b="2")
    grant(owner, key, recipient, "Decrypt", Constraints={"EncryptionContextEquals": {"a": "1"}})
    assert keys.decrypt(recipient, keys.encrypt(owner, key["KeyId"], a="1"), a="1") == b"secret"
    with refused("AccessDeniedException"):
        keys.decrypt(recipient, keys.encrypt(owner, key["KeyId"], a="1", b="2"), a="1", b="2")


def test_a_grantee_gives_on_no_more_than_he_has(owner, recipient, stranger, key):
    grant(
        owner,
        key,
        recipient,
        "CreateGrant",
        "Decrypt",
        Constraints={"EncryptionContextSubset": {"a": "1"}},
    )
    blob = keys.encrypt(owner, key["KeyId"], a="1", b="2")
    for operations, constraints in (
        (["Decrypt", "Encrypt"], {"EncryptionContextSubset": {"a": "1"}}),
        (["Decrypt"], {"EncryptionContextSubset": {"b": "2"}}),
    ):
        with refused("AccessDeniedException"):
            grant(recipient, key, stranger, *operations, Constraints=constraints)
    with refused("AccessDeniedException"):
        grant(recipient, key, stranger, "Decrypt")
    grant(recipient, key, stranger, "Decrypt", Constraints={"EncryptionContextSubset": {"a": "1", "b": "2"}})
    assert keys.decrypt(stranger, blob, a="1", b="2") == b"secret"


def test_a_policy_may_let_grants_be_made_for_resources_alone(owner, recipient, stranger, key):
    resources = {"kms:GrantIsForAWSResource": "true"}
    put_policy(owner, key, keys.allow({"AWS": keys.root(recipient)}, "kms:CreateGrant", Bool=resources))
    with refused("AccessDeniedException"):
        grant(recipient, key, stranger, "Decrypt")
    some = {"ForAllValues:StringEquals": {"kms:GrantOperations": ["Decrypt", "DescribeKey"]}}
    put_policy(owner, key, keys.allow({"AWS": keys.root(recipient)}, "kms:CreateGrant", **some))
    grant(recipient, key, stranger, "Decrypt")
    with refused("AccessDeniedException"):
        grant(recipient, key, stranger, "Decrypt", "Encrypt")


def test_grants_are_retired_by_those_whom_they_concern(owner, recipient, stranger, key):
    def retiring(**given):
        return grant(owner, key, recipient, "Decrypt", RetiringPrincipal=keys.root(stranger), **given)

    made = retiring()
    with refused("NotFoundException"):
        recipient.kms().retire_grant(GrantToken=made["GrantToken"])
    found = stranger.kms().list_retirable_grants(RetiringPrincipal=keys.root(stranger))["Grants"]
    assert made["GrantId"] in {entry["GrantId"] for entry in found}
    with refused("AccessDeniedException"):
        stranger.kms().list_retirable_grants(RetiringPrincipal=keys.root(owner))
    stranger.kms().retire_grant(GrantToken=made["GrantToken"])
    stranger.kms().retire_grant(KeyId=key["Arn"], GrantId=retiring()["GrantId"])
    owner.kms().retire_grant(GrantToken=retiring()["GrantToken"])
    own = grant(owner, key, recipient, "Decrypt", "RetireGrant")
    recipient.kms().retire_grant(GrantToken=own["GrantToken"])
    assert owner.kms().list_grants(KeyId=key["KeyId"])["Grants"] == []
    with refused("InvalidGrantTokenException"):
        owner.kms().retire_grant(GrantToken="x")
    with refused("ValidationException"):
        owner.kms().retire_grant(KeyId=key["Arn"])
    with refused("InvalidArnException"):
        owner.kms().retire_grant(KeyId=key["KeyId"], GrantId=own["GrantId"])


@pytest.mark.parametrize(
    "given, code",
    [
        ({"GranteePrincipal": "ec2.amazonaws.com"}, "InvalidArnException"),
        ({"GranteePrincipal": "arn:aws:iam::111122223333:group/g"}, "InvalidArnException"),
        ({"Operations": ["Sign"]}, "ValidationException"),
        ({"Operations": ["PutKeyPolicy"]}, "ValidationException"),
        ({"Operations": []}, "ValidationException"),
        ({"Constraints": {"EncryptionContextSubset": {}}}, "ValidationException"),
        (
            {"Constraints": {"EncryptionContextSubset": {"a": "1"}, "EncryptionContextEquals": {"a": "1"}}},
            "ValidationException",
        ),
        ({"Name": "a b"}, "ValidationException"),
    ],
)
def test_a_malformed_grant_is_refused(owner, key, given, code):
    whole = {"KeyId": key["KeyId"], "GranteePrincipal": "111122223333", "Operations": ["Decrypt"]} | given
    answer = owner.post_kms("CreateGrant", **whole)
    assert (answer.status, answer.code) == (400, code)


def test_a_dry_run_of_a_grant_makes_none(owner, recipient, key):
    answer = owner.post_kms(
        "CreateGrant",
        KeyId=key["KeyId"],
        GranteePrincipal=keys.root(recipient),
        Operations=["Decrypt"],
        DryRun=True,
    )
    assert answer.code == "DryRunOperationException"
    assert owner.kms().list_grants(KeyId=key["KeyId"])["Grants"] == []


def test_a_stranger_cannot_tell_a_key_from_none(owner, stranger, key):
    alias = keys.alias()
    owner.kms().create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    blob = keys.encrypt(owner, key["KeyId"])
    base = f"arn:aws:kms:us-east-1:{owner.id}:"
    absent_key = base + "key/00000000-0000-4000-8000-000000000000"
    unknown = bytearray(blob)
    unknown[12] ^= 1  # the key's id

    def answer(operation, **members):
        answer = stranger.post_kms(operation, **members)
        own = ("Date", "x-amzn-RequestId", "Content-Length")
        kept = {name: value for name, value in answer.headers.items() if name not in own}
        return answer.status, kept, answer.body.decode()

    for operation, more in (
        ("DescribeKey", {}),
        ("Encrypt", {"Plaintext": "QUJD"}),
        ("GenerateDataKey", {"KeySpec": "AES_256"}),
        ("CreateGrant", {"GranteePrincipal": stranger.id, "Operations": ["Decrypt"]}),
        ("ListGrants", {}),
        ("RevokeGrant", {"GrantId": "a" * 64}),
        ("GetKeyPolicy", {}),
        ("PutKeyPolicy", {"Policy": keys.policy(owner)}),
        ("ScheduleKeyDeletion", {}),
        ("EnableKey", {}),
        ("TagResource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("GetKeyRotationStatus", {}),
        ("RotateKeyOnDemand", {}),
        ("ReplicateKey", {"ReplicaRegion": "us-west-2"}),
        ("UpdatePrimaryRegion", {"PrimaryRegion": "us-west-2"}),
    ):
        found = answer(operation, KeyId=key["Arn"], **more)
        absent = answer(operation, KeyId=absent_key, **more)
        assert (found[0], found[1], found[2].replace(key["Arn"], absent_key)) == absent, operation
        assert "AccessDeniedException" in found[2]
    found = answer("DescribeKey", KeyId=base + alias)
    absent = answer("DescribeKey", KeyId=base + "alias/absent")
    assert (found[0], found[1], found[2].replace(base + alias, base + "alias/absent")) == absent
    found, absent = (
        answer("Decrypt", CiphertextBlob=base64.b64encode(each).decode()) for each in (blob, unknown)
    )
    assert found == absent and "AccessDeniedException" in found[2]


def test_one_key_has_as_many_aliases_and_grants_as_its_account_may(tmp_path):
    server = argosyd.configured(
        tmp_path, "account_limits: {kms_keys: 1, key_aliases: 1, key_grants: 1}", regions=("us-east-1",)
    )
    try:
        account = server.new_account("limited")
        kms, key = account.kms(), keys.make(account)
        with refused("LimitExceededException"):
            keys.make(account)
        kms.describe_key(KeyId="alias/aws/ebs")  # which does not count
        kms.create_alias(AliasName="alias/a", TargetKeyId=key["KeyId"])
        with refused("LimitExceededException"):
            kms.create_alias(AliasName="alias/b", TargetKeyId=key["KeyId"])
        kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=keys.root(account), Operations=["Decrypt"])
        with refused("LimitExceededException"):
            kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=keys.root(account), Operations=["Encrypt"])
    finally:
        assert server.stop() == 0
