"""Brings what the black-box tests share: argosyd.py (the process), disks.py, sigv4.py."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "blackbox"))


def pytest_addoption(parser):
    parser.addoption("--kills", type=int, default=30, help="kills at random moments, over all seeds")
    parser.addoption("--seed", type=int, help="only this seed")
    parser.addoption("--call", type=int, help="kill at this changing call only")
    parser.addoption("--every-call", action="store_true", help="kill at every changing call, not at some of them")
