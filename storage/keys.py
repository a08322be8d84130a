"""One secret from the environment, and what is made of it: keyed hashes and sealed bytes.

The secret never leaves this module. Each use has its own sub-key (HKDF-SHA256), so that what one use gives
away tells nothing about another. `Keys.id` is stored beside what a key made, so that another can take over.
"""

import base64
import binascii
import hmac
import json
import os
import unicodedata
from collections.abc import Mapping
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from configs.errors import ConfigError

VARIABLE = "RESSENTI_KEY"
SECRET_BYTES = 32
HASH_BYTES = 16  # 128 bits: no collision to fear at any number of feedback, half the room of a full digest
MAKE_ONE = (
    "make one with `make key`, or put in .env what this prints: "
    "python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
)


class Keys:
    """What hashes and seals, derived from one secret.

    Args:
        secret: 32 random bytes.
    """

    __slots__ = ("_customers", "_prints", "_seal", "_texts", "id", "ids")

    def __init__(self, secret: bytes) -> None:
        """Derive the sub-keys; a secret of another length is a ConfigError."""
        if len(secret) != SECRET_BYTES:
            raise ConfigError(
                "the key has the wrong length",
                place=VARIABLE,
                found=f"{len(secret)} bytes",
                accepted=f"{SECRET_BYTES} bytes, urlsafe base64",
                fix=MAKE_ONE,
            )
        self._customers = _derive(secret, "customers")
        self._texts = _derive(secret, "texts")
        self._prints = _derive(secret, "fingerprints")
        self._seal = Fernet(base64.urlsafe_b64encode(_derive(secret, "seal")))
        self.ids: bytes = _derive(secret, "ids")
        """Sub-key that sources derive ids with, where a feed has none: unguessable from what they are made of."""
        self.id: str = _derive(secret, "id").hex()[:12]
        """Names the key (12 hex digits) and can't be turned back into it."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Keys":
        """The keys of `RESSENTI_KEY`.

        Raises:
            ConfigError: the variable is not set or is no key; says how to make one.
        """
        value = environment.get(VARIABLE, "").strip()
        if not value:
            raise ConfigError(
                "no key: customers could not be hashed nor quarantine sealed", place=VARIABLE, fix=MAKE_ONE
            )
        return cls(_decode(value))

    @staticmethod
    def generate() -> str:
        """A new random key, as the variable wants it."""
        return base64.urlsafe_b64encode(os.urandom(SECRET_BYTES)).decode("ascii")

    def customer(self, identifier: str, source: str | None = None) -> str:
        """Keyed hash of a customer's identifier (32 hex digits): spelling variants give one hash.

        Args:
            identifier: as the source has it; case, outer spaces and Unicode forms do not count.
            source: given, the customer is known within that source only.
        """
        folded = unicodedata.normalize("NFKC", identifier).strip().casefold()
        return _hash(self._customers, [source, folded])

    def text(self, text: str) -> str:
        """Keyed hash of a text as it was read (32 hex digits)."""
        return _hash(self._texts, text)

    def fingerprint(self, *parts: object) -> str:
        """Keyed hash of anything JSON can hold (32 hex digits): equal parts, equal fingerprint."""
        return _hash(self._prints, parts)

    def seal(self, payload: bytes) -> bytes:
        """Encrypt and sign; the result holds the time of sealing in clear."""
        return self._seal.encrypt(payload)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            ConfigError: sealed with another key, or damaged.
        """
        try:
            return self._seal.decrypt(bytes(sealed))
        except InvalidToken:
            raise ConfigError(
                "this was sealed with another key, or is damaged",
                place=VARIABLE,
                found=f"key {self.id}",
                fix="set the key whose id stands beside the record",
            ) from None

    def __repr__(self) -> str:
        """The id only."""
        return f"Keys(id={self.id!r})"

    def __reduce__(self) -> tuple[object, ...]:
        """Refuse pickling: a key in a task's stored result would be a leak."""
        raise TypeError("Keys can't be pickled; read them from the environment where they are needed")


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(value, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ConfigError(
            "this is no key", place=VARIABLE, accepted=f"{SECRET_BYTES} bytes, urlsafe base64", fix=MAKE_ONE
        ) from None


def _derive(secret: bytes, use: str) -> bytes:
    return HKDF(SHA256(), SECRET_BYTES, salt=None, info=f"ressenti/1/{use}".encode()).derive(secret)


def _hash(key: bytes, value: object) -> str:
    # JSON escapes lone surrogates, which UTF-8 refuses, and keeps ("ab", "c") apart from ("a", "bc").
    message = json.dumps(value, sort_keys=True, default=str).encode("ascii")
    return hmac.new(key, message, sha256).digest()[:HASH_BYTES].hex()
