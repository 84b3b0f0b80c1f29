"""argosyd account and access-key, beside a running server."""
import re
import subprocess

import pytest

import argosyd
import disks
from argosyd import refused


def test_an_account_is_made_and_works_at_once(server):
    name = disks.unique("made")
    made = server.command("account", "create", name)[0]
    assert (made["name"], made["state"]) == (name, "enabled") and re.fullmatch(
        "[0-9]{12}", made["account_id"]
    )
    key = server.command("access-key", "create", made["account_id"])[0]
    account = argosyd.Account(server, made | key)
    assert account.sts().get_caller_identity()["Account"] == made["account_id"]
    assert disks.upload(account, {0: disks.block("new account")}).startswith("snap-")


def test_an_account_may_be_given_its_id(server):
    name = disks.unique("given")
    assert (
        server.command("account", "create", name, "--account-id", "000000000042")[0]["account_id"]
        == "000000000042"
    )
    key = server.command("access-key", "create", name)[0]
    assert (
        argosyd.Account(server, {"name": name, **key}).sts().get_caller_identity()["Account"]
        == "000000000042"
    )


def test_accounts_and_keys_are_listed_without_secrets(server):
    account = server.new_account(disks.unique("listed"))
    rows = {row["name"]: row for row in server.command("account", "list")}
    assert {"owner", "recipient", "stranger", account.name} <= set(rows)
    assert rows[account.name]["account_id"] == account.id
    keys = server.command("access-key", "list", account.name)
    assert [(key["access_key_id"], key["account_id"], key["state"]) for key in keys] == [
        (account.access_key_id, account.id, "enabled")
    ]
    assert len(server.command("access-key", "list")) > 3
    assert not [key for key in server.command("access-key", "list") if "secret_access_key" in key]


@pytest.mark.parametrize(
    "service, action, code",
    [("ec2", "describe_regions", "AuthFailure"), ("sts", "get_caller_identity", "InvalidClientTokenId")],
)
def test_a_disabled_key_is_refused_at_once_and_the_accounts_other_key_goes_on(server, service, action, code):
    account = server.new_account(disks.unique("key"))
    other = argosyd.Account(
        server, {"name": account.name, **server.command("access-key", "create", account.name)[0]}
    )
    for user in (account, other):
        getattr(user.client(service, "us-east-1"), action)()
    server.command("access-key", "disable", account.access_key_id)
    with refused(code):
        getattr(account.client(service, "us-east-1"), action)()
    getattr(other.client(service, "us-east-1"), action)()
    states = {
        key["access_key_id"]: key["state"] for key in server.command("access-key", "list", account.name)
    }
    assert states == {account.access_key_id: "disabled", other.access_key_id: "enabled"}


def test_a_disabled_account_is_refused_with_all_its_keys_and_keeps_its_images(server):
    account, friend = (server.new_account(disks.unique(word)) for word in ("disabled", "friend"))
    image = disks.register(account, disks.upload(account, {0: disks.block("kept")}))
    disks.share_image(account, image, friend)
    server.command("account", "disable", account.name)
    with refused("AuthFailure"):
        account.ec2().describe_images()
    with refused("UnrecognizedClientException"):
        account.ebs().start_snapshot(VolumeSize=1)
    assert disks.describe_image(friend, image)["OwnerId"] == account.id


@pytest.mark.parametrize(
    "arguments",
    [
        ["account", "create", "owner"],
        ["account", "create", "x", "--account-id", "12"],
        ["account", "disable", "nobody"],
        ["access-key", "create", "nobody"],
        ["access-key", "disable", "AKIA0000000000000000"],
        ["access-key", "list", "nobody"],
        ["account", "create"],
        ["account", "create", ""],
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(server, arguments):
    out = subprocess.run(
        [argosyd.BINARY, *arguments, "--data-dir", server.data_dir],
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode != 0 and out.stdout == "" and out.stderr.strip()


def test_a_directory_that_is_no_data_directory_is_refused(tmp_path):
    out = subprocess.run(
        [argosyd.BINARY, "account", "list", "--data-dir", tmp_path / "none"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode != 0 and out.stderr.strip()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("path", ["o-1", "o-1/", "r-1/o-1/", "o-1/r-1", "o-1/r-1/x-1/", "o-1/r-1//"])
def test_a_place_in_no_organization_is_refused(server, path):
    out = subprocess.run(
        [argosyd.BINARY, "account", "move", "owner", path, "--data-dir", server.data_dir],
        capture_output=True,
        text=True,
        check=False,
    )
    assert out.returncode == 1 and "o-…/r-…/ou-…/" in out.stderr
