"""The command argosy against the real server: what it prints where, its exit codes, the bytes it brings."""
import json
import os
import signal
import subprocess

import pytest

import disks
import scripted
from argosy import BINARY, BLOCK_BYTES, argosy, argosy_json, make_disk, start, starts_with
from argosyd import PATIENCE_S, wait_until


@pytest.mark.parametrize("format", ["raw", "qcow2", "vmdk", "vhdx", "vdi", "vpc"])
def test_a_disk_of_any_format_comes_back_bit_for_bit(owner, tmp_path, disk, format):
    path = tmp_path / f"other.{format}"
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", format, disk, path], check=True)
    out = argosy(owner, "import", path, "--name", disks.unique("format"), "--tag", "k=v")
    assert out.startswith("ami-") and out.count("\n") == 1, "stdout is the image id alone"
    image = out.strip()
    assert argosy(owner, "export", image, tmp_path / "out.raw") == ""
    assert starts_with(tmp_path / "out.raw", disk)
    assert os.stat(tmp_path / "out.raw").st_blocks * 512 < 16 * BLOCK_BYTES, "the file is sparse"
    tags = owner.ec2().describe_images(ImageIds=[image])["Images"][0]["Tags"]
    assert tags == [{"Key": "k", "Value": "v"}]


def test_a_vhd_is_as_large_as_its_volume(owner, tmp_path, disk, imported):
    out, fixed = tmp_path / "out.vhd", tmp_path / "fixed.vhd"
    argosy(owner, "export", imported, out, "--format", "vhd")
    again = argosy(owner, "import", out, "--name", disks.unique("vhd")).strip()
    assert argosy_json(owner, "verify", imported, again)["same"]
    how = ["-O", "vpc", "-o", "subformat=fixed,force_size=on"]
    subprocess.run(["qemu-img", "convert", "-f", "raw", *how, disk, fixed], check=True)
    command = ["import", fixed, "--name", disks.unique("vhd")]
    assert "--format vhd" in argosy(owner, *command, status=4), "it could be a raw disk"
    again = argosy(owner, *command, "--format", "vhd").strip()
    assert argosy_json(owner, "verify", imported, again)["same"]


def test_a_volume_that_is_too_large_for_a_vhd_is_not_downloaded(owner, tmp_path):
    large = disks.upload(owner, {0: disks.block("large")}, size_gib=2041)
    assert "2040" in argosy(owner, "export", large, tmp_path / "out.vhd", "--format", "vhd", status=4)
    assert list(tmp_path.iterdir()) == []


def test_every_disk_of_an_image_is_imported_and_exported(owner, tmp_path, disk):
    second = make_disk(tmp_path / "second.raw", {1: disks.block("second")}, 4 * BLOCK_BYTES)
    image = argosy(owner, "import", disk, "--disk", second, "--name", disks.unique("two")).strip()
    argosy(owner, "export", image, tmp_path / "out.raw", "--device", "/dev/sdf")
    assert starts_with(tmp_path / "out.raw", second)


