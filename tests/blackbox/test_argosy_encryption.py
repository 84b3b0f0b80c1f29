"""argosy with encrypted images: keys are checked before a copy or a share begins, given and taken with the
image, and the chain from an account to an image is explained."""
import pytest

import disks
import keys
from argosy import argosy, argosy_json, run
from test_argosy_keys import create, grants


@pytest.fixture
def key(owner):
    """Of us-west-2, new."""
    return create(owner)


@pytest.fixture
def sealed(owner, image, key):
    """A copy in us-west-2 under that key: its reference."""
    name = disks.unique("sealed")
    out = argosy(
        owner, "copy", f"us-east-1/{image}", "--to", "us-west-2", "--name", name, "--encrypt",
        "--kms-key", f"us-west-2={key}",
    )  # fmt: skip
    return "/".join(out.split())


def images(account, region="us-west-2"):
    return {found["ImageId"] for found in account.ec2(region).describe_images(Owners=["self"])["Images"]}


def snapshots_of(account, reference):
    region, image = reference.split("/")
    [found] = account.ec2(region).describe_images(ImageIds=[image])["Images"]
    ids = [mapping["Ebs"]["SnapshotId"] for mapping in found["BlockDeviceMappings"]]
    return account.ec2(region).describe_snapshots(SnapshotIds=ids)["Snapshots"]


def test_a_copy_comes_under_the_key_of_its_region(owner, image, key):
    other = create(owner, "--alias", disks.unique("other"), region="eu-west-1")
    report = argosy_json(
        owner, "copy", f"us-east-1/{image}", "--to", "us-west-2,eu-west-1", "--name", disks.unique("both"),
        "--encrypt", "--kms-key", f"us-west-2={key}", "--kms-key", f"eu-west-1={other}",
    )  # fmt: skip
    under = {}
    for copy in report["copies"]:
        [snapshot] = snapshots_of(owner, f"{copy['region']}/{copy['image_id']}")
        assert snapshot["Encrypted"]
        under[copy["region"]] = snapshot["KmsKeyId"]
    assert under == {"us-west-2": key, "eu-west-1": other}


def test_a_key_that_is_missing_in_one_region_keeps_copies_from_every_region(owner, image, key):
    before = images(owner), images(owner, "eu-west-1")
    command = (
        "copy", f"us-east-1/{image}", "--to", "us-west-2,eu-west-1", "--name", disks.unique("never"),
        "--encrypt", "--kms-key", f"us-west-2={key}", "--kms-key", "eu-west-1=alias/no-such",
    )  # fmt: skip
    told = argosy(owner, *command, status=4)
    assert "nothing was started" in told and "argosy key create eu-west-1 --alias alias/no-such" in told
    assert argosy_json(owner, *command, status=4)["error"]["message"].startswith("nothing was started")
    owner.client("kms", "us-west-2").disable_key(KeyId=key)
    told = argosy(owner, *command, status=4)
    assert "Disabled" in told and "aws kms enable-key" in told and "alias/no-such" in told
    assert (images(owner), images(owner, "eu-west-1")) == before


def test_recipients_who_could_not_start_a_copy_are_told_before_it_begins(owner, recipient, image, key):
    before = images(owner)
    command = (
        "copy", f"us-east-1/{image}", "--to", "us-west-2", "--name", disks.unique("shared"), "--share",
        recipient.id, "--encrypt",
    )  # fmt: skip
    assert "AWS manages" in argosy(owner, *command, status=4)
    told = argosy(owner, *command, "--kms-key", f"us-west-2={key}", status=4)
    [remedy] = [line.strip() for line in told.splitlines() if line.strip().startswith("argosy key grant")]
    assert images(owner) == before
    argosy(owner, *remedy.split()[1:])
    copied = argosy(owner, *command, "--kms-key", f"us-west-2={key}").split()[1]
    assert copied in {
        found["ImageId"]
        for found in recipient.ec2("us-west-2").describe_images(ExecutableUsers=["self"])["Images"]
    }


def test_a_copy_that_is_there_under_another_key_is_not_taken_over(owner, image, sealed):
    region, copied = sealed.split("/")
    [found] = owner.ec2(region).describe_images(ImageIds=[copied])["Images"]
    command = ("copy", f"us-east-1/{image}", "--to", region, "--name", found["Name"], "--encrypt")
    argosy(owner, *command)
    assert "another" in argosy(owner, *command, "--kms-key", f"{region}={create(owner)}", status=1)


