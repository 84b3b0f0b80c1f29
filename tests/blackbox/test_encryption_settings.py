"""The six operations about an account's EBS encryption settings (ec2-semantics B16)."""
import pytest

import disks
import keys
from argosyd import refused


@pytest.fixture
def account(server):
    return server.new_account(disks.unique("settings"))


def settings(account, region="us-east-1"):
    """(encryption by default, sseType, which Debian's boto3 does not know yet)"""
    said = account.query("GetEbsEncryptionByDefault", region).xml
    return said.findtext("ebsEncryptionByDefault"), said.findtext("sseType")


def test_nothing_is_set_at_first(account):
    assert settings(account) == ("false", "none")
    assert account.ec2().get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_encryption_by_default_is_per_region_and_account(account, owner):
    assert account.ec2().enable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    assert settings(account) == ("true", "sse-kms")
    assert account.ec2("us-west-2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert owner.ec2().get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert account.ec2().disable_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert account.ec2().get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False


def test_the_default_key_is_kept_as_its_arn(account):
    alias, arn = keys.alias("default"), keys.make(account)["Arn"]
    account.kms().create_alias(AliasName=alias, TargetKeyId=arn)
    assert account.ec2().modify_ebs_default_kms_key_id(KmsKeyId=alias)["KmsKeyId"] == arn
    account.kms().update_alias(AliasName=alias, TargetKeyId=keys.make(account)["Arn"])
    assert account.ec2().get_ebs_default_kms_key_id()["KmsKeyId"] == arn, "an alias that moves moves nothing else"
    assert account.ec2().reset_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    assert account.ec2().get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_a_default_key_must_be_there_and_usable(account, owner):
    disabled = keys.make(account)["Arn"]
    account.kms().disable_key(KeyId=disabled)
    for key in ("alias/nothing", keys.make(owner)["Arn"], disabled):
        with refused("InvalidParameterValue", "InvalidKmsKeyId"):
            account.ec2().modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert account.ec2().get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


@pytest.mark.parametrize(
    "call",
    [
        "get_ebs_encryption_by_default",
        "enable_ebs_encryption_by_default",
        "disable_ebs_encryption_by_default",
        "get_ebs_default_kms_key_id",
        "reset_ebs_default_kms_key_id",
    ],
)
def test_a_dry_run_changes_nothing(account, call):
    with refused("DryRunOperation"):
        getattr(account.ec2(), call)(DryRun=True)
    assert account.ec2().get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
