"""Chunks and manifest nodes of format version 1 as docs/formats says, by hand: a second implementation."""
import hashlib
import struct

BLOCK_BYTES = 524_288
FANOUT = 256


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# chunk.md

def chunk_header(kind: int, codec: int, plain_bytes: int, level: int) -> bytes:
    return struct.pack("<BBBBIB3x", 1, kind, codec, 0, plain_bytes, level)


def zstd_of_one_byte(value: int) -> bytes:
    """A Zstandard frame of a block of one byte (RFC 8878): single segment, four RLE blocks of 128 KiB."""
    frame = bytes.fromhex("28b52ffd") + bytes([0xA0]) + struct.pack("<I", BLOCK_BYTES)
    for number in range(4):
        head = (131_072 << 3) | (1 << 1) | (number == 3)
        frame += head.to_bytes(3, "little") + bytes([value])
    return frame


def block_of_one_byte(value: int) -> dict:
    stored = chunk_header(1, 1, BLOCK_BYTES, 0) + zstd_of_one_byte(value)
    digest = sha256(bytes([value]) * BLOCK_BYTES)
    return {"byte": f"{value:02x}", "digest": digest, "stored": stored, "id": sha256(stored)}


# manifest.md

hole_digests = [sha256(bytes(BLOCK_BYTES))]
for level in range(1, 5):
    hole_digests.append(sha256(b"argosy node 1" + bytes([level]) + hole_digests[-1] * FANOUT))


def node(level: int, blocks: int, children: dict[int, dict]) -> dict:
    bitmap = bytearray(FANOUT // 8)
    for slot in children:
        bitmap[slot // 8] |= 1 << (slot % 8)
    slots = sorted(children)
    body = struct.pack("<Q", blocks) + bytes(bitmap)
    body += b"".join(children[slot]["id"] for slot in slots)
    body += b"".join(children[slot]["digest"] for slot in slots)
    stored = chunk_header(2, 0, len(body), level) + body
    hole = {"digest": hole_digests[level - 1]}
    digests = [children.get(slot, hole)["digest"] for slot in range(FANOUT)]
    named = {slot: {key: children[slot][key] for key in ("id", "digest")} for slot in slots}
    return {"level": level, "blocks": blocks,
            "children": [{"slot": slot} | named[slot] for slot in slots],
            "stored": stored, "id": sha256(stored),
            "digest": sha256(b"argosy node 1" + bytes([level]) + b"".join(digests))}


def reference(child: dict) -> bytes:
    return b"\x01" + child["id"] + child["digest"]
