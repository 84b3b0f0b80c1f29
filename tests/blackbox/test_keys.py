"""KMS keys: made, described, named, listed, changed; their states, and what is possible in each."""
import base64
import json
import re

import pytest

import argosyd
import disks
import keys
from argosyd import refused

ABSENT = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def kms(owner):
    return owner.kms()


@pytest.fixture
def key(owner):
    return keys.make(owner)


def test_a_key_is_what_it_was_made(owner, kms):
    made = keys.make(owner, Description="for disks", Tags=[{"TagKey": "team", "TagValue": "a"}])
    assert re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", made["KeyId"])
    assert made["Arn"] == f"arn:aws:kms:us-east-1:{owner.id}:key/{made['KeyId']}"
    expected = {
        "AWSAccountId": owner.id,
        "Enabled": True,
        "KeyState": "Enabled",
        "KeyManager": "CUSTOMER",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "Origin": "AWS_KMS",
        "MultiRegion": False,
        "Description": "for disks",
    }
    assert {name: made[name] for name in expected} == expected
    assert kms.describe_key(KeyId=made["KeyId"])["KeyMetadata"] == made
    assert kms.list_resource_tags(KeyId=made["KeyId"])["Tags"] == [{"TagKey": "team", "TagValue": "a"}]
    assert made["KeyId"] in {
        entry["KeyId"] for page in kms.get_paginator("list_keys").paginate() for entry in page["Keys"]
    }


def test_a_key_is_called_by_id_arn_alias_and_alias_arn(owner, kms, key):
    alias = keys.alias()
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    names = (key["KeyId"], key["Arn"], alias, f"arn:aws:kms:us-east-1:{owner.id}:{alias}")
    for name in names:
        assert kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"] == key["Arn"]
        assert keys.decrypt(owner, keys.encrypt(owner, name)) == b"secret"
    for name in names[2:]:
        with refused("NotFoundException"):
            kms.disable_key(KeyId=name)


@pytest.mark.parametrize(
    "given, code",
    [
        ({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ({"Origin": "EXTERNAL"}, "UnsupportedOperationException"),
        ({"Policy": "{}"}, "MalformedPolicyDocumentException"),
        ({"Tags": [{"TagKey": "aws:x", "TagValue": "y"}]}, "TagException"),
        ({"Tags": [{"TagKey": "a", "TagValue": "1"}, {"TagKey": "a", "TagValue": "2"}]}, "TagException"),
    ],
)
def test_a_key_that_cannot_be_is_refused(kms, given, code):
    with refused(code):
        kms.create_key(**given)


def test_aliases_are_made_moved_listed_and_deleted(owner, kms, key):
    other, alias = keys.make(owner), keys.alias()
    kms.create_alias(AliasName=alias, TargetKeyId=key["Arn"])
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName=alias, TargetKeyId=other["KeyId"])
    listed = kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
    assert [(entry["AliasName"], entry["TargetKeyId"]) for entry in listed] == [(alias, key["KeyId"])]
    assert listed[0]["AliasArn"] == f"arn:aws:kms:us-east-1:{owner.id}:{alias}"
    kms.update_alias(AliasName=alias, TargetKeyId=other["KeyId"])
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == other["KeyId"]
    kms.delete_alias(AliasName=alias)
    with refused("NotFoundException"):
        kms.describe_key(KeyId=alias)
    assert kms.describe_key(KeyId=other["KeyId"])["KeyMetadata"]["Enabled"], "its key stays"
    for call in (kms.delete_alias, lambda **given: kms.update_alias(TargetKeyId=key["KeyId"], **given)):
        with refused("NotFoundException"):
            call(AliasName=alias)


# Source: AWS KMS developer guide, "Key states of AWS KMS keys", UpdateAlias.
def test_an_alias_leaves_a_key_that_waits_for_its_deletion_and_comes_to_none(owner, kms, key):
    other, alias = keys.make(owner), keys.alias()
    kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    kms.update_alias(AliasName=alias, TargetKeyId=other["KeyId"])
    assert kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"] == other["KeyId"]
    with refused("KMSInvalidStateException", message=f"{key['Arn']} is pending deletion."):
        kms.update_alias(AliasName=alias, TargetKeyId=key["KeyId"])


@pytest.mark.parametrize(
    "alias, code",
    [
        ("alias/aws/mine", "InvalidAliasNameException"),
        ("alias/a:b", "InvalidAliasNameException"),
        ("mine", "ValidationException"),
    ],
)
def test_an_alias_that_is_reserved_or_malformed_is_refused(kms, key, alias, code):
    with refused(code):
        kms.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])


