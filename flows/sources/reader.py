"""What every kind of source gives: parts, and the items of a part from where the last reading stopped."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flows.sources.record import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that is read from its start to its end: one file, or all that a query gives."""

    key: str  # known again by it; it changes where what was read before has to be read anew
    file: str  # what places in messages are named after, never a full path or a URL
    endless: bool = False  # grows for ever: read again in every run, from its mark on


@dataclass(frozen=True, slots=True)
class Position:
    """How far a part was read, as it is stored in the transaction of what was read.

    A file goes on behind `row`. What is endless goes on at `mark`, the value of its cursor up to which everything
    is stored; `done` then tells that the last reading came to its end, so that the look-back window is due.
    """

    row: int = 0
    done: bool = False
    mark: str | None = None


START = Position()


class Reader(Protocol):
    """Reads one source. `config` is its description."""

    config: Any

    def check(self) -> None:
        """Stop before anything is written when the source can't be read as described.

        Raises:
            SourceUnavailable: not there now; worth a retry.
            ConfigError: the description does not fit; a person must mend it.
        """
        ...

    def parts(self) -> Sequence[Part]:
        """What there is to read now, in order."""
        ...

    def read(self, part: Part, first_seen: datetime, after: Position = START) -> Iterator[Item]:
        """One item for each row of the part behind `after`.

        Args:
            part: what `parts` gave.
            first_seen: when this part was first seen, with a time zone; relative dates count from it.
            after: where the last reading stopped.
        """
        ...
