"""Which texts also stand in feeds: those measure the product, so nothing may be learnt from them."""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

from python_calamine import CalamineWorkbook

_WINDOW = 28  # letters and digits in a row that two different texts do not share by chance


def folded(text: str) -> str:
    """What two copies of a text have in common: its letters and digits, case folded."""
    return "".join(filter(str.isalnum, text.casefold()))


def found_in(texts: Iterable[str], folder: Path) -> set[str]:
    """The folded forms of those texts whose beginning stands somewhere in a .csv or .xlsx of `folder`."""
    by_window: dict[str, list[str]] = {}
    short: set[str] = set()
    for text in map(folded, texts):
        if len(text) < _WINDOW + 6:
            short.add(text)
        else:
            by_window.setdefault(text[6 : 6 + _WINDOW], []).append(text)
    found: set[str] = set()
    for cell in map(folded, _cells(folder)):
        if cell in short:
            found.add(cell)
        for start in range(len(cell) - _WINDOW + 1):
            found.update(by_window.get(cell[start : start + _WINDOW], ()))
    return found


def _cells(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*")):
        if path.suffix == ".csv":
            yield path.read_text(
                encoding="utf-8", errors="replace"
            )  # whole: a text may span badly quoted cells
            with path.open(encoding="utf-8", errors="replace", newline="") as handle:
                yield from (cell for row in csv.reader(handle) for cell in row)
        elif path.suffix == ".xlsx":
            rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
            yield from (cell for row in rows for cell in row if isinstance(cell, str))