def test_lists_come_in_pages(server):
    account = server.new_account(disks.unique("pages"))
    kms = account.kms()
    made = {keys.make(account)["KeyId"] for _ in range(5)}
    seen, marker = [], {}
    while True:
        page = kms.list_keys(Limit=2, **marker)
        assert len(page["Keys"]) <= 2
        seen += [entry["KeyId"] for entry in page["Keys"]]
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert len(seen) == 5 and set(seen) == made
    with refused("InvalidMarkerException"):
        kms.list_keys(Marker="not a marker")


def test_descriptions_and_tags_are_changed(kms, key):
    name = key["KeyId"]
    kms.update_key_description(KeyId=name, Description="other")
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["Description"] == "other"
    kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "1"}, {"TagKey": "b", "TagValue": "2"}])
    kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "3"}])
    kms.untag_resource(KeyId=name, TagKeys=["b", "absent"])
    assert kms.list_resource_tags(KeyId=name)["Tags"] == [{"TagKey": "a", "TagValue": "3"}]
    with refused("LimitExceededException"):
        kms.tag_resource(KeyId=name, Tags=[{"TagKey": f"t{i}", "TagValue": ""} for i in range(50)])
    assert len(kms.list_resource_tags(KeyId=name)["Tags"]) == 1, "a refusal leaves no trace"


def test_tags_of_keys_are_not_tags_of_ec2(owner, kms, key):
    word = disks.unique("only-kms")
    kms.tag_resource(KeyId=key["KeyId"], Tags=[{"TagKey": word, "TagValue": ""}])
    assert owner.ec2().describe_tags(Filters=[{"Name": "key", "Values": [word]}])["Tags"] == []


def test_what_is_encrypted_comes_back_with_the_same_context_alone(owner, kms, key):
    context = {"aws:ebs:id": "snap-1", "é": ""}
    blob = keys.encrypt(owner, key["KeyId"], b"\x00\xffbytes", **context)
    answer = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
    assert (answer["Plaintext"], answer["KeyId"]) == (b"\x00\xffbytes", key["Arn"])
    for other in ({}, {"aws:ebs:id": "snap-1"}, context | {"aws:ebs:id": "SNAP-1"}, context | {"more": "x"}):
        with refused("InvalidCiphertextException"):
            keys.decrypt(owner, blob, **other)
    with refused("IncorrectKeyException"):
        kms.decrypt(CiphertextBlob=blob, EncryptionContext=context, KeyId=keys.make(owner)["KeyId"])
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=blob[:-1] + bytes([blob[-1] ^ 1]), EncryptionContext=context)
    with refused("InvalidCiphertextException"):
        kms.decrypt(CiphertextBlob=b"nonsense")


def test_data_keys_come_with_and_without_their_plaintext(owner, kms, key):
    made = kms.generate_data_key(KeyId=key["KeyId"], KeySpec="AES_256", EncryptionContext={"a": "b"})
    assert len(made["Plaintext"]) == 32
    assert keys.decrypt(owner, made["CiphertextBlob"], a="b") == made["Plaintext"]
    hidden = kms.generate_data_key_without_plaintext(KeyId=key["KeyId"], NumberOfBytes=64)
    assert "Plaintext" not in hidden and len(keys.decrypt(owner, hidden["CiphertextBlob"])) == 64
    for size in ({}, {"KeySpec": "AES_256", "NumberOfBytes": 32}):
        with refused("ValidationException"):
            kms.generate_data_key(KeyId=key["KeyId"], **size)


