"""What an export holds, written beside its files: so that the next one writes only what has changed since."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from storage.export import Part, View

WRITTEN_AS = 1  # raise it when the same rows would be written differently: everything is written anew


@dataclass(frozen=True)
class Kept:
    """A part that stands in the files; in a CSV from byte `start` to byte `end`."""

    rows: int
    digest: str
    start: int = 0
    end: int = 0

    def holds(self, part: Part) -> bool:
        """Whether nothing of this part has changed."""
        return (self.rows, self.digest) == (part.rows, part.digest)


@dataclass(frozen=True)
class State:
    """All parts of one view's files, and how its columns stood when they were written."""

    columns: dict[str, str] = field(default_factory=dict)
    parts: dict[date | None, Kept] = field(default_factory=dict)
    file: tuple[int, int] | None = (
        None  # size and time of a CSV: a file that somebody has touched is written anew
    )

    def fits(self, view: View) -> bool:
        """Whether its parts can stand beside new ones."""
        return self.columns == dict(view.columns)


def read(path: Path) -> State:
    """The state in this file; an empty one where there is none, or it was written by another program."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["written_as"] != WRITTEN_AS:
            return State()
        return State(
            told["columns"],
            {_day(name): Kept(**kept) for name, kept in told["parts"].items()},
            tuple(told["file"]) if told["file"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return State()


def as_json(state: State) -> str:
    """The state as `read` takes it."""
    told: dict[str, Any] = {
        "written_as": WRITTEN_AS,
        "columns": state.columns,
        "parts": {"" if day is None else day.isoformat(): asdict(kept) for day, kept in state.parts.items()},
        "file": state.file,
    }
    return json.dumps(told, indent=1)


def _day(name: str) -> date | None:
    return date.fromisoformat(name) if name else None
