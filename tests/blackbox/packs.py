"""Packs as tests see them: their records, and bits of them that flip. Format: docs/formats/pack.md."""
import os
import pathlib
import stat
import struct

HEADER_BYTES = 16
HEAD_BYTES = 72
KINDS = {1: "chunk", 2: "placement", 3: "table of contents"}


class Record:
    def __init__(self, pack, offset, head):
        self.pack = pack
        self.offset = offset
        tag_bytes, self.payload_bytes = struct.unpack_from("<HI", head, 6)
        self.payload_offset = offset + HEAD_BYTES + tag_bytes
        self.end = self.payload_offset + self.payload_bytes
        self.kind = KINDS[head[5]]


def of_region(server, region="us-east-1"):
    """The packs of a region, the oldest first."""
    return sorted(pathlib.Path(server.data_dir, "regions", region, "packs").glob("*.pack"))


def records(pack):
    """All records of a pack; a chunk's kind is `block`, `node 1` or `node 2`."""
    content = pack.read_bytes()
    assert content[:8] == b"ARGOPACK"
    offset, found = HEADER_BYTES, []
    while content[offset : offset + 4] == b"ARGR":
        record = Record(pack, offset, content[offset : offset + HEAD_BYTES])
        if record.kind == "chunk":
            level = content[record.payload_offset + 8]
            record.kind = f"node {level}" if level else "block"
        found.append(record)
        offset = record.end
    return found


def seal(path):
    """As a full one is, though it has no table of contents. No server writes it meanwhile."""
    os.chmod(path, stat.S_IRUSR)


def cut(path, size_bytes):
    """As a check of the file system leaves it, also a sealed file."""
    mode = path.stat().st_mode
    os.chmod(path, mode | stat.S_IWUSR)
    os.truncate(path, size_bytes)
    os.chmod(path, mode)


def flip(path, offset):
    """One bit, also in a sealed file."""
    mode = path.stat().st_mode
    os.chmod(path, mode | stat.S_IWUSR)
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 0x10]))
    os.chmod(path, mode)