def test_a_disk_is_imported_under_a_key(owner, tmp_path, disk):
    alias = disks.unique("of-disks")
    arn = create(owner, "--alias", alias, region="us-east-1")
    command = ("import", disk, "--name", disks.unique("sealed"), "--encrypt", "--kms-key")
    assert "nothing was started" in argosy(owner, *command, "alias/no-such", status=4)
    image = argosy(owner, *command, f"alias/{alias}").strip()
    [snapshot] = snapshots_of(owner, f"us-east-1/{image}")
    assert snapshot["Encrypted"] and snapshot["KmsKeyId"] == arn
    assert arn in argosy(owner, "show", image)
    assert arn in argosy(owner, "snapshot", "show", snapshot["SnapshotId"])
    [listed] = [item for item in argosy_json(owner, "ls") if item["image_id"] == image]
    assert listed["encrypted"] and listed["kms_key_ids"] == [arn]
    assert arn.split("/")[1] in argosy(owner, "ls")


def test_sharing_without_the_key_works_and_warns(owner, recipient, sealed):
    told = run(owner, "share", sealed, recipient.id)[1]
    assert f"argosy share {sealed} {recipient.id} --with-key" in told
    region, image = sealed.split("/")
    assert recipient.ec2(region).describe_images(ImageIds=[image])["Images"]


def test_the_key_is_given_and_taken_with_its_image_alone(owner, recipient, image, key, sealed):
    other = "/".join(
        argosy(
            owner, "copy", f"us-east-1/{image}", "--to", "us-west-2", "--name", disks.unique("other"),
            "--encrypt", "--kms-key", f"us-west-2={key}",
        ).split()
    )  # fmt: skip
    told = run(owner, "share", sealed, other, recipient.id, "--with-key")[1]
    assert "cannot" not in told
    assert {grant["Name"] for grant in grants(owner, key)} == {
        f"argosy:{recipient.id}:{reference.split('/')[1]}" for reference in (sealed, other)
    }
    argosy(owner, "unshare", sealed, recipient.id)
    [left] = grants(owner, key)
    assert left["Name"].endswith(other.split("/")[1]), "the other image still needs it"
    argosy(owner, "unshare", other, "--all")
    assert grants(owner, key) == []


def test_snapshots_and_key_are_taken_back_with_an_image_that_is_disabled(owner, recipient, key, sealed):
    argosy(owner, "share", sealed, recipient.id, "--allow-copy", "--with-key")
    region, image = sealed.split("/")
    assert owner.query("DisableImage", region, ImageId=image).status == 200
    argosy(owner, "unshare", sealed, recipient.id)
    [snapshot] = snapshots_of(owner, sealed)
    permissions = owner.ec2(region).describe_snapshot_attribute(
        SnapshotId=snapshot["SnapshotId"], Attribute="createVolumePermission"
    )
    assert permissions["CreateVolumePermissions"] == [] and grants(owner, key) == []
    argosy(owner, "unshare", sealed, "--all")


def test_what_cannot_be_shared_is_refused_before_any_image_is_shared(owner, recipient, image, sealed):
    managed = "/".join(
        argosy(
            owner, "copy", f"us-east-1/{image}", "--to", "us-west-2", "--name", disks.unique("managed"),
            "--encrypt",
        ).split()
    )  # fmt: skip
    told = argosy(owner, "share", sealed, managed, recipient.id, "--with-key", status=4)
    assert managed in told and "--encrypt --kms-key us-west-2=KEY" in told
    assert "everybody" in argosy(owner, "share", sealed, "--public", status=4)
    for reference in (sealed, managed):
        permissions = owner.ec2("us-west-2").describe_image_attribute(
            ImageId=reference.split("/")[1], Attribute="launchPermission"
        )
        assert permissions["LaunchPermissions"] == []


