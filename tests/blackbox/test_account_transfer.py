"""Accounts and access keys on their way between processes: sealed, idempotent, and never enabling again."""
import contextlib
import json
import sqlite3

import pytest

import argosyd
import disks
import partition as apart
from argosyd import refused


@pytest.fixture(scope="module")
def partition(tmp_path_factory):
    made = apart.Partition(tmp_path_factory.mktemp("transfer")).start()
    yield made
    made.stop()


def new_row(process, name):
    return process.rows("account", "create", name)[0] | process.rows("access-key", "create", name)[0]


def identity(account):
    return account.sts(account.server.region).get_caller_identity()["Account"]


def test_a_key_signs_where_it_was_imported(partition):
    row = new_row(partition.alpha, disks.unique("new"))
    at_beta = partition.beta.account(row)
    with refused("InvalidClientTokenId"):
        identity(at_beta)
    changes = partition.hand_over(partition.alpha, partition.beta)
    assert changes[row["account_id"]] == changes[row["access_key_id"]] == "added"
    assert identity(at_beta) == row["account_id"]


def test_an_import_can_be_repeated(partition):
    new_row(partition.alpha, disks.unique("twice"))
    sealed = partition.export(partition.alpha, partition.beta)
    partition.take_over(partition.beta, sealed)
    assert set(partition.take_over(partition.beta, sealed).values()) <= {"unchanged", "kept disabled"}


def test_no_secret_lies_in_the_clear(partition):
    row = new_row(partition.alpha, disks.unique("secret"))
    sealed = partition.export(partition.alpha, partition.beta)
    assert sealed.startswith("-----BEGIN CMS-----")
    for text in (row["secret_access_key"], row["access_key_id"], row["account_id"]):
        assert text not in sealed
    log = partition.alpha.log.read_text() + partition.beta.log.read_text()
    assert row["secret_access_key"] not in log


def test_an_account_is_moved_in_its_organization_by_an_import_and_never_back_by_an_old_one(partition):
    number = new_row(partition.alpha, disks.unique("moved"))["account_id"]

    def path():
        rows = partition.beta.rows("account", "list")
        return {row["account_id"]: row["organization_path"] for row in rows}[number]

    early = partition.export(partition.alpha, partition.beta)
    partition.take_over(partition.beta, early)
    assert path() == ""
    partition.alpha.run("account", "move", number, "o-a1b2c3d4e5/r-ab12/")
    assert partition.hand_over(partition.alpha, partition.beta)[number] == "moved"
    assert path() == "o-a1b2c3d4e5/r-ab12/"
    assert partition.take_over(partition.beta, early)[number] == "unchanged"
    assert path() == "o-a1b2c3d4e5/r-ab12/"
    partition.alpha.run("account", "move", number)
    partition.hand_over(partition.alpha, partition.beta)
    assert path() == ""


@pytest.mark.parametrize("what", ["access-key", "account"])
def test_what_is_disabled_stays_disabled_whatever_is_imported(partition, what):
    row = new_row(partition.alpha, disks.unique("disabled"))
    number = row["access_key_id"] if what == "access-key" else row["account_id"]
    early = partition.export(partition.alpha, partition.beta)
    partition.take_over(partition.beta, early)
    assert identity(partition.beta.account(row)) == row["account_id"]
    partition.alpha.run(what, "disable", number)
    assert partition.hand_over(partition.alpha, partition.beta)[number] == "disabled"
    assert partition.take_over(partition.beta, early)[number] == "kept disabled"
    with refused("InvalidClientTokenId"):
        identity(partition.beta.account(row))


def test_what_means_something_else_here_is_a_conflict_and_changes_nothing(partition):
    name = disks.unique("same")
    partition.gamma.run("account", "create", name)
    new_row(partition.alpha, name)
    other = new_row(partition.alpha, disks.unique("beside"))
    before = partition.gamma.rows("account", "list")
    sealed = partition.export(partition.alpha, partition.gamma)
    complaint = partition.gamma.run("account", "import", "-", input=sealed, status=1)
    assert name in complaint and other["secret_access_key"] not in complaint
    assert partition.gamma.rows("account", "list") == before


