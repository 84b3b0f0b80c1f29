#!/usr/bin/env python3
"""Makes the test vectors and the pack of format version 1, from docs/formats alone: a second implementation.

Usage: tests/golden/make.py    (needs python3-cryptography)

What it writes is committed and never changes once released: every later program must still read it. So this
is run again only while a format version is being made.
"""
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from formats import BLOCK_BYTES, block_of_one_byte, chunk_header, hole_digests, node, reference, sha256

project = pathlib.Path(__file__).resolve().parents[2]


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


# pack.md

def record(
    kind: int, domain: int, sequence: int, payload: bytes, placement: tuple[str, int, bytes] | None = None
) -> dict:
    tag = b""
    if placement:
        upload, block, where = placement
        tag = struct.pack("<H", len(upload)) + upload.encode() + struct.pack("<QH", block, len(where)) + where
    chunk_id = sha256(payload) if payload else bytes(32)
    head = struct.pack("<IBBHIIQ", 0x52475241, 1, kind, len(tag), len(payload), 0, domain)
    head += chunk_id + struct.pack("<Q", sequence)
    head += struct.pack("<II", crc32c(head + tag), 0)
    made = {"kind": {1: "chunk", 2: "placement", 3: "table"}[kind], "domain": domain, "sequence": sequence}
    if placement:
        made |= {"upload": upload, "block": block, "reference": where}
    return made | {"head_and_tag": head + tag, "payload": payload}


# A disk of 1 GiB with three blocks: 0 and 300 of 0x07, 5 of 0x2a. Block 9 was put, and erased by zeros.
DOMAIN = 111122223333
UPLOAD = "snap-0123456789abcdef0"
sevens, stars = block_of_one_byte(0x07), block_of_one_byte(0x2A)
first = node(1, 2, {0: sevens, 5: stars})
second = node(1, 1, {300 - 256: sevens})
root = node(2, 3, {0: first, 1: second})

records = [
    record(1, DOMAIN, 1, sevens["stored"], (UPLOAD, 0, reference(sevens))),
    record(1, DOMAIN, 2, stars["stored"], (UPLOAD, 9, reference(stars))),
    record(2, DOMAIN, 3, b"", (UPLOAD, 5, reference(stars))),
    record(2, DOMAIN, 4, b"", (UPLOAD, 300, reference(sevens))),
    record(2, DOMAIN, 5, b"", (UPLOAD, 9, b"")),
    record(1, DOMAIN, 6, first["stored"]),
    record(1, DOMAIN, 7, second["stored"]),
    record(1, DOMAIN, 8, root["stored"]),
]
table = record(3, 0, 0, b"".join(entry["head_and_tag"] for entry in records))
pack_header = b"ARGOPACK" + struct.pack("<II", 1, 0)
body = pack_header + b"".join(entry["head_and_tag"] + entry["payload"] for entry in records)
trailer = b"ARGOTABL" + struct.pack("<Q", len(body))
trailer += struct.pack("<I", crc32c(trailer)) + bytes(12)
pack = body + table["head_and_tag"] + table["payload"] + trailer

# index.md, "The lookup table"

secret = bytes(range(32))
name = hmac.new(secret, sevens["digest"], "sha256").digest()
# HKDF-SHA256 (RFC 5869): the digest is the salt
extracted = hmac.new(sevens["digest"], secret, "sha256").digest()
key = hmac.new(extracted, b"argosy lookup 1\x01", "sha256").digest()
nonce = bytes(range(0x40, 0x4C))
row = nonce + AESGCM(key).encrypt(nonce, sevens["id"], name)

vectors = {
    "version": 1,
    "blocks": [sevens, stars],
    "raw_block_header": chunk_header(1, 0, BLOCK_BYTES, 0),
    "hole_digests": hole_digests,
    "nodes": [first, second, root],
    "root_reference": reference(root),
    "pack": {"header": pack_header, "records": [*records, table], "trailer": trailer},
    "lookup": {
        "domain_secret": secret,
        "digest": sevens["digest"],
        "name": name,
        "key": key,
        "nonce": nonce,
        "row": row,
    },
}

(project / "docs/formats/vectors").mkdir(parents=True, exist_ok=True)
text = json.dumps(vectors, indent=1, default=bytes.hex) + "\n"
(project / "docs/formats/vectors/version-1.json").write_text(text)
(project / "tests/golden/version-1.pack").write_bytes(pack)
