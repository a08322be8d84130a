"""What a reader hands over to be stored: a chunk of one part of one source, and what became of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFeedback:
    """A feedback as it was read, cleaned and masked: metadata, then its text. Columns of the same names."""

    external_id: str
    channel: str
    text_hash: str
    masked_text: str
    clean_text: str
    cleaning_version: str
    customer: str | None = None
    written_at: datetime | None = None
    written_precision: str | None = None
    written_relative: bool = False
    rating: float | None = None
    rating_low: float | None = None
    rating_high: float | None = None
    nps: int | None = None
    survey: str | None = None
    batch: str | None = None
    language_declared: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    language: str | None = None
    language_confidence: float | None = None
    refusal: str | None = None
    tokens: int | None = None
    tombstone: str | None = None  # what it would be known by, had it been erased


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """A record that can't be accepted: its place and reason in clear, the whole of it sealed."""

    reason: str
    detail: str
    payload: bytes
    fingerprint: str
    file: str | None = None
    line: int | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """What was read of one part of one source since the chunk before, and how far the reading has come.

    `part` and `position` are None when nothing is to be remembered, as when quarantine is replayed.
    """

    source_id: int
    part: str | None = None
    position: Mapping[str, Any] | None = None
    feedback: Sequence[NewFeedback] = ()
    quarantined: Sequence[Quarantined] = ()
    skipped: Counter[str] = field(default_factory=Counter)
    duplicates: int = 0
    deleted: Sequence[str] = ()  # external ids that the source has no more; their rows count as skipped


@dataclass(slots=True)
class Stored:
    """What became of a chunk's rows."""

    new: int = 0
    revised: int = 0
    updated: int = 0
    duplicate: int = 0
    skipped: int = 0
    quarantined: int = 0

    @property
    def read(self) -> int:
        """All rows: the sum of the others."""
        return self.new + self.revised + self.updated + self.duplicate + self.skipped + self.quarantined
