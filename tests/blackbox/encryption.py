"""Snapshots under keys, as the tests of encryption make them."""
import disks
import keys


def upload(account, blocks, key=None, region="us-east-1", **options):
    """A completed encrypted snapshot."""
    wish = {"Encrypted": True} | ({"KmsKeyArn": key} if key else {})
    return disks.upload(account, blocks, region=region, **wish, **options)


def key_of(account, snapshot, region="us-east-1"):
    """The key's ARN as DescribeSnapshots tells it; nothing if the snapshot is not encrypted."""
    found = disks.describe_snapshot(account, snapshot, region)
    assert found["Encrypted"] == ("KmsKeyId" in found)
    return found.get("KmsKeyId")


def default_key(account, region="us-east-1"):
    """The key of the account's settings, as an ARN."""
    key = account.ec2(region).get_ebs_default_kms_key_id()["KmsKeyId"]
    return keys.managed(account, region) if key == "alias/aws/ebs" else key
