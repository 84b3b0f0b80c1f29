"""Brings what the black-box tests share: argosyd.py (the process), disks.py, packs.py, sigv4.py."""
import pathlib
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "blackbox"))

import mortal


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=30, help="kills at random moments, over all seeds")
    parser.addoption("--seed", type=int, help="only this seed")
    parser.addoption("--call", type=int, help="kill at this changing call only")
    parser.addoption("--every-call", action="store_true", help="kill at every changing call, not some")


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """kill_at.c, to be preloaded."""
    out = tmp_path_factory.mktemp("library") / "kill_at.so"
    source = pathlib.Path(__file__).with_name("kill_at.c")
    subprocess.run(
        ["gcc", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", out, source, "-ldl"], check=True
    )
    return out


@pytest.fixture
def calls(pytestconfig, tmp_path, library):
    return mortal.Calls(pytestconfig, tmp_path, library)
