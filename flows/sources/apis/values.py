"""What JMESPath finds in an answer, and a row of it as named cells."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from flows.sources.apis.blocks import Spread
from flows.sources.formats.table import LINE, BadRow, Cell, Row, as_text, flat

_LATEST = 253_402_300_800  # seconds: the year 10000, where epochs in milliseconds begin


@lru_cache(maxsize=256)
def _compiled(expression: str) -> Any:  # noqa: ANN401
    return jmespath.compile(expression)


def found_at(expression: str | None, content: Any) -> Any:  # noqa: ANN401
    """What the expression finds; None where it finds nothing, or can't be used on this content."""
    if expression is None:
        return None
    try:
        return _compiled(expression).search(content)
    except JMESPathError:
        return None


def row_of(record: Any, number: int, extra: dict[str, str], spread: dict[str, Spread]) -> Row | BadRow:  # noqa: ANN401
    """One element of the list of rows: columns of our own, spread lists, then its own fields, nested ones dotted."""
    if not isinstance(record, dict):
        return BadRow(number, number, "bad_json", "not an object with fields", {LINE: as_text(record)})
    cells: dict[str, Cell] = {name: found_at(expression, record) for name, expression in extra.items()}
    for name, told in spread.items():
        cells |= _spread(name, told, record)
    for name, cell in flat(record).items():
        cells.setdefault(name, cell)
    return Row(number, number, cells)


def _spread(name: str, told: Spread, record: dict[str, Any]) -> dict[str, Cell]:
    elements = found_at(told.list, record)
    cells: dict[str, Cell] = {}
    for element in elements if isinstance(elements, list) else []:
        key = as_text(found_at(told.key, element))
        if key:
            cells.setdefault(f"{name}.{key}", _cell(found_at(told.value, element)))
    return cells


def _cell(value: Any) -> Cell:  # noqa: ANN401
    """Several choices as one text."""
    plain = isinstance(value, list) and not any(isinstance(each, dict | list) for each in value)
    return ", ".join(map(as_text, value)) if plain else value


def moment(value: Any) -> datetime | None:  # noqa: ANN401
    """An ISO date or an epoch in seconds or milliseconds as UTC; None where it is neither."""
    text = as_text(value).strip()
    try:
        if text.isdigit() and len(text) >= 9:
            seconds = int(text)
            return datetime.fromtimestamp(seconds / 1000 if seconds >= _LATEST else seconds, UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