def test_the_key_is_given_and_taken_with_its_snapshot_alone(owner, recipient, key, sealed):
    [snapshot] = [found["SnapshotId"] for found in snapshots_of(owner, sealed)]
    reference = f"us-west-2/{snapshot}"
    told = run(owner, "snapshot", "share", reference, recipient.id)[1]
    assert f"argosy snapshot share {reference} {recipient.id} --with-key" in told
    told = run(owner, "snapshot", "share", reference, recipient.id, "--with-key")[1]
    assert "cannot" not in told
    [grant] = grants(owner, key)
    assert grant["Name"] == f"argosy:{recipient.id}:{snapshot}"
    recipient.client("ebs", "us-west-2").list_snapshot_blocks(SnapshotId=snapshot)
    argosy(owner, "share", sealed, recipient.id, "--with-key")
    argosy(owner, "snapshot", "unshare", reference, "--public")
    assert len(grants(owner, key)) == 2, "whoever is named by nobody keeps it"
    argosy(owner, "snapshot", "unshare", reference, recipient.id)
    [left] = grants(owner, key)
    assert left["Name"].endswith(sealed.split("/")[1]), "the image still needs it"
    argosy(owner, "snapshot", "share", reference, recipient.id, "--with-key")
    argosy(owner, "snapshot", "unshare", reference, "--all")
    assert grants(owner, key) == [left]


def share_all_with_key(owner, recipient, sealed):
    """The image and its snapshot, whose reference is returned."""
    [snapshot] = [found["SnapshotId"] for found in snapshots_of(owner, sealed)]
    argosy(owner, "share", sealed, recipient.id, "--with-key")
    argosy(owner, "snapshot", "share", f"us-west-2/{snapshot}", recipient.id, "--with-key")
    return f"us-west-2/{snapshot}"


def test_an_image_that_goes_leaves_no_grant_behind(owner, recipient, key, sealed):
    share_all_with_key(owner, recipient, sealed)
    by_hand = argosy(owner, "key", "grant", key, recipient.id).strip()
    [planned] = argosy_json(owner, "deregister", sealed, "--dry-run")
    assert planned["grants_revoked"] is None and len(grants(owner, key)) == 3
    assert "grants that --with-key gave" in run(owner, "deregister", sealed, "--dry-run")[1]
    [done] = argosy_json(owner, "deregister", sealed, "--yes")
    assert done["grants_revoked"] == 2 and done["grants_error"] is None
    assert [grant["GrantId"] for grant in grants(owner, key)] == [by_hand]


def test_a_snapshot_that_goes_leaves_no_grant_behind(owner, recipient, key, sealed):
    snapshot = share_all_with_key(owner, recipient, sealed)
    assert "1 grant revoked" in run(owner, "deregister", sealed, "--yes", "--keep-snapshots")[1]
    [left] = grants(owner, key)
    assert left["Name"].endswith(snapshot.split("/")[1])
    [planned] = argosy_json(owner, "snapshot", "rm", snapshot, "--dry-run")
    assert planned["grants_revoked"] is None and grants(owner, key) == [left]
    assert "grants that --with-key gave" in run(owner, "snapshot", "rm", snapshot, "--dry-run")[1]
    assert "1 grant revoked" in run(owner, "snapshot", "rm", snapshot, "--yes")[1]
    assert grants(owner, key) == []


def test_snapshots_that_cannot_be_shared_are_refused_before_any_is_shared(owner, recipient, image, key, sealed):
    region, managed = argosy(
        owner, "copy", f"us-east-1/{image}", "--to", "us-west-2", "--name", disks.unique("managed"), "--encrypt"
    ).split()
    both = [
        f"{region}/{found['SnapshotId']}"
        for reference in (sealed, f"{region}/{managed}")
        for found in snapshots_of(owner, reference)
    ]
    told = argosy(owner, "snapshot", "share", *both, recipient.id, "--with-key", status=4)
    assert both[1] in told and "aws ec2 copy-snapshot" in told
    assert "everybody" in argosy(owner, "snapshot", "share", both[0], "--public", status=4)
    owner.client("kms", region).disable_key(KeyId=key)
    told = argosy(owner, "snapshot", "share", both[0], recipient.id, "--with-key", status=4)
    assert "aws kms enable-key" in told
    for reference in both:
        permissions = owner.ec2(region).describe_snapshot_attribute(
            SnapshotId=reference.split("/")[1], Attribute="createVolumePermission"
        )
        assert permissions["CreateVolumePermissions"] == []
    assert grants(owner, key) == []


