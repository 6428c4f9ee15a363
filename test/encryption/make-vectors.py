"""Writes vectors.json: sealed files made by another implementation of docs/encryption.md than the one under test.

It needs Python 3.9 or later and the package `cryptography`:

    python3 test/encryption/make-vectors.py > test/encryption/vectors.json
"""

import base64
import hashlib
import json
import struct
import unicodedata

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

CHUNK = 65536


def hkdf(key_input, salt, purpose, length):
    info = b"mayfly sealed v1 " + purpose
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key_input)


def metadata_bytes(metadata):
    text = json.dumps(metadata, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return struct.pack(">I", len(text)) + text


def content_of(length):
    return bytes(i % 251 for i in range(length))


def vector(name, length, metadata, password=None, iterations=0):
    # Nothing here is secret: both derive from the name, so that the file can be generated again.
    secret = hashlib.sha256(b"secret of " + name.encode()).digest()
    salt = hashlib.sha256(b"salt of " + name.encode()).digest()[:16]
    key_input = secret
    if password is not None:
        normal = unicodedata.normalize("NFC", password).encode("utf-8")
        key_input += hashlib.pbkdf2_hmac("sha256", normal, salt, iterations, 32)
    key = hkdf(key_input, salt, b"key", 32)
    commitment = hkdf(key_input, salt, b"commitment", 32)
    prefix = hkdf(key_input, salt, b"nonce", 7)
    flags = 0 if password is None else 1
    header = b"MAYFLY" + bytes([1, flags]) + struct.pack(">I", iterations) + salt + commitment
    assert len(header) == 60
    plaintext = metadata_bytes(metadata) + content_of(length)
    chunks = [plaintext[at : at + CHUNK] for at in range(0, len(plaintext), CHUNK)]
    sealed = header
    for index, chunk in enumerate(chunks):
        nonce = prefix + struct.pack(">I", index) + bytes([index == len(chunks) - 1])
        sealed += AESGCM(key).encrypt(nonce, chunk, header)
    return {
        "name": name,
        "secret": base64.urlsafe_b64encode(secret).decode().rstrip("="),
        "password": password,
        "iterations": iterations,
        "salt": salt.hex(),
        "key": key.hex(),
        "commitment": commitment.hex(),
        "noncePrefix": prefix.hex(),
        "metadata": metadata,
        "contentLength": length,
        "contentSha256": hashlib.sha256(content_of(length)).hexdigest(),
        "sealed": base64.b64encode(sealed).decode(),
    }


TEXT = {"name": None, "type": "text/plain"}
BINARY = {"name": "data.bin", "type": "application/octet-stream"}
FULL = CHUNK - len(metadata_bytes(BINARY))

vectors = [
    vector("empty", 0, TEXT),
    vector("one chunk", 1000, {"name": "notes.txt", "type": "text/plain"}),
    vector("a plaintext of exactly 65,536 bytes", FULL, BINARY),
    vector("two chunks", CHUNK + 10, BINARY),
    vector("with a password", 100, TEXT, "correct horse battery staple", 600000),
    # Decomposed, as some keyboards send it. It is the same password as its composed form.
    vector("with a password that is not in NFC", 100, TEXT, "Zu\u0308rich \U0001f511", 1000),
    vector("a name that is not ASCII", 10, {"name": "日本語 – \"Übung\".pdf", "type": "application/pdf"}),
]
print(
    json.dumps(
        {"content": "byte i of every content is i mod 251", "vectors": vectors},
        ensure_ascii=False,
        indent=2,
    )
)