def test_an_export_overwrites_only_what_it_is_told_to(owner, tmp_path, imported, disk):
    out = tmp_path / "out.raw"
    out.write_text("precious")
    assert "--force" in argosy(owner, "export", imported, out, status=4)
    assert out.read_text() == "precious"
    argosy(owner, "export", imported, out, "--force")
    assert starts_with(out, disk)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk.raw", "out.raw"]


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_an_export_replaces_nothing_but_a_file(owner, tmp_path, imported, make):
    out = tmp_path / "out"
    make(out)
    before = os.lstat(out)
    assert "no regular file" in argosy(owner, "export", imported, out, "--force", status=4)
    assert os.lstat(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["disk.raw", "out"]


@pytest.mark.parametrize("ending", [".partial", ".partial.journal"])
def test_what_no_export_has_made_is_not_taken_for_a_part_of_one(owner, tmp_path, imported, disk, ending):
    out, other = tmp_path / "out.raw", tmp_path / f"out.raw{ending}"
    other.write_text("precious\n")
    assert str(other) in argosy(owner, "export", imported, out, status=4)
    assert other.read_text() == "precious\n"
    assert sorted(tmp_path.iterdir()) == [disk, other]
    argosy(owner, "export", imported, out, "--force")
    assert starts_with(out, disk) and sorted(tmp_path.iterdir()) == [disk, out]


def test_a_taken_name_is_refused_before_anything_is_uploaded(owner, disk):
    name = disks.unique("taken")
    argosy(owner, "import", disk, "--name", name)
    before = len(owner.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"])
    assert name in argosy(owner, "import", disk, "--name", name, status=4)
    assert len(owner.ec2().describe_snapshots(OwnerIds=["self"])["Snapshots"]) == before


def test_an_image_is_copied_to_several_regions_and_again_only_where_it_is_missing(owner, imported):
    source = f"us-east-1/{imported}"
    lines = argosy(owner, "copy", source, "--to", "us-west-2").splitlines()
    again = argosy_json(owner, "copy", source, "--to", "us-west-2,eu-west-1")["copies"]
    assert [copy["region"] for copy in again] == ["us-west-2", "eu-west-1"]
    assert [copy["state"] for copy in again] == ["available", "available"]
    assert lines == [f"us-west-2 {again[0]['image_id']}"]
    assert [copy["was_begun"] for copy in again] == [True, False]
    assert again[1]["bytes_done"] == again[1]["bytes_total"] == 3 * BLOCK_BYTES
    digests = {
        argosy_json(owner, "show", reference)["snapshots"][0]["argosy"]["content_digest"]
        for reference in [source, *(f"{copy['region']}/{copy['image_id']}" for copy in again)]
    }
    assert len(digests) == 1


def test_a_region_that_fails_does_not_undo_another(owner, imported):
    process = start(owner, "copy", f"us-east-1/{imported}", "--to", "us-west-2,mars-1", "-o", "json")
    out, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 3, complaints
    done, failed = json.loads(out)["copies"]
    assert done["state"] == "available" and done["error"] is None
    assert failed["image_id"] is None and failed["error"]["code"] and failed["error"]["request_id"]
    argosy(owner, "copy", f"us-east-1/{imported}", "--to", "mars-1", status=1)


def test_what_is_shared_is_seen_started_copied_and_taken_back(owner, recipient, imported):
    copy = argosy_json(
        owner, "copy", f"us-east-1/{imported}", "--to", "us-west-2", "--share", recipient.id, "--allow-copy"
    )["copies"][0]
    reference = f"us-west-2/{copy['image_id']}"

    def seen():
        shared = argosy_json(recipient, "ls", "--shared-with-me", "--region", "us-west-2")
        return copy["image_id"] in {image["image_id"] for image in shared}

    assert seen()
    argosy(recipient, "copy", reference, "--to", "us-east-1", "--name", disks.unique("recipients"))
    argosy(owner, "unshare", reference, recipient.id)
    assert not seen()
    assert "InvalidAMIID.NotFound" in argosy(recipient, "show", reference, status=254)
    volume = owner.ec2("us-west-2").describe_snapshot_attribute(
        SnapshotId=copy["snapshot_ids"][0], Attribute="createVolumePermission"
    )
    assert volume["CreateVolumePermissions"] == []


@pytest.mark.parametrize("whom", ["123456789012", "--all"])
def test_a_step_that_is_refused_keeps_nothing_else_from_being_taken_back(owner, whom):
    image, snapshots = "ami-00000000000000001", ["snap-00000000000000001", "snap-00000000000000002"]
    mappings = "".join(f"<item><ebs><snapshotId>{one}</snapshotId></ebs></item>" for one in snapshots)
    described = f"<imageId>{image}</imageId><blockDeviceMapping>{mappings}</blockDeviceMapping>"
    own = "".join(f"<item><snapshotId>{one}</snapshotId></item>" for one in snapshots)
    kind = "Reset" if whom == "--all" else "Modify"
    service = scripted.Scripted(
        DescribeImages=[f"<R><imagesSet><item>{described}</item></imagesSet></R>"],
        DescribeSnapshots=[f"<R><snapshotSet>{own}</snapshotSet></R>"],
    )
    service.answers[f"{kind}ImageAttribute"] = [scripted.error("UnauthorizedOperation", "first")]
    service.answers[f"{kind}SnapshotAttribute"] = [scripted.error("UnauthorizedOperation"), "<R/>"]
    told = argosy(owner, "unshare", image, whom, status=254, AWS_ENDPOINT_URL=service.endpoint)
    service.close()
    taken = [asked["SnapshotId"] for action, asked in service.asked if "SnapshotAttribute" in action]
    assert taken == snapshots and "UnauthorizedOperation: first" in told


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_nothing_that_is_said_goes_into_a_file_in_the_place_of_a_closed_stream(
    owner, imported, disk, tmp_path, closed
):
    out = tmp_path / "out.raw"
    command = ["sh", "-c", f'exec "$0" "$@" {closed}', BINARY, "export", imported, out]
    environment = owner.environment() | {"AWS_ENDPOINT_URL": owner.server.endpoint}
    subprocess.run(command, check=True, env=environment, timeout=PATIENCE_S)
    assert starts_with(out, disk)


def test_a_conversion_that_failed_is_no_export_whatever_the_parent_ignores(owner, tmp_path, imported):
    out, tools = tmp_path / "out.qcow2", tmp_path / "tools"
    tools.mkdir()
    (tools / "qemu-img").write_text('#!/bin/sh\nfor last; do :; done\nprintf half > "$last"\nexit 1\n')
    (tools / "qemu-img").chmod(0o755)
    environment = owner.environment() | {"AWS_ENDPOINT_URL": owner.server.endpoint}
    done = subprocess.run(
        [BINARY, "export", imported, out, "--format", "qcow2"],
        check=False,
        env=environment | {"PATH": f"{tools}:{os.environ['PATH']}"},
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
        timeout=PATIENCE_S,
    )
    assert done.returncode == 1 and not out.exists()


@pytest.mark.parametrize("more", [[], ["--format", "qcow2"]])
def test_a_disk_that_is_made_of_other_files_is_read_only_when_that_is_wished(owner, disk, tmp_path, more):
    overlay = tmp_path / "overlay.qcow2"
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", "-b", disk, "-F", "raw", overlay], check=True)
    command = ["import", overlay, "--name", disks.unique("overlay"), *more]
    told = argosy(owner, *command, status=4)
    assert str(disk) in told and "--with-other-files" in told
    image = argosy(owner, *command, "--with-other-files").strip()
    argosy(owner, "export", image, tmp_path / "out.raw")
    assert starts_with(tmp_path / "out.raw", disk)


def test_a_name_with_a_colon_is_a_file_and_no_protocol_of_qemu(owner, disk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = "web-2026-11-27T19:35.raw"
    disk.rename(name)
    image = argosy(owner, "import", name, "--name", disks.unique("colon")).strip()
    argosy(owner, "export", image, "out-19:35.qcow2", "--format", "qcow2")
    again = argosy(owner, "import", "out-19:35.qcow2", "--name", disks.unique("colon")).strip()
    assert argosy_json(owner, "verify", image, again)["same"]


def test_an_image_is_shown_to_whoever_may_only_start_it(owner, recipient, imported):
    argosy(owner, "share", imported, recipient.id)
    shown = argosy_json(recipient, "show", imported)
    assert shown["image"]["image_id"] == imported and shown["snapshots"] == []
    assert "snap-" in argosy(recipient, "show", imported), "as a disk of the image"
    argosy(owner, "unshare", imported, recipient.id)


def test_what_a_stranger_writes_is_no_line_of_its_own(owner, recipient, tmp_path, disk):
    forged = f"x\nowner             {recipient.id}"
    image = argosy(owner, "import", disk, "--name", disks.unique("forged"), "--description", forged).strip()
    argosy(owner, "share", image, recipient.id, "--allow-copy")
    lines = argosy(recipient, "show", image).splitlines()
    assert f"owner             {recipient.id}" not in lines and f"owner             {owner.id}" in lines
    listed = argosy(recipient, "snapshot", "ls", "--shared-with-me").splitlines()
    assert all(line.startswith(("REGION", "us-east-1")) for line in listed)
    assert argosy_json(recipient, "show", image)["image"]["description"] == forged


def test_a_detached_copy_can_be_waited_for(owner, imported):
    region, image = argosy(owner, "copy", f"us-east-1/{imported}", "--to", "eu-west-1", "--detach").split()
    assert argosy_json(owner, "wait", f"{region}/{image}")[0]["state"] == "available"


def test_a_copy_can_be_waited_for_before_it_is_seen(owner):
    image = "ami-00000000000000001"
    item = f"<item><imageId>{image}</imageId><imageState>available</imageState></item>"
    service = scripted.Scripted(
        DescribeImages=[
            scripted.error("InvalidAMIID.NotFound"),
            f"<R><imagesSet>{item}</imagesSet></R>",
        ]
    )
    waited = argosy_json(owner, "wait", image, AWS_ENDPOINT_URL=service.endpoint)
    service.close()
    assert waited[0]["state"] == "available" and waited[0]["error"] is None


def test_ctrl_c_ends_the_waiting_and_not_the_copy(own_server, tmp_path):
    owner = own_server.accounts["owner"]
    disk = tmp_path / "disk.raw"
    disk.write_bytes(os.urandom(400 * BLOCK_BYTES))
    image = argosy(owner, "import", disk, "--name", "large").strip()
    process = start(owner, "copy", f"us-east-1/{image}", "--to", "us-west-2")
    west = owner.ec2("us-west-2")
    found = wait_until(lambda: west.describe_images(Owners=["self"])["Images"], "the copy to begin")
    process.send_signal(signal.SIGINT)
    out, complaints = process.communicate(timeout=PATIENCE_S)
    if process.returncode == 0:
        pytest.skip("the copy was faster than the signal")
    assert process.returncode == 130
    reference = f"us-west-2/{found[0]['ImageId']}"
    assert f"argosy wait {reference}" in complaints and out == ""
    argosy(owner, "wait", reference)


def test_mistakes_have_their_own_exit_codes(owner, disk, tmp_path):
    assert argosy(owner, "copy", status=252)
    assert argosy(owner, "copy", "ami-1", "--to", "us-west-2", status=252)
    assert argosy(owner, "export", "ami-0123456789abcdef0", "-", status=252)
    assert argosy(owner, "ls", "--profile", "nobody", status=253)
    assert "request id" in argosy(owner, "show", "ami-0123456789abcdef0", status=254)
    assert argosy(owner, "ls", "--endpoint-url", "http://127.0.0.1:1", status=5)
    assert argosy(owner, "import", tmp_path / "missing.raw", "--name", "missing", status=1)
