"""What a reader yields: one item per row read, so that the sums always close."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Channel = Literal["review", "survey", "ticket"]
Precision = Literal["second", "minute", "hour", "day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stands: file name (never a full path) and, where the format has one, the line or row."""

    file: str
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Written:
    """When the customer wrote, in UTC, and how exactly that is known; a day is stood for by its noon."""

    at: datetime
    precision: Precision
    relative: bool = False  # « il y a 6 mois »: moves with the day of export, so never part of an id


@dataclass(frozen=True, slots=True)
class Record:
    """A row mapped to our words; nothing is cleaned or masked yet."""

    place: Place
    row: int  # 1-based position of the data row in its part: where a rerun goes on
    external_id: str
    text: str
    channel: Channel
    customer: str | None = None
    written: Written | None = None
    language: str | None = None  # declared by the source, ISO 639-1
    rating: float | None = None
    rating_scale: tuple[float, float] | None = None
    nps: int | None = None
    survey: str | None = None
    batch: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)  # the row as it came: for quarantine only
    mark: str | None = None  # of a source with a cursor, here and below: its value once this row is stored


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that the source's description leaves out, or that says nothing."""

    place: Place
    row: int
    reason: str
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A row with the key and the text of an earlier row of the same part."""

    place: Place
    row: int
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that can't be accepted: it goes to quarantine whole."""

    place: Place
    row: int
    reason: str  # code: bad_date, missing_id, id_collision, bad_encoding, wrong_columns…
    field: str | None
    what: str  # one sentence without personal data
    raw: dict[str, Any]
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Deleted:
    """A row that says that its feedback is gone from the source."""

    place: Place
    row: int
    external_id: str
    mark: str | None = None


Item = Record | Skipped | Duplicate | Rejected | Deleted
