"""What ASan, UBSan and TSan say of the processes that the tests start: a report fails the test that finds it.

Each process writes a file for itself, whoever reads its stderr. UBSan beside ASan does so only where it is linked
statically (CMakePresets.json, dev); ASan then writes the file's summary alone, and the rest to stderr."""
import os
import pathlib

import pytest

OPTIONS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


def gather_reports(folder):
    """From now on every process that is started writes its reports into the folder."""
    for name in OPTIONS:
        os.environ[name] = f"{os.environ.get(name, '')}:log_path={folder}/report"


def environment():
    """For a process that is given nothing else of this one's environment."""
    return {name: os.environ[name] for name in OPTIONS if name in os.environ}


def fail_on_reports(folder):
    """Each is told once."""
    text = ""
    for report in sorted(pathlib.Path(folder).iterdir()):
        text += report.read_text(errors="replace")
        report.unlink()
    if text:
        pytest.fail(text, pytrace=False)