def test_a_ciphertext_moves_to_another_key_and_context(owner, kms, key):
    other = keys.make(owner)
    blob = keys.encrypt(owner, key["KeyId"], a="1")
    moved = kms.re_encrypt(
        CiphertextBlob=blob,
        SourceEncryptionContext={"a": "1"},
        DestinationKeyId=other["KeyId"],
        DestinationEncryptionContext={"b": "2"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (key["Arn"], other["Arn"])
    assert keys.decrypt(owner, moved["CiphertextBlob"], b="2") == b"secret"


@pytest.mark.parametrize("size", [0, 4097])
def test_a_plaintext_has_1_to_4096_bytes(owner, key, size):
    answer = owner.post_kms("Encrypt", KeyId=key["KeyId"], Plaintext=base64.b64encode(bytes(size)).decode())
    assert (answer.status, answer.code) == (400, "ValidationException")


def operations(kms, key, blob, grant):
    """Every operation on a key, by its name, as a call."""
    name = key["KeyId"]
    return {
        "Encrypt": lambda: kms.encrypt(KeyId=name, Plaintext=b"x"),
        "Decrypt": lambda: kms.decrypt(CiphertextBlob=blob),
        "ReEncrypt": lambda: kms.re_encrypt(CiphertextBlob=blob, DestinationKeyId=name),
        "GenerateDataKey": lambda: kms.generate_data_key(KeyId=name, KeySpec="AES_256"),
        "GenerateDataKeyWithoutPlaintext": lambda: kms.generate_data_key_without_plaintext(
            KeyId=name, KeySpec="AES_128"
        ),
        "CreateGrant": lambda: kms.create_grant(
            KeyId=name, GranteePrincipal="arn:aws:iam::999999999999:root", Operations=["Decrypt"]
        ),
        "EnableKeyRotation": lambda: kms.enable_key_rotation(KeyId=name),
        "DisableKeyRotation": lambda: kms.disable_key_rotation(KeyId=name),
        "DescribeKey": lambda: kms.describe_key(KeyId=name),
        "GetKeyPolicy": lambda: kms.get_key_policy(KeyId=name, PolicyName="default"),
        "PutKeyPolicy": lambda: kms.put_key_policy(
            KeyId=name,
            PolicyName="default",
            Policy=kms.get_key_policy(KeyId=name, PolicyName="default")["Policy"],
        ),
        "ListKeyPolicies": lambda: kms.list_key_policies(KeyId=name),
        "ListGrants": lambda: kms.list_grants(KeyId=name),
        "ListAliases": lambda: kms.list_aliases(KeyId=name),
        "ListResourceTags": lambda: kms.list_resource_tags(KeyId=name),
        "GetKeyRotationStatus": lambda: kms.get_key_rotation_status(KeyId=name),
        "RevokeGrant": lambda: kms.revoke_grant(KeyId=name, GrantId=grant),
        "UpdateAlias": lambda: kms.update_alias(AliasName="alias/" + name, TargetKeyId=name),
        "DeleteAlias": lambda: kms.delete_alias(AliasName="alias/" + name),
        "TagResource": lambda: kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "b"}]),
        "UntagResource": lambda: kms.untag_resource(KeyId=name, TagKeys=["a"]),
        "UpdateKeyDescription": lambda: kms.update_key_description(KeyId=name, Description="d"),
        "CreateAlias": lambda: kms.create_alias(AliasName=keys.alias(), TargetKeyId=name),
    }


