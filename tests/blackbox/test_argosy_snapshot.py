"""argosy snapshot: ls, show, rm, share and unshare."""
import argosy as command
import disks
import scripted
from argosy import argosy, argosy_json


def upload(owner):
    return disks.upload(owner, {0: disks.block("snapshot")})


def ids(account, *arguments):
    return {item["snapshot_id"]: item for item in argosy_json(account, "snapshot", "ls", *arguments)}


def exists(owner, snapshot):
    return snapshot in ids(owner)


def test_own_snapshots_are_listed_with_the_images_that_need_them(owner):
    used, unused = upload(owner), upload(owner)
    image = disks.register(owner, used)
    listed = ids(owner, "--region", "us-east-1")
    assert listed[used]["used_by"] == [image] and listed[unused]["used_by"] == []
    only_unused = ids(owner, "--unused")
    assert unused in only_unused and used not in only_unused
    table = argosy(owner, "snapshot", "ls").splitlines()
    assert table[0].split()[:3] == ["REGION", "SNAPSHOT", "STATE"]
    assert any(used in line and image in line for line in table)


def test_a_snapshot_is_shown_with_its_digest_and_those_who_may_copy_it(owner, recipient):
    snapshot = upload(owner)
    disks.share_snapshot(owner, snapshot, recipient)
    image = disks.register(owner, snapshot)
    page = argosy(owner, "snapshot", "show", f"us-east-1/{snapshot}")
    for wanted in (snapshot, image, recipient.id, disks.extension(owner, snapshot)["contentDigest"]):
        assert wanted in page
    found = argosy_json(owner, "snapshot", "show", snapshot)
    assert found["used_by"] == [image] and found["snapshot"]["may_copy"]["accounts"] == [recipient.id]
    theirs = argosy_json(recipient, "snapshot", "show", snapshot)
    assert theirs["snapshot"]["snapshot_id"] == snapshot and "may_copy" not in theirs["snapshot"]


def test_snapshots_are_shared_and_taken_back(owner, recipient):
    snapshot = upload(owner)
    shared = argosy_json(owner, "snapshot", "share", snapshot, recipient.id)
    assert shared[0]["shared"]["accounts"] == [recipient.id] and shared[0]["snapshot_id"] == snapshot
    listed = ids(recipient, "--shared-with-me")
    assert listed[snapshot]["owner_id"] == owner.id and listed[snapshot]["used_by"] is None
    argosy(owner, "snapshot", "unshare", snapshot, recipient.id)
    assert snapshot not in ids(recipient, "--shared-with-me")
    argosy(owner, "snapshot", "share", snapshot, recipient.id, "--public")
    assert argosy_json(owner, "snapshot", "unshare", snapshot, "--all")[0]["shared"] == {
        "public": False,
        "accounts": [],
        "organizations": [],
        "units": [],
    }


def test_shared_snapshots_are_listed_also_when_one_goes_meanwhile(owner):
    def listed(*found):
        items = "".join(f"<item><snapshotId>{one}</snapshotId></item>" for one in found)
        return f"<R><snapshotSet>{items}</snapshotSet></R>"

    own, anothers = "snap-00000000000000001", "snap-00000000000000002"
    service = scripted.Scripted(DescribeSnapshots=[listed(own, anothers), listed(own)])
    found = argosy_json(owner, "snapshot", "ls", "--shared-with-me", AWS_ENDPOINT_URL=service.endpoint)
    service.close()
    assert [one["snapshot_id"] for one in found] == [anothers]
    assert not any("SnapshotId.1" in parameters for _, parameters in service.asked)


def test_a_snapshot_is_deleted_only_with_consent(owner):
    snapshot = upload(owner)
    assert "--yes" in argosy(owner, "snapshot", "rm", snapshot, status=4)
    planned = argosy_json(owner, "snapshot", "rm", snapshot, "--dry-run")
    assert planned[0]["state"] == "would be deleted" and exists(owner, snapshot)
    assert argosy_json(owner, "snapshot", "rm", snapshot, "--yes")[0]["state"] == "deleted"
    assert not exists(owner, snapshot)
    assert "InvalidSnapshot.NotFound" in argosy(owner, "snapshot", "rm", snapshot, "--yes", status=254)


def test_a_snapshot_that_is_gone_when_it_is_to_go_is_deleted(owner):
    """As where the answer to the first attempt was lost."""
    snapshot = "snap-00000000000000001"
    service = scripted.Scripted(
        DescribeSnapshots=[f"<R><snapshotSet><item><snapshotId>{snapshot}</snapshotId></item></snapshotSet></R>"],
        DescribeImages=["<R><imagesSet/></R>"],
        DeleteSnapshot=[scripted.error("InvalidSnapshot.NotFound")],
    )
    deleted = argosy_json(owner, "snapshot", "rm", snapshot, "--yes", AWS_ENDPOINT_URL=service.endpoint)
    service.close()
    assert deleted[0]["state"] == "deleted" and service.count("DeleteSnapshot") == 1


def test_a_snapshot_in_use_is_kept_and_its_image_named(owner):
    used, unused = upload(owner), upload(owner)
    image = disks.register(owner, used)
    assert image in argosy(owner, "snapshot", "rm", used, "--yes", status=7)
    assert image in argosy(owner, "snapshot", "rm", used, "--yes", "--quiet", status=7), "errors are told in any case"
    kept, deleted = argosy_json(owner, "snapshot", "rm", used, unused, "--yes", status=3)
    assert (kept["state"], kept["used_by"], deleted["state"]) == ("kept", [image], "deleted")
    assert exists(owner, used) and not exists(owner, unused)


def test_an_upload_that_is_given_up_is_deleted(owner):
    snapshot = disks.start(owner)
    assert argosy_json(owner, "snapshot", "show", snapshot)["snapshot"]["status"] == "pending"
    argosy(owner, "snapshot", "rm", snapshot, "--yes")
    assert not exists(owner, snapshot)


def test_mistakes_of_the_snapshot_verbs_have_their_exit_codes(owner, stranger, recipient):
    snapshot = upload(owner)
    assert argosy(owner, "snapshot", status=252)
    assert argosy(owner, "snapshot", "show", "ami-0123456789abcdef0", status=252)
    assert argosy(owner, "snapshot", "share", snapshot, status=252)
    assert argosy(owner, "snapshot", "share", recipient.id, status=252)
    assert "InvalidSnapshot.NotFound" in argosy(stranger, "snapshot", "show", snapshot, status=254)
    assert argosy(stranger, "snapshot", "rm", snapshot, "--yes", status=254) and exists(owner, snapshot)
    assert argosy(stranger, "snapshot", "share", snapshot, recipient.id, status=254)
    out, complaints = command.run(owner, "snapshot", "ls", "--region", "us-east-1,mars-1", status=3)
    assert snapshot in out and "mars-1" in complaints
