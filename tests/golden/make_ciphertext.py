#!/usr/bin/env python3
"""Makes the test vectors of ciphertext.md from that page alone: a second implementation, like make.py.

Usage: tests/golden/make_ciphertext.py    (needs python3-cryptography)
"""
import hmac
import json
import pathlib
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

project = pathlib.Path(__file__).resolve().parents[2]


def hmac_sha256(key, message):
    return hmac.new(key, message, "sha256").digest()


def canonical(context):
    out = struct.pack("<I", len(context))
    for name in sorted(context, key=str.encode):
        for text in (name.encode(), context[name].encode()):
            out += struct.pack("<I", len(text)) + text
    return out


def vector(key_id, version, material, context, plain):
    multi_region = key_id.startswith("mrk-")
    bits = bytes.fromhex(key_id.removeprefix("mrk-").replace("-", ""))
    salt = bytes(range(16))
    head = b"ARGK" + bytes([1, multi_region, 0, 0]) + struct.pack("<I", version) + bits + salt
    # HKDF-SHA256 (RFC 5869)
    key = hmac_sha256(hmac_sha256(salt, material), b"argosy kms ciphertext 1\x01")
    sealed = AESGCM(key).encrypt(bytes(12), plain, head + canonical(context))
    return {
        "key_id": key_id,
        "version": version,
        "material": material,
        "material_id": hmac_sha256(material, b"argosy key material id"),
        "context": context,
        "canonical_context": canonical(context),
        "salt": salt,
        "plain": plain,
        "blob": head + sealed,
    }


vectors = [
    vector("1234abcd-12ab-34cd-56ef-1234567890ab", 1, bytes(range(32)), {}, b"argosy"),
    vector(
        "mrk-1234abcd12ab34cd56ef1234567890ab",
        2,
        bytes([0xAB]) * 32,
        {"aws:ebs:id": "snap-0123456789abcdef0"},
        bytes(range(64)),
    ),
    vector(
        "00000000-0000-4000-8000-0000000000ff",
        0xFFFFFFFF,
        bytes(reversed(range(32))),
        {"b": "2", "a": "1", "é": ""},
        b"",
    ),
]
text = json.dumps(vectors, indent=1, default=bytes.hex, ensure_ascii=False) + "\n"
(project / "docs/formats/vectors/ciphertext-1.json").write_text(text)
