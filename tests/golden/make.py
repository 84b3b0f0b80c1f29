#!/usr/bin/env python3
"""Makes the test vectors and the packs of format version 1, from docs/formats alone: a second implementation.

Usage: tests/golden/make.py    (needs python3-cryptography)

What it writes is committed and never changes once released: every later program must still read it. So this
is run again only while a format version is being made.
"""
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from formats import (BLOCK_BYTES, block_of_one_byte, chunk_header, hkdf, hole_digests, journal_reference,
                     node, reference, reference_id_alone, reference_with_key, sealed_block, sealed_node,
                     sha256)

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
pack_header = b"ARGOPACK" + struct.pack("<II", 1, 0)


def make_pack(records: list[dict]) -> tuple[dict, bytes]:
    """The vectors of a sealed pack, and its bytes."""
    table = record(3, 0, 0, b"".join(entry["head_and_tag"] for entry in records))
    body = pack_header + b"".join(entry["head_and_tag"] + entry["payload"] for entry in records)
    trailer = b"ARGOTABL" + struct.pack("<Q", len(body))
    trailer += struct.pack("<I", crc32c(trailer)) + bytes(12)
    vectors = {"header": pack_header, "records": [*records, table], "trailer": trailer}
    return vectors, body + table["head_and_tag"] + table["payload"] + trailer


pack_vectors, pack = make_pack(records)

# index.md, "The lookup table"

secret = bytes(range(32))


def lookup(block: dict, form: bytes, info: bytes, content: bytes) -> dict:
    name = hmac.new(secret, block["digest"] + form, "sha256").digest()
    key = hkdf(secret, block["digest"], info)
    nonce = bytes(range(0x40, 0x4C))
    row = nonce + AESGCM(key).encrypt(nonce, content, name)
    return {
        "domain_secret": secret,
        "digest": block["digest"],
        "name": name,
        "key": key,
        "nonce": nonce,
        "row": row,
    }


# The same disk sealed under that secret, and its upload under way.
upload_key = bytes(range(0x80, 0xA0))
sealed_sevens, sealed_stars = sealed_block(secret, sevens), sealed_block(secret, stars)
sealed_first = sealed_node(secret, 1, 2, {0: sealed_sevens, 5: sealed_stars})
sealed_second = sealed_node(secret, 1, 1, {300 - 256: sealed_sevens})
sealed_root = sealed_node(secret, 2, 3, {0: sealed_first, 1: sealed_second})


def journal(number: int, block: int, child: dict) -> dict:
    nonce = bytes(range(0x50 + number, 0x5C + number))
    sealed = journal_reference(upload_key, nonce, UPLOAD, block, child)
    return {"block": block, "nonce": nonce, "reference": sealed}


places = [journal(0, 0, sealed_sevens), journal(1, 5, sealed_stars), journal(2, 300, sealed_sevens)]
sealed_records = [
    record(1, DOMAIN, 1, sealed_sevens["stored"], (UPLOAD, 0, places[0]["reference"])),
    record(1, DOMAIN, 2, sealed_stars["stored"], (UPLOAD, 5, places[1]["reference"])),
    record(2, DOMAIN, 3, b"", (UPLOAD, 300, places[2]["reference"])),
    record(2, DOMAIN, 4, b"", (UPLOAD, 9, b"")),
    record(1, DOMAIN, 5, sealed_first["stored"]),
    record(1, DOMAIN, 6, sealed_second["stored"]),
    record(1, DOMAIN, 7, sealed_root["stored"]),
]
sealed_pack_vectors, sealed_pack = make_pack(sealed_records)

sealed_row = sealed_sevens["id"] + sealed_sevens["key"]
vectors = {
    "version": 1,
    "blocks": [sevens, stars],
    "raw_block_header": chunk_header(1, 0, BLOCK_BYTES, 0),
    "hole_digests": hole_digests,
    "nodes": [first, second, root],
    "root_reference": reference(root),
    "pack": pack_vectors,
    "lookup": lookup(sevens, b"", b"argosy lookup 1", sevens["id"]),
    "sealed": {
        "domain_secret": secret,
        "blocks": [sealed_sevens, sealed_stars],
        "nodes": [sealed_first, sealed_second, sealed_root],
        "root_reference": reference_with_key(sealed_root),
        "root_id_alone": reference_id_alone(sealed_root),
        "journal": {"upload": UPLOAD, "upload_key": upload_key, "places": places},
        "pack": sealed_pack_vectors,
        "lookup": lookup(sevens, b"\x01", b"argosy sealed lookup 1", sealed_row),
    },
}

(project / "docs/formats/vectors").mkdir(parents=True, exist_ok=True)
text = json.dumps(vectors, indent=1, default=bytes.hex) + "\n"
(project / "docs/formats/vectors/version-1.json").write_text(text)
(project / "tests/golden/version-1.pack").write_bytes(pack)
(project / "tests/golden/version-1-sealed.pack").write_bytes(sealed_pack)