def test_a_copy_that_cannot_ask_who_calls_says_so_and_is_not_started(owner, image):
    name = disks.unique("never")
    told = argosy(
        owner, "copy", f"us-east-1/{image}", "--to", "us-west-2", "--name", name, "--encrypt", status=5,
        AWS_ENDPOINT_URL_STS="http://127.0.0.1:1", AWS_MAX_ATTEMPTS="1",
    )  # fmt: skip
    assert "GetCallerIdentity" in told
    assert not owner.ec2("us-west-2").describe_images(Filters=[{"Name": "name", "Values": [name]}])["Images"]


def why(account, reference, about):
    """use -> (may, what it is broken by)."""
    report = argosy_json(account, "why", "--account", about.id, reference)
    return {judged["use"]: (judged["may"], judged["broken_by"]) for judged in report["verdicts"]}


def test_why_names_the_first_broken_link_of_each_use_and_its_remedy(owner, recipient, sealed, key):
    [snapshot] = snapshots_of(owner, sealed)
    of_key = f"key of {snapshot['SnapshotId']}"
    of_snapshot = f"permission of {snapshot['SnapshotId']}"
    assert why(owner, sealed, recipient)["see"] == (False, "launch permission")
    argosy(owner, "share", sealed, recipient.id)
    found = why(owner, sealed, recipient)
    assert found == {"see": (True, None), "start": (False, of_key), "copy": (False, of_snapshot)}
    table = argosy(owner, "why", "--account", recipient.id, sealed)
    assert "argosy key grant us-west-2/" in table and "--allow-copy" in table
    argosy(owner, "share", sealed, recipient.id, "--with-key", "--allow-copy")
    assert why(owner, sealed, recipient) == dict.fromkeys(("see", "start", "copy"), (True, None))
    assert why(recipient, sealed, recipient) == why(owner, sealed, recipient)
    owner.client("kms", "us-west-2").disable_key(KeyId=key)
    assert why(owner, sealed, recipient)["start"] == (False, of_key)
    assert why(recipient, sealed, recipient)["start"] == (False, of_key)


def test_what_a_key_opens_through_ec2_alone_is_copied(owner, recipient, sealed, key):
    argosy(owner, "share", sealed, recipient.id, "--allow-copy")
    actions = ["kms:DescribeKey", "kms:CreateGrant", "kms:Decrypt", "kms:ReEncryptFrom"]
    through_ec2 = {"kms:ViaService": "ec2.us-west-2.amazonaws.com"}
    opened = keys.allow({"AWS": keys.root(recipient)}, actions, StringEquals=through_ec2)
    owner.kms("us-west-2").put_key_policy(KeyId=key, PolicyName="default", Policy=keys.policy(owner, opened))
    [snapshot] = snapshots_of(owner, sealed)
    for account in (owner, recipient):
        found = why(account, sealed, recipient)
        assert found["start"] == found["copy"] == (None, f"key of {snapshot['SnapshotId']}")
    told = run(recipient, "copy", sealed, "--to", "us-west-2", "--name", disks.unique("recipients"))[1]
    assert "cannot be told" in told


def test_why_is_answered_to_the_account_itself_and_not_to_strangers(owner, recipient, stranger, sealed):
    assert why(recipient, sealed, recipient) == dict.fromkeys(("see", "start", "copy"), (False, "image"))
    assert why(stranger, sealed, recipient)["see"] == (None, "image")
    assert why(owner, sealed, owner) == dict.fromkeys(("see", "start", "copy"), (True, None))


def test_dependents_are_what_a_key_takes_with_it(owner, recipient, key, sealed):
    argosy(owner, "share", sealed, recipient.id, "--with-key", "--allow-copy")
    report = argosy_json(owner, "key", "dependents", key)
    [place] = report["places"]
    assert place["region"] == "us-west-2" and place["key"] == key
    [found] = place["images"]
    assert found["image_id"] == sealed.split("/")[1] and found["may_start"]["accounts"] == [recipient.id]
    [snapshot] = place["snapshots"]
    assert snapshot["may_copy"]["accounts"] == [recipient.id]
    assert place["open_by_grant_to"] == [f"arn:aws:iam::{recipient.id}:root"]
    assert "other accounts" in report["not_seen"]
    table = argosy(owner, "key", "dependents", key)
    assert sealed in table and recipient.id in table and "Not seen" in table
    unused = argosy(owner, "key", "dependents", create(owner))
    assert "Nothing of yours depends on it" in unused
