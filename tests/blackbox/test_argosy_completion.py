"""Completion as bash does it, and the words that each shell is offered."""
import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from argosy import BINARY, argosy, start, write_profiles
from argosyd import PATIENCE_S


def offered(account, *words, **environment):
    """What argosy offers for a line whose last word is being typed."""
    process = start(account, "__complete", *words, **environment)
    out, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0 and complaints == ""
    return [line.split("\t")[0] for line in out.splitlines()]


def subcommands(account, *command):
    """The commands that the help names below a command."""
    text = argosy(account, *command, "--help")
    listed = text.partition("Subcommands:\n")[2].partition("\n\n")[0]
    return {line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "}


def options(account, *command):
    """Every option that the help of a command names."""
    return set(re.findall(r"--[a-z][a-z-]+", argosy(account, *command, "--help")))


def test_every_command_and_option_of_the_help_is_offered(owner):
    commands = subcommands(owner)
    assert {"copy", "verify", "snapshot", "doctor"} <= commands
    assert set(offered(owner, "")) == commands
    for command in commands:
        assert set(offered(owner, command, "--")) <= options(owner, command)
        assert {"--region", "--profile", "--output", "--help"} <= set(offered(owner, command, "--"))
    assert set(offered(owner, "snapshot", "")) == subcommands(owner, "snapshot")
    assert offered(owner, "snapshot", "rm", "--dr") == ["--dry-run"]


def test_values_are_offered_where_there_are_only_some(owner, tmp_path):
    assert offered(owner, "ls", "--output", "") == ["table", "json"]
    assert offered(owner, "ls", "-o", "j") == ["json"]
    assert offered(owner, "ls", "--output", "=", "j") == ["json"], "bash takes = for a word"
    assert offered(owner, "ls", "--output=j") == ["--output=json"]
    assert offered(owner, "import", "--boot-mode", "u") == ["uefi", "uefi-preferred"]
    assert offered(owner, "completion", "") == ["bash", "zsh", "fish"]
    config = write_profiles(tmp_path / "config", lab=owner, live=owner)
    assert offered(owner, "--profile", "l", AWS_CONFIG_FILE=config) == ["lab", "live"]
    assert offered(owner, "import", "") == [":files"] and offered(owner, "export", "ami-1", "") == [":files"]
    assert "copy" in offered(owner, "man", "")


def test_regions_and_own_images_are_offered_by_the_service(owner, image):
    assert offered(owner, "copy", "--to", "us-") == ["us-east-1", "us-west-2"]
    assert offered(owner, "copy", "--to", "us-east-1,eu") == ["us-east-1,eu-west-1"]
    assert "us-east-1/" in offered(owner, "show", "us")
    assert f"us-east-1/{image}" in offered(owner, "show", "us-east-1/ami-")
    assert offered(owner, "show", "us-west-2/" + image) == []
    name, endpoint = "--endpoint-url", owner.server.endpoint
    split = re.split("(:)", endpoint)  # as bash does
    for named in ([name, *split], [name, "=", *split], [f"{name}={endpoint}"]):
        found = offered(owner, "show", *named, "us-east-1/ami-", AWS_ENDPOINT_URL="http://127.0.0.1:1")
        assert f"us-east-1/{image}" in found


def test_images_behind_a_profile_are_those_that_it_sees(owner, recipient, image, tmp_path):
    config = write_profiles(tmp_path / "config", lab=owner)
    assert "us-east-1/" in offered(recipient, "show", "lab", ":", "us", AWS_CONFIG_FILE=config)
    assert f"us-east-1/{image}" in offered(recipient, "show", "lab", ":", "us-east-1/a", AWS_CONFIG_FILE=config)
    assert f"us-east-1/{image}" not in offered(recipient, "show", "us-east-1/a", AWS_CONFIG_FILE=config)


def test_nothing_is_said_where_nobody_answers(owner):
    away = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": None}
    assert offered(owner, "show", "us-east-1/", **away) == []
    assert offered(owner, "copy", "--to", "", **away) == []
    assert offered(owner, "ls", "--profile", "", AWS_CONFIG_FILE="/nowhere") == []
    assert offered(owner, "ls", "--no-such-option", "--all") == ["--all-regions"]


class Shell:
    """An interactive shell on a terminal."""

    def __init__(self, account, command, setup):
        environment = account.environment() | {
            "AWS_ENDPOINT_URL": account.server.endpoint,
            "TERM": "dumb",
            "PS1": "$ ",
            "PATH": f"{BINARY.parent}:/usr/bin:/bin",
        }
        self._terminal, other = pty.openpty()
        self._process = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, env=environment, start_new_session=True
        )
        os.close(other)
        self._output = ""
        self.type(setup + "\n")
        self.type("echo rea''dy\n")
        self.read_until("ready")

    def type(self, text):
        os.write(self._terminal, text.encode())

    def read_until(self, wanted):
        """Everything up to and with `wanted`."""
        deadline = time.monotonic() + PATIENCE_S
        while wanted not in self._output:
            readable, _, _ = select.select([self._terminal], [], [], deadline - time.monotonic())
            assert readable, f"no {wanted!r} in {self._output!r}"
            self._output += os.read(self._terminal, 65536).decode(errors="replace")
        seen, _, self._output = self._output.partition(wanted)
        return seen + wanted

    def close(self):
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)


def test_bash_completes_on_tab(owner, image):
    shell = Shell(owner, ["bash", "--norc", "--noprofile", "-i"], "source <(argosy completion bash)")
    shell.type("argosy dereg\t")
    shell.read_until("deregister ")
    shell.type("--every\t")
    shell.read_until("everywhere ")
    shell.type("us-e\t")
    shell.read_until("ast-1/")
    shell.type(f"{image[:-2]}\t")
    shell.read_until(image[-2:])
    shell.type("\x15")  # another line
    shell.type(f"argosy --endpoint-url {owner.server.endpoint} show us-e\t")
    shell.read_until("ast-1/")
    shell.close()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_take_their_scripts(owner, tmp_path, shell):
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / "script"
    script.write_text(argosy(owner, "completion", shell))
    if shell == "zsh":
        command = f"autoload -U compinit; compinit -D; source {script}; whence -w _argosy"
    else:
        command = f"source {script}; complete -C 'argosy dereg'"
    environment = owner.environment() | {"AWS_ENDPOINT_URL": owner.server.endpoint, "HOME": str(tmp_path)}
    environment["PATH"] = f"{BINARY.parent}:/usr/bin:/bin"
    done = subprocess.run(
        [shell, "-c", command],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        env=environment,
        check=True,
    )
    assert "function" in done.stdout if shell == "zsh" else done.stdout.startswith("deregister")
    assert done.stderr == ""


def test_an_unknown_shell_is_a_mistake(owner):
    assert argosy(owner, "completion", "tcsh", status=252)
    assert argosy(owner, "completion", status=252)
