"""What ASan, UBSan and TSan say of the processes that the tests start: a report fails the test that finds it.

Each process writes a file for itself, whoever reads its stderr. UBSan beside ASan does so only where it is linked
statically (CMakePresets.json, dev); ASan then writes the file's summary alone, and the rest to stderr."""
import os
import pathlib
import re
import shutil
import subprocess

import pytest

OPTIONS = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")
_path = {}  # where a prepared nbdkit is found, if there is one


def gather_reports(folder):
    """From now on every process that is started writes its reports into the folder. What ASan keeps of freed memory is
    less than by default, so that bounds of memory hold with it, too."""
    for name in OPTIONS:
        os.environ[name] = f"{os.environ.get(name, '')}:log_path={folder}/report"
    os.environ["ASAN_OPTIONS"] += ":quarantine_size_mb=32"


# ASan begins with the first allocation. If that is p11-kit's, under glibc's lock of locales, it takes the same lock
# and leaves it broken: nbdkit then never ends.
BEGINS_AT_ONCE = """
#include <stdlib.h>
__attribute__((constructor)) static void begin(void) { free(malloc(1)); }
"""


def prepare_nbdkit(folder, plugin):
    """nbdkit is not built with sanitizers, but may have to load our plugin that is: from now on the nbdkit that is
    found first runs with what the plugin needs. Its own leaks are not ours."""
    needs = subprocess.run(["ldd", plugin], capture_output=True, text=True, check=False).stdout  # none: not built
    runtimes = re.findall(r"=> (\S*lib[at]san\.so\S*)", needs)
    if not runtimes:
        return
    first = folder / "begins-at-once.so"
    compile_it = ["cc", "-shared", "-fPIC", "-O0", "-Wl,-z,initfirst", "-x", "c", "-", "-o", first]
    subprocess.run(compile_it, input=BEGINS_AT_ONCE, text=True, check=True)
    wrapper = folder / "nbdkit"
    wrapper.write_text(
        "#!/bin/sh\n"
        f'export LD_PRELOAD="{runtimes[0]} {first}" ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0"\n'
        f'exec {shutil.which("nbdkit")} "$@"\n'
    )
    wrapper.chmod(0o755)
    _path["PATH"] = os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


def environment():
    """For a process that is given nothing else of this one's environment."""
    return {name: os.environ[name] for name in OPTIONS if name in os.environ} | _path


def fail_on_reports(folder):
    """Each is told once."""
    text = ""
    for report in sorted(pathlib.Path(folder).iterdir()):
        text += report.read_text(errors="replace")
        report.unlink()
    if text:
        pytest.fail(text, pytrace=False)
