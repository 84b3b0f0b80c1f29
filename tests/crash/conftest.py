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


def built(tmp_path_factory, name):
    """A library of this folder, to be preloaded."""
    out = tmp_path_factory.mktemp("library") / f"{name}.so"
    source = pathlib.Path(__file__).with_name(f"{name}.c")
    subprocess.run(["gcc", "-O1", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", out, source, "-ldl"], check=True)
    return out


@pytest.fixture(scope="session")
def kill_at(tmp_path_factory):
    return built(tmp_path_factory, "kill_at")


@pytest.fixture(scope="session")
def bad_sector(tmp_path_factory):
    return built(tmp_path_factory, "bad_sector")


@pytest.fixture
def calls(pytestconfig, tmp_path, kill_at):
    return mortal.Calls(pytestconfig, tmp_path, kill_at)
