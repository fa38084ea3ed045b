"""How what the record may not know goes through it: salts, and what people have decided.

A salt goes by HPKE (RFC 9180), which the record cannot open; documents go sealed under the secret.
Whoever asks makes a pair of keys and keeps the private one in memory, until it has the answer. So
what is in PostgreSQL, in its log and in its dumps opens nothing, with the secret neither. The
secret proves that it is a node that asks, and that it is the salt of the nodes that is answered.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from mallard.model import MallardError
from mallard.register.port import subject

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_KEY = b"mallard-cluster-salts"
_KEY_OF_DOCUMENTS = b"mallard-cluster-documents"
NONCE_BYTES = 12


class Sealing:
    """Seals and opens under the secret that all nodes have. `of` names a period, or who asks."""

    def __init__(self, secret: str) -> None:
        encoded = secret.encode("utf-8", "surrogatepass")
        self._key = hmac.digest(_KEY, encoded, "sha256")

    def fingerprint(self, of: str, salt: bytes) -> str:
        """What tells the salt of a period from any other, to whoever has it and the secret."""
        return self._digest(b"salt", of, salt).hex()

    def proof(self, of: str, public: bytes) -> bytes:
        """What shows that a node has made a public key."""
        return self._digest(b"key", of, public)

    def seal(self, of: str, public: bytes, proof: bytes, salt: bytes) -> bytes | None:
        """The salt for whoever asks by this key; None where it is no node."""
        if not hmac.compare_digest(proof, self.proof(of, public)):
            return None
        return _SUITE.encrypt(salt, X25519PublicKey.from_public_bytes(public), of.encode())

    def open(self, of: str, private: X25519PrivateKey, sealed: bytes) -> bytes | None:
        """What was sealed; None where it was not for this key."""
        try:
            return _SUITE.decrypt(sealed, private, of.encode())
        except InvalidTag:
            return None

    def _digest(self, what: bytes, of: str, content: bytes) -> bytes:
        return hmac.new(
            self._key, b"\0".join((what, of.encode(), content)), hashlib.sha256
        ).digest()


def new_key() -> X25519PrivateKey:
    """A private key for one question."""
    return X25519PrivateKey.generate()


def public_of(private: X25519PrivateKey) -> bytes:
    """Its public one."""
    return private.public_key().public_bytes_raw()


class DocumentSealing:
    """Seals what people have decided for whoever has the secret, and nobody else."""

    def __init__(self, secret: str) -> None:
        encoded = secret.encode("utf-8", "surrogatepass")
        self._cipher = ChaCha20Poly1305(hmac.digest(_KEY_OF_DOCUMENTS, encoded, "sha256"))

    def seal(self, key: str, content: bytes) -> bytes:
        """What a document says, for the record; it opens under the same key alone."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, key.encode())

    def open(self, key: str, sealed: bytes) -> bytes:
        """What was sealed. Raises MallardError where it is not what a node has sealed."""
        nonce, content = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, content, key.encode())
        except (InvalidTag, ValueError) as error:
            raise MallardError(
                f"the document of {subject(key)} in PostgreSQL is damaged, or sealed by another"
                " secret"
            ) from error
