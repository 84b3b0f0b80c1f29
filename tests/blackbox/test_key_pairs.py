"""CreateKeyPair, ImportKeyPair, DescribeKeyPairs, DeleteKeyPair."""
import base64
import hashlib
import re
import subprocess

import pytest

import disks
from argosyd import refused

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIBucbeWD0rrHUll10RlT191QGurv+5VDtoGndiZpUNF me"
ED25519_FINGERPRINT = "eW28t7qqwc6GPNn5c4GJUOVdzWTnP7Ql5oGK8uuOThk="


@pytest.fixture
def name():
    return disks.unique("key")


def describe(account, **given):
    return account.ec2().describe_key_pairs(**given)["KeyPairs"]


def public_half(folder, private):
    """What ssh-keygen makes of a private key."""
    path = folder / "private"
    path.write_text(private)
    path.chmod(0o600)
    return subprocess.check_output(["ssh-keygen", "-y", "-f", path], text=True).split()[:2]


@pytest.mark.parametrize("type", ["rsa", "ed25519"])
def test_a_pair_that_is_made_is_one(client, owner, tmp_path, name, type):
    made = client.call(owner, "ec2", "CreateKeyPair", KeyName=name, KeyType=type)
    assert re.fullmatch("key-[0-9a-f]{17}", made["KeyPairId"]) and made["KeyName"] == name
    (shown,) = describe(owner, KeyNames=[name], IncludePublicKey=True)
    assert shown["PublicKey"].split() == [*public_half(tmp_path, made["KeyMaterial"]), name]
    assert (shown["KeyType"], shown["KeyFingerprint"]) == (type, made["KeyFingerprint"])


def test_the_fingerprint_of_an_rsa_pair_is_that_of_its_private_key(owner, tmp_path, name):
    made = owner.ec2().create_key_pair(KeyName=name)
    path = tmp_path / "private.pem"
    path.write_text(made["KeyMaterial"])
    der = subprocess.check_output(["openssl", "pkcs8", "-in", path, "-topk8", "-nocrypt", "-outform", "DER"])
    assert made["KeyFingerprint"].replace(":", "") == hashlib.sha1(der).hexdigest()


def test_a_private_key_is_kept_nowhere(own_server):
    made = own_server.accounts["owner"].ec2().create_key_pair(KeyName="secret")
    secret = made["KeyMaterial"].splitlines()[2].encode()
    own_server.stop()
    files = [path for path in own_server.data_dir.rglob("*") if path.is_file()]
    assert any(made["KeyPairId"].encode() in path.read_bytes() for path in files)
    assert not any(secret in path.read_bytes() for path in files)


def test_a_public_key_is_imported(client, owner, name):
    given = {"KeyName": name, "PublicKeyMaterial": ED25519.encode()}
    made = client.call(owner, "ec2", "ImportKeyPair", **given)
    assert (made["KeyName"], made["KeyFingerprint"]) == (name, ED25519_FINGERPRINT)
    (shown,) = describe(owner, KeyPairIds=[made["KeyPairId"]], IncludePublicKey=True)
    assert shown["KeyType"] == "ed25519" and shown["PublicKey"].split() == [*ED25519.split()[:2], name]
    assert "PublicKey" not in describe(owner, KeyNames=[name])[0]


def test_the_fingerprint_of_an_imported_rsa_key_is_that_of_its_public_key(owner, tmp_path, name):
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", tmp_path / "rsa"], check=True
    )
    public = (tmp_path / "rsa.pub").read_bytes()
    pem = subprocess.check_output(["ssh-keygen", "-e", "-m", "PKCS8", "-f", tmp_path / "rsa.pub"])
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    made = owner.ec2().import_key_pair(KeyName=name, PublicKeyMaterial=public)
    assert made["KeyFingerprint"].replace(":", "") == hashlib.md5(der).hexdigest()
    again = owner.ec2().import_key_pair(KeyName=name + "-der", PublicKeyMaterial=base64.b64encode(der))
    assert again["KeyFingerprint"] == made["KeyFingerprint"]


@pytest.mark.parametrize("material", [b"nonsense", b"ssh-ed25519 AAAA", b"ssh-dss " + ED25519.split()[1].encode()])
def test_what_is_no_public_key_is_not_imported(owner, name, material):
    with refused("InvalidKey.Format"):
        owner.ec2().import_key_pair(KeyName=name, PublicKeyMaterial=material)
    answer = owner.query("ImportKeyPair", KeyName=name, PublicKeyMaterial="no base64!")
    assert (answer.status, answer.code) == (400, "InvalidKey.Format")
    assert owner.query("ImportKeyPair", KeyName=name).code == "MissingParameter"


def test_a_name_is_given_once_in_an_account_and_region(owner, recipient, name):
    owner.ec2().create_key_pair(KeyName=name, KeyType="ed25519")
    with refused("InvalidKeyPair.Duplicate", message=f"The keypair '{name}' already exists."):
        owner.ec2().create_key_pair(KeyName=name, KeyType="ed25519")
    with refused("InvalidKeyPair.Duplicate"):
        owner.ec2().import_key_pair(KeyName=name, PublicKeyMaterial=ED25519.encode())
    recipient.ec2().create_key_pair(KeyName=name, KeyType="ed25519")
    owner.ec2("us-west-2").create_key_pair(KeyName=name, KeyType="ed25519")