@pytest.mark.parametrize("name", ["222222222222", "a\tb"])
def test_an_account_with_a_name_of_an_earlier_version_is_refused_and_all_else_taken_over(tmp_path, name):
    partition = apart.Partition(tmp_path)
    alpha, beta = partition.alpha, partition.beta
    known = new_row_beside(alpha, "known")
    new_row_beside(beta, "theirs")
    partition.hand_over(alpha, beta)
    alpha.run("access-key", "disable", known["access_key_id"])
    old, new = new_row(alpha, "old"), new_row(alpha, "new")
    with contextlib.closing(sqlite3.connect(alpha.data_dir / "directory.db")) as database, database:
        database.execute("UPDATE accounts SET name = ? WHERE id = ?", [name, old["account_id"]])
    sealed = partition.export(alpha, beta)
    for taken in ("added", "unchanged"):  # it can be repeated
        out = beta.ended("account", "import", "-", "--output", "json", input=sealed)
        assert out.returncode == 1 and "accounts that were refused: 1" in out.stderr
        changes = {row["access_key_id"] or row["account_id"]: row["change"] for row in json.loads(out.stdout)}
        assert changes[old["account_id"]].startswith("refused: its name is ")
        assert old["access_key_id"] not in changes
        assert changes[new["account_id"]] == changes[new["access_key_id"]] == taken
    states = {row["access_key_id"]: row["state"] for row in beta.rows("access-key", "list")}
    assert (states[known["access_key_id"]], states[new["access_key_id"]]) == ("disabled", "enabled")
    assert old["account_id"] not in {row["account_id"] for row in beta.rows("account", "list")}


def test_an_export_opens_for_its_destination_alone(partition):
    sealed = partition.export(partition.alpha, partition.beta)
    assert "not sealed for this certificate" in partition.gamma.run(
        "account", "import", "-", input=sealed, status=1
    )
    middle = len(sealed) // 2
    changed = sealed[:middle] + ("A" if sealed[middle] != "A" else "B") + sealed[middle + 1 :]
    partition.beta.run("account", "import", "-", input=changed, status=1)
    partition.beta.run("account", "import", "-", input="", status=1)


def test_nothing_is_sealed_for_a_certificate_that_is_not_the_peers(partition, tmp_path):
    pem = partition.certificates
    export = ("account", "export", "--for", "beta", "--certificate")
    assert "does not name beta" in partition.alpha.run(*export, pem / "gamma.pem", status=1)
    apart.certificate("authority", "--directory", tmp_path)
    apart.certificate("issue", "beta", "--directory", tmp_path)
    assert "not accepted" in partition.alpha.run(*export, tmp_path / "beta.pem", status=1)
    assert "no peer named delta" in partition.alpha.run(
        "account", "export", "--for", "delta", "--certificate", pem / "beta.pem", status=1
    )


def test_a_peer_gets_and_brings_only_what_its_line_allows(tmp_path):
    partition = apart.Partition(tmp_path)
    rows = [new_row_beside(partition.alpha, name) for name in ("listed", "other")]
    partition.line("alpha", "beta")["accounts"] = [rows[0]["account_id"]]
    partition.alpha.write_config()
    new_row_beside(partition.beta, "theirs")
    new_row_beside(partition.gamma, "theirs too")
    changes = partition.hand_over(partition.alpha, partition.beta)
    assert list(changes) == [rows[0]["account_id"], rows[0]["access_key_id"]]
    sealed = partition.export(partition.beta, partition.alpha)
    told = partition.alpha.run("account", "import", "-", input=sealed, status=1)
    assert "may not speak for account" in told
    assert len(partition.alpha.rows("account", "list")) == 2

    partition.line("alpha", "gamma")["receives_keys"] = False
    partition.alpha.write_config()
    pem = partition.certificates / "gamma.pem"
    assert "receives_keys: true" in partition.alpha.run(
        "account", "export", "--for", "gamma", "--certificate", pem, status=1
    )


def new_row_beside(process, name):
    """Before the first start, which makes the directory: a start and a stop."""
    if not process.data_dir.exists():
        process.start().stop()
    return new_row(process, name)


def test_files_of_the_authority_are_private_and_never_overwritten(tmp_path):
    made = apart.certificate("authority", "--directory", tmp_path)
    issued = apart.certificate("issue", "host.example", "10.0.0.7", "--directory", tmp_path)
    keys = [tmp_path / "authority.key", tmp_path / "host.example.key"]
    assert [made["key_file"], issued["key_file"]] == [str(key) for key in keys]
    assert all(key.stat().st_mode & 0o777 == 0o600 for key in keys)
    contents = [key.read_text() for key in keys]
    for arguments in (["authority"], ["issue", "host.example"]):
        out = argosyd.subprocess.run(
            [argosyd.BINARY, "certificate", *arguments, "--directory", tmp_path],
            capture_output=True, text=True, timeout=argosyd.PATIENCE_S, check=False,
        )
        assert out.returncode == 1 and "File exists" in out.stderr
    assert [key.read_text() for key in keys] == contents
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "authority.key", "authority.pem", "host.example.key", "host.example.pem",
    ]
    text = argosyd.subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "host.example.pem", "-noout", "-text"],
        capture_output=True, text=True, timeout=argosyd.PATIENCE_S, check=True,
    ).stdout
    assert "DNS:host.example, IP Address:10.0.0.7" in text and "prime256v1" in text
