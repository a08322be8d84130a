"""What every format's reader gives: names of columns, then rows of named cells."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Protocol

Cell = Any  # str, and where the format is typed also int, float, bool, date, datetime; None where empty
_DEEPEST = 20
LINE = "_line"  # key of `raw` for a row that could not be cut into columns


@dataclass(frozen=True, slots=True)
class Row:
    """One data row. `number` counts data rows from 1; `line` is where it starts in the file."""

    number: int
    line: int
    values: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that could not be cut into columns."""

    number: int
    line: int
    reason: str
    what: str
    raw: dict[str, Any]


class Table(Protocol):
    """A file seen as rows. Both methods start from the beginning of the file each time.

    Raises:
        SourceUnavailable: the file can't be read (cut short, no such sheet, not of this format).
    """

    def columns(self) -> list[str] | None:
        """Names of the columns; None where a file without rows has none."""
        ...

    def rows(self) -> Iterator[Row | BadRow]:
        """Every data row once, in order; rows with nothing in any cell are no data rows."""
        ...


def named(header: Sequence[Cell]) -> list[str]:
    """The header's cells as names; a third one without any is `column 3`, a second `name` is `name (2)`."""
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        name = as_text(cell).strip() or f"column {place}"
        twice = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({twice + 1})" if twice and name in names else name)
    return names


def as_text(value: Cell) -> str:
    """A cell as the text that a person would have typed: `7`, not `7.0`; empty for None, NaN and an empty list."""
    if isinstance(value, str):
        return value
    if value is None or value != value or value in ([], {}):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, list | dict) else str(value)
    )


def flat(record: dict[str, Any], prefix: str = "") -> dict[str, Cell]:
    """A nested record as one level of dotted names: `{"a": {"b": 1}}` gives `{"a.b": 1}`.

    Objects more than 20 levels deep stay what they are.
    """
    cells: dict[str, Cell] = {}
    for name, value in record.items():
        if isinstance(value, dict) and prefix.count(".") < _DEEPEST:
            cells |= flat(value, f"{prefix}{name}.")
        else:
            cells[f"{prefix}{name}"] = value
    return cells
