"""Which rows of one part repeat an earlier one, and which share an id without sharing a text.

The index lives in a temporary SQLite file and holds salted hashes only, so that a file of any length takes
the same memory and leaves nothing readable behind.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

Verdict = Literal["duplicate", "collision"]
COLLISION = (
    "this id has different texts in one reading: declare `id: {derive: [columns that tell them apart]}`"
)
_CHUNK = 2_000

# Rows whose key occurs more than once: all of them collide when its texts differ, else the later ones repeat.
_VERDICTS = """
    SELECT row, CASE WHEN texts > 1 THEN 'collision' ELSE 'duplicate' END
    FROM seen JOIN (
        SELECT key AS k, min(row) AS first, count(DISTINCT text) AS texts
        FROM seen GROUP BY key HAVING count(*) > 1
    ) ON key = k
    WHERE texts > 1 OR row > first
    ORDER BY row
"""

_AGAIN = """
    INSERT INTO again SELECT key, count(DISTINCT text), 0 FROM seen GROUP BY key HAVING count(*) > 1
"""


class KeyIndex:
    """Filled with the records of a part, then asked for its verdicts."""

    def __init__(self) -> None:
        self._salt = os.urandom(32)
        self._waiting: list[tuple[int, bytes, bytes]] = []

    def __enter__(self) -> Self:
        """Open the temporary file."""
        self._folder = tempfile.TemporaryDirectory(prefix="ressenti-keys-")
        self._db = sqlite3.connect(Path(self._folder.name) / "keys.db")
        self._db.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;"
        )
        self._db.execute("CREATE TABLE seen (row INTEGER PRIMARY KEY, key BLOB, text BLOB)")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Delete the temporary file."""
        self._db.close()
        self._folder.cleanup()

    def add(self, row: int, external_id: str, text: str) -> None:
        """Note one record; `row` is its number in the part."""
        self._waiting.append((row, self._hash(external_id), self._hash(text)))
        if len(self._waiting) >= _CHUNK:
            self._flush()

    def verdicts(self) -> Iterator[tuple[int, Verdict]]:
        """Rows that are no plain records, in order of rows."""
        self._flush()
        self._db.execute("CREATE INDEX IF NOT EXISTS by_key ON seen (key, text)")
        with closing(self._db.execute(_VERDICTS)) as found:
            yield from found

    def settle(self) -> None:
        """Make ready for `verdict`: everything was added."""
        self._flush()
        self._db.execute("CREATE INDEX IF NOT EXISTS by_key ON seen (key, text)")
        self._db.execute("CREATE TABLE again (key BLOB PRIMARY KEY, texts INTEGER, given INTEGER)")
        self._db.execute(_AGAIN)

    def verdict(self, external_id: str) -> Verdict | None:
        """That of the next record with this id, in whatever order they are asked for; None: a plain record."""
        key = self._hash(external_id)
        found = self._db.execute("SELECT texts, given FROM again WHERE key = ?", (key,)).fetchone()
        if found is None:
            return None
        texts, given = found
        if texts > 1:
            return "collision"
        self._db.execute("UPDATE again SET given = 1 WHERE key = ?", (key,))
        return "duplicate" if given else None

    def _hash(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._salt).digest()

    def _flush(self) -> None:
        self._db.executemany("INSERT INTO seen VALUES (?, ?, ?)", self._waiting)
        self._waiting.clear()
