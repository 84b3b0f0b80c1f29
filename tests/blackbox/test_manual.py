"""The manual pages: whole, as groff likes them, and in step with --help."""
import re
import subprocess

import argosyd
from argosy import argosy
from argosyd import PATIENCE_S
from test_argosy_completion import options, subcommands


def groff(page):
    """The page as a terminal shows it; groff warns of nothing."""
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-rLL=100n", "-P-c", "-P-b", "-P-u"],
        input=page,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout


def words_of(text):
    return set(re.findall(r"--[a-z][a-z-]+", text.replace("‐", "-").replace("−", "-")))


def test_every_command_has_a_page_with_its_options(owner):
    verbs = subcommands(owner)
    main = groff(argosy(owner, "man"))
    assert main.startswith("ARGOSY(1)")
    named = re.search(r"^NAME\n +argosy . (.*)$", main, re.MULTILINE)
    assert named[1] == "Argosy: machine images in several regions."
    for verb in verbs:
        assert re.search(rf"^ +{verb}\b", main, re.MULTILINE), f"argosy(1) names {verb}"
        page = groff(argosy(owner, "man", verb))
        assert page.startswith(f"ARGOSY‐{verb.upper()}(1)") or page.startswith(f"ARGOSY-{verb.upper()}(1)")
        assert options(owner, verb) <= words_of(page)


def test_the_page_of_a_noun_tells_of_all_its_verbs(owner):
    page = groff(argosy(owner, "man", "snapshot"))
    for verb in subcommands(owner, "snapshot"):
        assert f"ARGOSY SNAPSHOT {verb.upper()}" in page
        assert options(owner, "snapshot", verb) <= words_of(page)


def test_a_page_shows_its_examples_as_the_help_does(owner):
    page = groff(argosy(owner, "man", "copy"))
    shown = argosy(owner, "copy", "--help").partition("Examples:\n")[2]
    for line in shown.strip().splitlines():
        assert line.strip() in page.replace("‐", "-").replace("−", "-"), line


def test_the_manual_of_no_command_is_a_mistake(owner):
    assert "no-such" in argosy(owner, "man", "no-such", status=252)


def server_help(*command):
    done = subprocess.run(
        [argosyd.BINARY, *command, "--help"], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    )
    return done.stdout


def server_commands(*command):
    """Every command of argosyd, those below others too."""
    listed = server_help(*command).partition("Subcommands:\n")[2].partition("\n\n")[0]
    names = [line.split()[0] for line in listed.splitlines() if line.startswith("  ") and line[2] != " "]
    for name in names:
        yield (*command, name)
        yield from server_commands(*command, name)


def test_the_servers_page_tells_of_every_command_and_option():
    page = subprocess.run(
        [argosyd.BINARY, "man"], capture_output=True, text=True, timeout=PATIENCE_S, check=True
    ).stdout
    shown = groff(page).replace("‐", "-").replace("−", "-")
    assert shown.startswith("ARGOSYD(8)")
    assert words_of(server_help()) <= words_of(shown)
    commands = list(server_commands())
    assert ("account", "create") in commands
    for command in commands:
        section = "ARGOSYD " + " ".join(command).upper()
        assert section in shown, f"argosyd(8) has a section {section}"
        assert words_of(server_help(*command)) <= words_of(shown)


def test_man_shows_a_page(owner):
    page = argosy(owner, "man", "verify")
    shown = subprocess.run(
        ["man", "-l", "-"],
        input=page,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=True,
        env={"PATH": "/usr/bin:/bin", "MANPAGER": "cat", "MANWIDTH": "100", "LC_ALL": "C.UTF-8"},
    ).stdout
    assert "Compare the content of two images or snapshots" in shown
