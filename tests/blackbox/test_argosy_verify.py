"""argosy verify: equal content by digest and by reading, and the first block that differs."""
import argosy as command
import disks
import scripted
from argosy import BLOCK_BYTES, argosy, argosy_json, make_disk


def copy(owner, image, region="us-west-2"):
    return argosy_json(owner, "copy", f"us-east-1/{image}", "--to", region)["copies"][0]["image_id"]


def snapshot_of(owner, image, region="us-east-1"):
    return disks.snapshots_of(disks.describe_image(owner, image, region))[0]


def test_a_copy_in_another_region_is_the_same_by_digest_and_by_reading(owner, imported):
    a, b = f"us-east-1/{imported}", f"us-west-2/{copy(owner, imported)}"
    by_digest = argosy_json(owner, "verify", a, b)
    assert by_digest["same"] and by_digest["disks"][0]["by"] == "digest"
    assert by_digest["disks"][0]["bytes_compared"] == 0 and len(by_digest["disks"][0]["content_digest"]) == 64
    by_reading = argosy_json(owner, "verify", a, b, "--read")
    assert by_reading["same"] and by_reading["disks"][0]["by"] == "reading"
    assert by_reading["disks"][0]["bytes_compared"] == 3 * BLOCK_BYTES
    out = argosy(owner, "verify", a, f"us-west-2/{snapshot_of(owner, b.split('/')[1], 'us-west-2')}")
    assert out.startswith("root") and "same, by digest" in out


def test_the_first_difference_is_told_by_block_and_byte(owner, tmp_path, imported):
    changed = bytearray(disks.block("argosy 5"))
    changed[77] ^= 1
    changed[500] ^= 1
    blocks = {0: disks.block("argosy 0"), 5: bytes(changed), 9: disks.block("other")[:1000]}
    other = make_disk(tmp_path / "other.raw", blocks, 9 * BLOCK_BYTES + 1000)
    image = argosy(owner, "import", other, "--name", disks.unique("changed")).strip()
    found = argosy_json(owner, "verify", imported, image, status=2)
    assert not found["same"]
    assert found["disks"][0]["first_block"] == 5
    assert found["disks"][0]["first_byte_offset"] == 5 * BLOCK_BYTES + 77
    out, _ = command.run(owner, "verify", imported, image, status=2)
    assert f"byte {5 * BLOCK_BYTES + 77} of the disk" in out


def test_a_block_that_only_one_side_has_written_differs_where_it_is_not_zero(owner):
    data = bytes(1000) + b"x" + bytes(BLOCK_BYTES - 1001)
    first = disks.upload(owner, {0: disks.block("a"), 3: disks.block("b")})
    second = disks.upload(owner, {0: disks.block("a"), 2: data, 3: disks.block("b")})
    found = argosy_json(owner, "verify", first, second, status=2)["disks"][0]
    assert (found["first_block"], found["first_byte_offset"]) == (2, 2 * BLOCK_BYTES + 1000)
    with_zeros = disks.upload(owner, {0: disks.block("a"), 1: disks.ZEROS, 3: disks.block("b")})
    assert argosy_json(owner, "verify", first, with_zeros, "--read")["same"], "zeros are the same as nothing"


def test_only_what_the_service_calls_changed_is_read_within_a_lineage(owner):
    blocks = {index: disks.block(f"lineage {index}") for index in range(6)}
    parent = disks.upload(owner, blocks)
    child = disks.upload(owner, {4: disks.block("new")}, ParentSnapshotId=parent)
    found = argosy_json(owner, "verify", parent, child, status=2)["disks"][0]
    assert (found["first_block"], found["bytes_compared"]) == (4, BLOCK_BYTES)


def test_images_are_compared_disk_by_disk(owner, tmp_path, disk, imported):
    data = make_disk(tmp_path / "data.raw", {1: disks.block("data")}, 4 * BLOCK_BYTES)
    two = argosy(owner, "import", disk, "--disk", data, "--name", disks.unique("two")).strip()
    found = argosy_json(owner, "verify", two, imported, status=2)["disks"]
    assert [(one["device"], one["same"], one["by"]) for one in found] == [
        ("root", True, "digest"),
        ("/dev/sdf", False, "disks"),
    ]
    assert argosy_json(owner, "verify", two, f"us-west-2/{copy(owner, two)}")["same"]
    assert "several disks" in argosy(owner, "verify", two, snapshot_of(owner, imported), status=252)


def test_disks_of_other_sizes_differ(owner):
    blocks = {0: disks.block("size")}
    small, large = disks.upload(owner, blocks), disks.upload(owner, blocks, size_gib=2)
    assert argosy_json(owner, "verify", small, large, status=2)["disks"][0]["by"] == "size"


def test_sides_may_belong_to_other_accounts(owner, recipient, tmp_path, imported):
    theirs = disks.upload(recipient, {0: disks.block("argosy 0")})
    config = command.write_profiles(tmp_path / "config", mine=owner, theirs=recipient)
    keys = {"AWS_CONFIG_FILE": config, "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    mine = snapshot_of(owner, imported)
    found = argosy_json(owner, "verify", f"mine:{mine}", f"theirs:us-east-1/{theirs}", status=2, **keys)
    assert found["disks"][0]["first_block"] == 5
    assert (found["a"], found["b"]) == (f"mine:us-east-1/{mine}", f"theirs:us-east-1/{theirs}")


def test_what_cannot_be_read_is_no_verdict(owner, stranger, imported):
    absent = "snap-0123456789abcdef0"
    found = argosy_json(owner, "verify", snapshot_of(owner, imported), absent, status=254)
    assert found["disks"][0]["same"] is None
    assert found["disks"][0]["error"]["code"] == "InvalidSnapshot.NotFound"
    assert "InvalidAMIID.NotFound" in argosy(stranger, "verify", imported, imported, status=254)
    assert argosy(owner, "verify", imported, status=252)
    assert argosy(owner, "verify", imported, "nobody:us-east-1/" + imported, status=253)


def test_what_belongs_to_the_other_way_to_verify_is_refused(owner):
    image = "ami-0123456789abcdef0"
    for option in (["--as", "nobody"], ["--expect", "login:"], ["--type", "t3.small"]):
        assert "belong to --launch" in argosy(owner, "verify", image, image, *option, status=252)
    for option in (["--read"], ["-j", "4"]):
        assert "compares nothing" in argosy(owner, "verify", "--launch", image, *option, status=252)


def test_an_image_is_called_by_its_name(owner, recipient, imported):
    name = disks.describe_image(owner, imported)["Name"]
    assert argosy_json(owner, "verify", f"us-east-1/name:{name}", imported)["same"]
    disks.share_image(owner, imported, recipient)
    assert name in argosy(recipient, "show", f"name:{name}", status=4), "only one's own images have names"


def test_images_without_disks_are_not_the_same_for_want_of_a_difference(owner):
    item = "<item><imageId>ami-00000000000000001</imageId><imageState>available</imageState></item>"
    service = scripted.Scripted(DescribeImages=[f"<R><imagesSet>{item}</imagesSet></R>"])
    image = "ami-00000000000000001"
    told = argosy(owner, "verify", image, f"us-west-2/{image}", status=4, AWS_ENDPOINT_URL=service.endpoint)
    service.close()
    assert "neither image has a disk" in told