NEEDS_ENABLED = {
    *("Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "CreateGrant"),
    *("EnableKeyRotation", "DisableKeyRotation"),
}
NEEDS_FUTURE = {"TagResource", "UntagResource", "UpdateKeyDescription", "CreateAlias", "UpdateAlias"}


# Source: ec2-semantics F3.
@pytest.mark.parametrize("state", ["Enabled", "Disabled", "PendingDeletion", "PendingReplicaDeletion"])
def test_each_state_allows_what_the_table_says(owner, kms, state):
    key = keys.make(owner, MultiRegion=state == "PendingReplicaDeletion")
    blob = keys.encrypt(owner, key["KeyId"])
    grant = kms.create_grant(KeyId=key["KeyId"], GranteePrincipal=keys.root(owner), Operations=["Decrypt"])
    kms.create_alias(AliasName="alias/" + key["KeyId"], TargetKeyId=key["KeyId"])
    if state == "PendingReplicaDeletion":
        kms.replicate_key(KeyId=key["KeyId"], ReplicaRegion="us-west-2")
    if state == "Disabled":
        kms.disable_key(KeyId=key["KeyId"])
    if state.startswith("Pending"):
        kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    found = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
    assert (found["KeyState"], found["Enabled"]) == (state, state == "Enabled")
    expected, seen = {}, {}
    for name, call in operations(kms, key, blob, grant["GrantId"]).items():
        pending = state.startswith("Pending")
        code = ""
        if name in NEEDS_ENABLED and state != "Enabled":
            code = "KMSInvalidStateException" if pending else "DisabledException"
        if name in NEEDS_FUTURE and pending:
            code = "KMSInvalidStateException"
        expected[name] = code
        try:
            call()
            seen[name] = ""
        except kms.exceptions.ClientError as error:
            seen[name] = error.response["Error"]["Code"]
    assert seen == expected


def test_a_disabled_key_says_its_name_and_is_enabled_again(owner, kms, key):
    blob = keys.encrypt(owner, key["KeyId"])
    kms.disable_key(KeyId=key["KeyId"])
    with refused("DisabledException", message=f"{key['Arn']} is disabled."):
        keys.decrypt(owner, blob)
    kms.enable_key(KeyId=key["KeyId"])
    assert keys.decrypt(owner, blob) == b"secret"


def test_a_deletion_waits_and_is_called_off(owner, kms, key):
    blob, name = keys.encrypt(owner, key["KeyId"]), key["KeyId"]
    for days in (6, 31):
        with refused("ValidationException"):
            kms.schedule_key_deletion(KeyId=name, PendingWindowInDays=days)
    answer = kms.schedule_key_deletion(KeyId=name)
    assert (answer["KeyId"], answer["KeyState"]) == (key["Arn"], "PendingDeletion")
    found = kms.describe_key(KeyId=name)["KeyMetadata"]
    assert found["DeletionDate"] == answer["DeletionDate"]
    assert 29 <= (answer["DeletionDate"] - key["CreationDate"]).days <= 30
    for call in (kms.schedule_key_deletion, kms.enable_key, kms.disable_key):
        with refused("KMSInvalidStateException", message=f"{key['Arn']} is pending deletion."):
            call(KeyId=name)
    assert kms.cancel_key_deletion(KeyId=name)["KeyId"] == key["Arn"]
    assert kms.describe_key(KeyId=name)["KeyMetadata"]["KeyState"] == "Disabled"
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=name)
    kms.enable_key(KeyId=name)
    assert keys.decrypt(owner, blob) == b"secret"


def test_a_key_whose_time_has_come_is_gone_and_its_name_is_known(own_server):
    owner, stranger = own_server.accounts["owner"], own_server.accounts["stranger"]
    key = keys.make(owner)
    kept = keys.make(owner)
    blob = keys.encrypt(owner, key["KeyId"])
    owner.kms().schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    assert "was deleted at" in keys.end_waiting_period(owner, key["KeyId"])
    with refused("NotFoundException"):
        keys.decrypt(owner, blob)
    with refused("AccessDeniedException"):
        stranger.kms().describe_key(KeyId=key["Arn"])
    assert [entry["KeyId"] for entry in owner.kms().list_keys()["Keys"]] == [kept["KeyId"]]
    own_server.stop()
    assert keys.ask_stopped(own_server, "SELECT key FROM key_materials") == [(kept["KeyId"],)]


def test_a_key_is_rotated_when_its_period_is_over(own_server):
    owner = own_server.accounts["owner"]
    key = keys.make(owner)
    blob = keys.encrypt(owner, key["KeyId"])
    owner.kms().enable_key_rotation(KeyId=key["KeyId"])
    own_server.stop()
    keys.ask_stopped(own_server, "UPDATE keys SET next_rotation_ms = 1 WHERE rotation_days > 0")
    own_server.start()

    def rotations():
        return json.loads(owner.post_kms("ListKeyRotations", KeyId=key["KeyId"]).body)["Rotations"]

    found = argosyd.wait_until(rotations, "the key is not rotated")
    assert [entry["RotationType"] for entry in found] == ["AUTOMATIC"]
    assert keys.decrypt(owner, blob) == b"secret"