def test_nobody_sees_anothers_pairs(owner, stranger, name):
    made = owner.ec2().create_key_pair(KeyName=name, KeyType="ed25519")
    for given in ({"KeyNames": [name]}, {"KeyPairIds": [made["KeyPairId"]]}):
        with refused("InvalidKeyPair.NotFound"):
            describe(stranger, **given)
    stranger.ec2().delete_key_pair(KeyPairId=made["KeyPairId"])
    assert describe(owner, KeyNames=[name])


def test_a_long_list_of_pairs_is_whole(server):
    account = server.new_account(disks.unique("pairs"))
    tags = [{"Key": '"' * 126 + f"{number:02}", "Value": '"' * 256} for number in range(50)]
    names = {disks.unique("key") for _ in range(20)}
    for name in names:
        account.ec2().import_key_pair(
            KeyName=name,
            PublicKeyMaterial=ED25519.encode(),
            TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}],
        )
    found = describe(account)
    assert [pair["KeyName"] for pair in found] == sorted(names)
    assert all(len(pair["Tags"]) == 50 for pair in found)


def test_a_pair_that_is_deleted_is_gone_and_its_name_free(client, owner, name):
    for selector in ("KeyName", "KeyPairId"):
        made = owner.ec2().create_key_pair(
            KeyName=name,
            KeyType="ed25519",
            TagSpecifications=[{"ResourceType": "key-pair", "Tags": [{"Key": "k", "Value": "v"}]}],
        )
        client.call(owner, "ec2", "DeleteKeyPair", **{selector: made[selector]})
        with refused("InvalidKeyPair.NotFound", message=f"The key pair '{name}' does not exist"):
            describe(owner, KeyNames=[name])
        mine = [{"Name": "resource-id", "Values": [made["KeyPairId"]]}]
        assert owner.ec2().describe_tags(Filters=mine)["Tags"] == []
    owner.ec2().delete_key_pair(KeyName=name)  # again: nothing to do
    assert owner.query("DeleteKeyPair").code == "MissingParameter"


def test_a_pair_has_tags_and_is_found_by_them(owner, name):
    made = owner.ec2().create_key_pair(
        KeyName=name,
        KeyType="ed25519",
        TagSpecifications=[{"ResourceType": "key-pair", "Tags": [{"Key": "colour", "Value": name}]}],
    )
    assert made["Tags"] == [{"Key": "colour", "Value": name}]
    owner.ec2().create_tags(Resources=[made["KeyPairId"]], Tags=[{"Key": "more", "Value": "v"}])
    for filter, value in (
        ("tag:colour", name),
        ("key-name", name),
        ("key-pair-id", made["KeyPairId"]),
        ("fingerprint", made["KeyFingerprint"]),
    ):
        (found,) = describe(owner, Filters=[{"Name": filter, "Values": [value]}])
        assert found["KeyName"] == name and len(found["Tags"]) == 2
    assert name not in [pair["KeyName"] for pair in describe(owner, Filters=[{"Name": "tag-key", "Values": ["x"]}])]
    kind = [{"Name": "resource-type", "Values": ["key-pair"]}, {"Name": "value", "Values": [name]}]
    assert [tag["ResourceId"] for tag in owner.ec2().describe_tags(Filters=kind)["Tags"]] == [made["KeyPairId"]]


@pytest.mark.parametrize(
    "given, code",
    [
        ({"KeyName": ""}, "InvalidParameterValue"),
        ({"KeyName": "x" * 256}, "InvalidParameterValue"),
        ({"KeyName": "snow ☃"}, "InvalidParameterValue"),
        ({"KeyName": "k", "KeyType": "dsa"}, "InvalidParameterValue"),
        ({"KeyName": "k", "KeyFormat": "der"}, "InvalidParameterValue"),
        ({"KeyName": "k", "KeyFormat": "ppk"}, "UnsupportedOperation"),
        ({}, "MissingParameter"),
        ({"KeyName": "k", "TagSpecification__1__ResourceType": "image"}, "InvalidParameterValue"),
        ({"KeyName": "k", "DryRun": "true"}, "DryRunOperation"),
    ],
)
def test_what_cannot_be_made_is_refused(owner, given, code):
    assert owner.query("CreateKeyPair", **given).code == code
    assert "k" not in [pair["KeyName"] for pair in describe(owner)]


def test_what_is_no_pair_or_filter_is_refused(owner):
    with refused("InvalidKeyPair.NotFound", message="The key pairs 'nobody, nothing' do not exist"):
        describe(owner, KeyNames=["nobody", "nothing"])
    with refused("InvalidKeyPair.NotFound"):
        describe(owner, KeyPairIds=["key-0123456789abcdef0"])
    with refused("InvalidKeyPair.NotFound"):
        owner.ec2().create_tags(Resources=["key-0123456789abcdef0"], Tags=[{"Key": "k", "Value": "v"}])
    assert owner.query("DescribeKeyPairs", DryRun="true").code == "DryRunOperation"
