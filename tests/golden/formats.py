"""Chunks and manifest nodes of format version 1 as docs/formats says, by hand: a second implementation."""
import hashlib
import hmac
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BLOCK_BYTES = 524_288
FANOUT = 256


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


# chunk.md

def chunk_header(kind: int, codec: int, plain_bytes: int, level: int, sealing: int = 0) -> bytes:
    return struct.pack("<BBBBIB3x", 1, kind, codec, sealing, plain_bytes, level)


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


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869), 32 bytes."""
    return hmac.new(hmac.new(salt, secret, "sha256").digest(), info + b"\x01", "sha256").digest()


def seal_chunk(secret: bytes, unsealed: bytes, clear: bytes, plain: bytes) -> dict:
    """`clear` is the sealed form's beginning, `plain` what follows it encrypted, `unsealed` gives the key."""
    key = hkdf(secret, sha256(unsealed), b"argosy chunk 1")
    stored = clear + AESGCM(key).encrypt(bytes(12), plain, clear)
    return {"key": key, "stored": stored, "id": sha256(stored)}


def sealed_block(secret: bytes, block: dict) -> dict:
    unsealed = block["stored"]
    return block | seal_chunk(secret, unsealed, unsealed[:3] + b"\x01" + unsealed[4:12], unsealed[12:])


# manifest.md

hole_digests = [sha256(bytes(BLOCK_BYTES))]
for level in range(1, 5):
    hole_digests.append(sha256(b"argosy node 1" + bytes([level]) + hole_digests[-1] * FANOUT))


def join(children: dict[int, dict], field: str) -> bytes:
    return b"".join(children[slot][field] for slot in sorted(children))


def clear_body(blocks: int, children: dict[int, dict]) -> bytes:
    bitmap = bytearray(FANOUT // 8)
    for slot in children:
        bitmap[slot // 8] |= 1 << (slot % 8)
    return struct.pack("<Q", blocks) + bytes(bitmap) + join(children, "id")


def describe_node(level: int, blocks: int, children: dict[int, dict]) -> dict:
    hole = {"digest": hole_digests[level - 1]}
    digests = [children.get(slot, hole)["digest"] for slot in range(FANOUT)]
    fields = ("id", "digest", "key")
    named = [{"slot": slot} | {name: children[slot][name] for name in fields if name in children[slot]}
             for slot in sorted(children)]
    return {"level": level, "blocks": blocks, "children": named,
            "digest": sha256(b"argosy node 1" + bytes([level]) + b"".join(digests))}


def node(level: int, blocks: int, children: dict[int, dict]) -> dict:
    body = clear_body(blocks, children) + join(children, "digest")
    stored = chunk_header(2, 0, len(body), level) + body
    made = describe_node(level, blocks, children)
    digest = made.pop("digest")
    return made | {"stored": stored, "id": sha256(stored), "digest": digest}


def sealed_node(secret: bytes, level: int, blocks: int, children: dict[int, dict]) -> dict:
    body = clear_body(blocks, children)
    plain = join(children, "digest") + join(children, "key")
    unsealed = chunk_header(2, 0, len(body) + len(plain), level) + body + plain
    clear = chunk_header(2, 0, len(body) + len(plain) + 16, level, sealing=1) + body
    return describe_node(level, blocks, children) | seal_chunk(secret, unsealed, clear, plain)


def reference(child: dict) -> bytes:
    return b"\x01" + child["id"] + child["digest"]


def reference_with_key(child: dict) -> bytes:
    return b"\x02" + child["id"] + child["digest"] + child["key"]


def reference_id_alone(child: dict) -> bytes:
    return b"\x03" + child["id"]


def journal_reference(upload_key: bytes, nonce: bytes, upload: str, block: int, child: dict) -> bytes:
    form_and_id = b"\x04" + child["id"]
    context = form_and_id + struct.pack("<Q", block) + upload.encode()
    return form_and_id + nonce + AESGCM(upload_key).encrypt(nonce, child["digest"] + child["key"], context)
