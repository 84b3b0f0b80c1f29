"""The command argosy as a process, and the disks that it is given."""
import json
import os
import pathlib
import subprocess

import argosyd
import disks
from argosyd import PATIENCE_S

BINARY = pathlib.Path(os.environ.get("ARGOSY", argosyd.BINARY.with_name("argosy")))
BLOCK_BYTES = disks.BLOCK_BYTES
PIECE_BYTES = 1 << 20


def start(account, *arguments, **environment):
    """`environment`: beside what every client gets; a value of None takes a variable away."""
    variables = account.environment() | {"AWS_ENDPOINT_URL": account.server.endpoint} | environment
    variables = {name: str(value) for name, value in variables.items() if value is not None}
    return subprocess.Popen(
        [BINARY, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
    )


def run(account, *arguments, status=0, **environment):
    """What the command writes to stdout and to stderr, after it ended with that status."""
    process = start(account, *arguments, **environment)
    out, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == status, complaints + out
    return out, complaints


def argosy(account, *arguments, status=0, **environment):
    """What the command writes to stdout; with another status, to stderr."""
    out, complaints = run(account, *arguments, status=status, **environment)
    return complaints if status else out


def argosy_json(account, *arguments, status=0, **environment):
    """What the command writes to stdout, decoded, whatever its status."""
    return json.loads(run(account, *arguments, "--output", "json", status=status, **environment)[0])


def make_disk(path, blocks, size):
    with open(path, "wb") as file:
        file.truncate(size)
        for index, data in blocks.items():
            file.seek(index * BLOCK_BYTES)
            file.write(data)
    return path


def data_pieces(file, offset):
    """What is written behind the offset, in pieces: an exported disk has a GiB of holes."""
    size = os.fstat(file.fileno()).st_size
    while offset < size:
        try:
            offset = os.lseek(file.fileno(), offset, os.SEEK_DATA)
        except OSError:
            return  # holes up to the end
        end = os.lseek(file.fileno(), offset, os.SEEK_HOLE)
        for begin in range(offset, end, PIECE_BYTES):
            yield os.pread(file.fileno(), min(PIECE_BYTES, end - begin), begin)
        offset = end


def starts_with(path, disk):
    """The exported file is the disk and behind it zeros."""
    with open(path, "rb") as exported, open(disk, "rb") as wanted:
        while piece := wanted.read(PIECE_BYTES):
            if exported.read(len(piece)) != piece:
                return False
        return not any(any(piece) for piece in data_pieces(exported, os.path.getsize(disk)))


def write_profiles(path, **accounts):
    """A config file of AWS with a profile for each account, and where its service is."""
    text = ""
    for name, account in accounts.items():
        text += (
            f"[profile {name}]\nregion = us-east-1\nendpoint_url = {account.server.endpoint}\n"
            f"aws_access_key_id = {account.access_key_id}\n"
            f"aws_secret_access_key = {account.secret_access_key}\n\n"
        )
    path.write_text(text)
    return path
