"""What an account may have and how fast it may ask: each limit by its code, and that it binds no other."""
import concurrent.futures

import pytest

import argosyd
import disks
import operator_door
import sigv4
from argosyd import refused, wait_until

LIMITS = """
account_limits:
  key_pairs: 2
  content_gib: 1
  images: 3
  snapshots: 6
  pending_uploads: 2
  image_copies: 0
  snapshot_copies: 0
  launch_permissions: 2
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = argosyd.configured(tmp_path_factory.mktemp("limits"), LIMITS)
    yield server
    server.stop()


@pytest.fixture
def account(server):
    return server.new_account(disks.unique("account"))


def limit_of(caught, key):
    message = caught.value.response["Error"]["Message"]
    assert f"account_limits.{key}" in message, message


def test_pending_uploads_have_a_limit_that_ends_with_them(server, account):
    first, _ = (disks.start(account) for _ in range(2))
    with pytest.raises(Exception, match="limit of 2 pending uploads .* account_limits.pending_uploads"):
        disks.start(account)
    with refused("ConcurrentLimitExceededException"):
        disks.start(account)
    disks.start(account, region="us-west-2")  # each region has its own
    disks.start(server.new_account(disks.unique("other")))
    disks.complete(account, first, 0)
    disks.start(account)


def test_snapshots_have_a_limit(account):
    snapshots = [disks.upload(account, {}) for _ in range(6)]
    with pytest.raises(account.ebs().exceptions.ServiceQuotaExceededException) as caught:
        disks.start(account)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 402
    limit_of(caught, "snapshots")
    account.ec2().delete_snapshot(SnapshotId=snapshots[0])
    disks.start(account)


def test_key_pairs_have_a_limit(account):
    ec2 = account.ec2()
    for name in ("one", "two"):
        ec2.create_key_pair(KeyName=name, KeyType="ed25519")
    with refused("ResourceLimitExceeded") as caught:
        ec2.create_key_pair(KeyName="three", KeyType="ed25519")
    limit_of(caught, "key_pairs")
    ec2.delete_key_pair(KeyName="one")
    ec2.create_key_pair(KeyName="three", KeyType="ed25519")


def test_images_have_a_limit_for_registering_and_copying(account):
    snapshot = disks.upload(account, {0: disks.block("an image's")})
    images = [disks.register(account, snapshot) for _ in range(3)]
    with refused("ResourceLimitExceeded"):
        disks.register(account, snapshot)
    with refused("ResourceLimitExceeded"):
        account.ec2().copy_image(Name=disks.unique("copy"), SourceImageId=images[0], SourceRegion="us-east-1")
    account.ec2().deregister_image(ImageId=images[0])
    disks.register(account, snapshot)


def test_copies_under_way_have_a_limit(account):
    snapshot = disks.upload(account, {0: disks.block("copied")})
    image = disks.register(account, snapshot)
    west = account.ec2("us-west-2")
    with refused("ResourceLimitExceeded"):
        west.copy_image(Name=disks.unique("copy"), SourceImageId=image, SourceRegion="us-east-1")
    with refused("ResourceLimitExceeded"):
        west.copy_snapshot(SourceSnapshotId=snapshot, SourceRegion="us-east-1")
    assert west.describe_snapshots(OwnerIds=["self"])["Snapshots"] == [], "a refusal leaves nothing behind"


def test_those_that_an_image_or_a_snapshot_is_shared_with_have_a_limit(account):
    snapshot = disks.upload(account, {0: disks.block("shared")})
    image = disks.register(account, snapshot)
    ec2 = account.ec2()
    three = [{"UserId": f"{number:012}"} for number in (1, 2, 3)]
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": three[:2]})
    with refused("ResourceLimitExceeded"):
        ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": three[2:]})
    with refused("ResourceLimitExceeded"):
        ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": three})
    told = ec2.describe_image_attribute(ImageId=image, Attribute="launchPermission")["LaunchPermissions"]
    assert len(told) == 2
    told = ec2.describe_snapshot_attribute(SnapshotId=snapshot, Attribute="createVolumePermission")
    assert told["CreateVolumePermissions"] == []


def test_what_is_shared_with_more_than_a_lowered_limit_can_be_taken_back(tmp_path):
    server = argosyd.configured(tmp_path, "account_limits:\n  launch_permissions: 3\n")
    try:
        account, recipient = server.new_account("sharing"), server.new_account("recipient")
        snapshot = disks.upload(account, {})
        image = disks.register(account, snapshot)
        three = [{"UserId": user} for user in (recipient.id, "000000000001", "000000000002")]
        account.ec2().modify_image_attribute(ImageId=image, LaunchPermission={"Add": three})
        account.ec2().modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Add": three})
        server.stop()
        configuration = server.arguments[1]
        configuration.write_text(configuration.read_text().replace("permissions: 3", "permissions: 1"))
        server.start()
        ec2 = account.ec2()
        with refused("ResourceLimitExceeded"):
            ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"UserId": "000000000003"}]})
        ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Remove": three[:1]})
        ec2.modify_snapshot_attribute(SnapshotId=snapshot, CreateVolumePermission={"Remove": three[:1]})
        assert recipient.ec2().describe_images(ExecutableUsers=["self"])["Images"] == []
        assert recipient.ec2().describe_snapshots(RestorableByUserIds=["self"])["Snapshots"] == []
    finally:
        server.stop()


def test_a_tag_too_many_is_refused(account):
    snapshot = disks.start(account)
    tags = [{"Key": str(number), "Value": ""} for number in range(51)]
    account.ec2().create_tags(Resources=[snapshot], Tags=tags[:50])
    with refused("TagLimitExceeded"):
        account.ec2().create_tags(Resources=[snapshot], Tags=tags[50:])


def test_content_has_a_limit_that_binds_uploads_before_they_are_complete(account, tmp_path_factory):
    server = argosyd.configured(tmp_path_factory.mktemp("no-content"), "account_limits:\n  content_gib: 0\n")
    try:
        empty = server.new_account("nothing")
        snapshot = disks.start(empty)
        with pytest.raises(empty.ebs().exceptions.ServiceQuotaExceededException) as caught:
            disks.put(empty, snapshot, 0, disks.block("too much"))
        limit_of(caught, "content_gib")
        disks.complete(empty, snapshot, 0)
    finally:
        server.stop()


def test_the_content_of_copies_counts_before_it_has_arrived_and_that_of_uploads_under_way_too(tmp_path):
    roomy = "account_limits:\n  content_gib: 1\n"
    server = argosyd.configured(tmp_path, roomy)
    account = server.new_account("small")
    image = disks.register(account, disks.upload(account, {0: disks.block("one")}))
    empty = disks.register(account, disks.upload(account, {}))
    under_way = disks.start(account, region="eu-west-1")
    disks.put(account, under_way, 0, disks.block("one"), region="eu-west-1")
    server.stop()
    configuration = server.arguments[1]
    configuration.write_text(configuration.read_text().replace("content_gib: 1", "content_gib: 0"))
    server.start()
    try:
        with refused("ResourceLimitExceeded"):
            account.ec2("us-west-2").copy_image(Name="copy", SourceImageId=image, SourceRegion="us-east-1")
        with refused("ResourceLimitExceeded"):
            account.ec2("eu-west-1").copy_image(Name="copy", SourceImageId=empty, SourceRegion="us-east-1")
        account.ec2("us-west-2").copy_image(Name="copy", SourceImageId=empty, SourceRegion="us-east-1")
    finally:
        server.stop()


def test_requests_a_second_have_a_limit_of_each_account_with_the_code_of_each_service(tmp_path):
    limits = "account_limits:\n  requests_per_second: 1\n  requests_burst: 20\n"
    server = argosyd.configured(tmp_path, limits)
    try:
        hasty, other = server.new_account("hasty"), server.new_account("other")
        answers = [hasty.query("DescribeRegions") for _ in range(60)]
        assert {answer.status for answer in answers} == {200, 503}
        assert {answer.code for answer in answers if answer.status == 503} == {"RequestLimitExceeded"}
        assert [answer.status for answer in answers[:20]] == [200] * 20, "the burst"
        assert other.query("DescribeRegions").status == 200
        assert operator_door.metric(server, "argosy_throttled_requests_total", service="ec2") > 0

        def throttled(code, call):
            """Of calls at once: they take tokens faster than they come."""
            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                answers = list(pool.map(lambda _: call(), range(8)))
            return next((answer for answer in answers if answer.code == code), None)

        def list_blocks():
            request = sigv4.Request("GET", "/snapshots/snap-0123456789abcdef0/blocks")
            return sigv4.send(server, sigv4.sign(hasty, request, service="ebs"))

        ebs = wait_until(lambda: throttled("RequestThrottledException", list_blocks), "EBS direct refuses")
        assert ebs.status == 400 and b"ACCOUNT_THROTTLED" in ebs.body
        sts = wait_until(
            lambda: throttled("Throttling", lambda: hasty.query("GetCallerIdentity", service="sts")),
            "STS refuses",
        )
        assert sts.status == 400
    finally:
        server.stop()