def test_the_key_of_ebs_is_made_when_it_is_first_asked_for(server):
    account = server.new_account(disks.unique("ebs"))
    kms = account.kms()
    assert kms.list_keys()["Keys"] == []
    key = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert (key["KeyManager"], key["KeyState"]) == ("AWS", "Enabled")
    assert kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"] == key
    west = account.kms("us-west-2").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert west["KeyId"] != key["KeyId"]
    assert kms.list_aliases()["Aliases"][0]["TargetKeyId"] == key["KeyId"]
    policy = json.loads(kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    assert policy["Statement"][0]["Condition"]["StringEquals"] == {
        "kms:CallerAccount": account.id,
        "kms:ViaService": "ec2.us-east-1.amazonaws.com",
    }
    name = key["KeyId"]
    for call in (
        lambda: kms.encrypt(KeyId="alias/aws/ebs", Plaintext=b"x"),
        lambda: kms.disable_key(KeyId=name),
        lambda: kms.schedule_key_deletion(KeyId=name),
        lambda: kms.put_key_policy(KeyId=name, PolicyName="default", Policy=keys.policy(account)),
        lambda: kms.create_grant(KeyId=name, GranteePrincipal=keys.root(account), Operations=["Decrypt"]),
        lambda: kms.tag_resource(KeyId=name, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    ):
        with refused("AccessDeniedException"):
            call()
    with refused("InvalidAliasNameException"):
        kms.delete_alias(AliasName="alias/aws/ebs")


def test_a_region_has_keys_of_its_own(owner, key):
    with refused("NotFoundException"):
        owner.kms("us-west-2").describe_key(KeyId=key["KeyId"])
    with refused("NotFoundException", message="Invalid arn us-east-1"):
        owner.kms("us-west-2").describe_key(KeyId=key["Arn"])


def test_a_multi_region_key_has_replicas_with_its_id_and_material(owner):
    primary = keys.make(owner, MultiRegion=True)
    name = primary["KeyId"]
    assert re.fullmatch("mrk-[0-9a-f]{32}", name)
    before = keys.encrypt(owner, name)
    answer = owner.kms().replicate_key(
        KeyId=name, ReplicaRegion="us-west-2", Description="there", Tags=[{"TagKey": "a", "TagValue": "b"}]
    )
    replica = answer["ReplicaKeyMetadata"]
    assert (replica["KeyId"], replica["Description"]) == (name, "there")
    assert replica["Arn"] == primary["Arn"].replace("us-east-1", "us-west-2")
    assert replica["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    assert configuration(owner.kms().describe_key(KeyId=name)) == ("PRIMARY", "us-east-1", ["us-west-2"])
    assert keys.decrypt(owner, before, "us-west-2") == b"secret"
    assert keys.decrypt(owner, keys.encrypt(owner, name, region="us-west-2")) == b"secret"
    with refused("AlreadyExistsException"):
        owner.kms().replicate_key(KeyId=name, ReplicaRegion="us-west-2")
    with refused("UnsupportedOperationException"):
        owner.kms("us-west-2").replicate_key(KeyId=name, ReplicaRegion="eu-west-1")
    with refused("UnsupportedOperationException"):
        owner.kms().replicate_key(KeyId=keys.make(owner)["KeyId"], ReplicaRegion="eu-west-1")
    with refused("UnsupportedOperationException"):
        owner.kms().replicate_key(KeyId=name, ReplicaRegion="mars-north-1")

    assert owner.post_kms("RotateKeyOnDemand", KeyId=name).status == 200

    def in_step():
        after = keys.encrypt(owner, name, region="us-west-2")
        return keys.decrypt(owner, after) == b"secret" and after[8] == 2  # the material's version

    argosyd.wait_until(in_step, "the replica does not rotate")
    assert keys.decrypt(owner, keys.encrypt(owner, name), "us-west-2") == b"secret"
    assert keys.decrypt(owner, before, "us-west-2") == b"secret"
    with refused("UnsupportedOperationException"):
        owner.kms("us-west-2").enable_key_rotation(KeyId=name)


WEST, IRELAND = "us-west-2", "eu-west-1"


@pytest.fixture
def multi_region_key(owner, kms):
    """The id of a primary key in us-east-1 with two replicas."""
    name = keys.make(owner, MultiRegion=True)["KeyId"]
    for region in (WEST, IRELAND):
        kms.replicate_key(KeyId=name, ReplicaRegion=region)
    return name


def configuration(found):
    """A described key's type, the region of its primary key, and those of its replicas."""
    told = found["KeyMetadata"]["MultiRegionConfiguration"]
    for one in (told["PrimaryKey"], *told["ReplicaKeys"]):
        assert one["Arn"].split(":")[3] == one["Region"] and one["Arn"].endswith(found["KeyMetadata"]["KeyId"])
    return (
        told["MultiRegionKeyType"],
        told["PrimaryKey"]["Region"],
        [replica["Region"] for replica in told["ReplicaKeys"]],
    )


def test_every_replica_names_the_primary_key_and_all_the_others(owner, multi_region_key):
    for region, kind in (("us-east-1", "PRIMARY"), (WEST, "REPLICA"), (IRELAND, "REPLICA")):
        found = owner.kms(region).describe_key(KeyId=multi_region_key)
        assert configuration(found) == (kind, "us-east-1", [IRELAND, WEST])


def test_another_region_becomes_the_primary_one(client, owner, kms, multi_region_key):
    name = multi_region_key
    kms.enable_key_rotation(KeyId=name)
    before = keys.encrypt(owner, name)
    client.call(owner, "kms", "UpdatePrimaryRegion", KeyId=name, PrimaryRegion=WEST)
    found = client.call(owner, "kms", "DescribeKey", KeyId=name)
    assert configuration(found) == ("REPLICA", WEST, [IRELAND, "us-east-1"])
    for region, kind in ((WEST, "PRIMARY"), (IRELAND, "REPLICA"), ("us-east-1", "REPLICA")):
        found = owner.kms(region).describe_key(KeyId=name)
        assert configuration(found) == (kind, WEST, [IRELAND, "us-east-1"])
        assert found["KeyMetadata"]["KeyState"] == "Enabled"
        assert owner.kms(region).get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is True
        assert keys.decrypt(owner, before, region) == b"secret"
        assert keys.decrypt(owner, keys.encrypt(owner, name, region=region)) == b"secret"
    assert owner.post_kms("RotateKeyOnDemand", WEST, KeyId=name).status == 200
    assert owner.post_kms("RotateKeyOnDemand", KeyId=name).code == "UnsupportedOperationException"
    with refused("UnsupportedOperationException"):
        client.call(owner, "kms", "UpdatePrimaryRegion", KeyId=name, PrimaryRegion=IRELAND)
    assert kms.schedule_key_deletion(KeyId=name)["KeyState"] == "PendingDeletion", "it is a replica like others"
    answer = owner.kms(WEST).schedule_key_deletion(KeyId=name)
    assert answer["KeyState"] == "PendingReplicaDeletion"


def test_a_primary_region_that_cannot_be_is_refused_and_changes_nothing(owner, stranger, kms, key, multi_region_key):
    name = multi_region_key

    def update(code, region=WEST, account=owner, key=name, at="us-east-1"):
        with refused(code):
            account.kms(at).update_primary_region(KeyId=key, PrimaryRegion=region)

    update("UnsupportedOperationException", key=key["KeyId"])
    update("UnsupportedOperationException", region="us-east-1")
    update("UnsupportedOperationException", at=WEST, region=IRELAND)
    update("NotFoundException", region="mars-north-1")
    alone = keys.make(owner, MultiRegion=True)
    update("NotFoundException", key=alone["KeyId"])
    update("AccessDeniedException", account=stranger, key=alone["Arn"])
    for region in ("us-east-1", WEST):
        there = owner.kms(region)
        there.disable_key(KeyId=name)
        update("DisabledException")
        there.schedule_key_deletion(KeyId=name)
        update("KMSInvalidStateException")
        there.cancel_key_deletion(KeyId=name)
        there.enable_key(KeyId=name)
        denial = keys.deny({"AWS": keys.root(owner)}, "kms:UpdatePrimaryRegion")
        there.put_key_policy(KeyId=name, PolicyName="default", Policy=keys.policy(owner, denial))
        update("AccessDeniedException")
        there.put_key_policy(KeyId=name, PolicyName="default", Policy=keys.policy(owner))
    assert configuration(kms.describe_key(KeyId=name)) == ("PRIMARY", "us-east-1", [IRELAND, WEST])


def test_rotations_are_asked_for_and_listed(owner, kms, key):
    name = key["KeyId"]
    before = keys.encrypt(owner, name)
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=name)
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is True
    kms.schedule_key_deletion(KeyId=name)
    waiting = json.loads(owner.post_kms("GetKeyRotationStatus", KeyId=name).body)
    assert waiting["KeyRotationEnabled"] is False and "NextRotationDate" not in waiting
    kms.cancel_key_deletion(KeyId=name)
    kms.enable_key(KeyId=name)
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is True
    kms.disable_key_rotation(KeyId=name)
    assert kms.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"] is False
    for _ in range(25):
        assert owner.post_kms("RotateKeyOnDemand", KeyId=name).status == 200
    assert owner.post_kms("RotateKeyOnDemand", KeyId=name).code == "LimitExceededException"
    assert keys.decrypt(owner, before) == b"secret"
    listed, marker = [], {}
    while True:
        page = json.loads(
            owner.post_kms(
                "ListKeyRotations", KeyId=name, Limit=10, IncludeKeyMaterial="ALL_KEY_MATERIAL", **marker
            ).body
        )
        listed += page["Rotations"]
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert len({entry["KeyMaterialId"] for entry in listed}) == len(listed) == 26
    assert [entry["KeyMaterialState"] for entry in listed] == ["NON_CURRENT"] * 25 + ["CURRENT"]
    assert "RotationDate" not in listed[0] and listed[1]["RotationType"] == "ON_DEMAND"


@pytest.mark.parametrize(
    "operation, given", [("Encrypt", {"Plaintext": "QUJD"}), ("GenerateDataKey", {"KeySpec": "AES_256"})]
)
def test_a_dry_run_says_whether_it_would_have_been_done(owner, stranger, key, operation, given):
    answer = owner.post_kms(operation, KeyId=key["Arn"], DryRun=True, **given)
    assert (answer.status, answer.code) == (400, "DryRunOperationException")
    answer = stranger.post_kms(operation, KeyId=key["Arn"], DryRun=True, **given)
    assert (answer.status, answer.code) == (400, "AccessDeniedException")


@pytest.mark.parametrize(
    "operation, members, code",
    [
        ("Sign", {}, "UnknownOperationException"),
        ("DescribeKey", {}, "ValidationException"),
        ("DescribeKey", {"KeyId": 7}, "ValidationException"),
        ("Encrypt", {"KeyId": "x", "Plaintext": "not base64!"}, "ValidationException"),
        ("Encrypt", {"KeyId": ABSENT, "EncryptionContext": {"a": 1}}, "ValidationException"),
        ("Encrypt", {"KeyId": ABSENT, "Plaintext": "QUJD"}, "NotFoundException"),
        (
            "Encrypt",
            {"KeyId": ABSENT, "Plaintext": "QUJD", "EncryptionAlgorithm": "RSAES_OAEP_SHA_1"},
            "InvalidKeyUsageException",
        ),
        ("Encrypt", {"KeyId": "x", "Plaintext": "QUJD", "GrantTokens": ["x"]}, "InvalidGrantTokenException"),
        ("DescribeKey", {"KeyId": "arn:aws:kms:us-east-1:1:key/x"}, "InvalidArnException"),
        ("ListKeys", {"Limit": 1001}, "ValidationException"),
    ],
)
def test_errors_are_said_in_the_body_and_in_the_header(owner, operation, members, code):
    answer = owner.post_kms(operation, **members)
    body = json.loads(answer.body)
    assert (answer.status, answer.code, body["__type"]) == (400, code, code)
    assert body["message"]
    assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
    assert answer.headers["x-amzn-RequestId"]
