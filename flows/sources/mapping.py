"""A row of a file in the words of its source's description: a record, or the reason why it is none."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from configs.errors import BadRecord
from flows.sources import blocks
from flows.sources.config import SourceConfig
from flows.sources.dates import DateReader
from flows.sources.formats.table import LINE, BadRow, Cell, Row, as_text
from flows.sources.record import Deleted, Place, Record, Rejected, Skipped, Written
from flows.sources.wording import Wording

LONGEST_TEXT = 2**20  # bytes in UTF-8
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # NUL, and bytes that did not fit the file's encoding
_Cells = Mapping[str, Cell]


class RowMapper:
    """Maps the rows of one part.

    Args:
        config: the source's description.
        first_seen: when the part was first seen; relative dates count from it.
        zone: of dates that name none.
        key: makes derived ids unguessable from what they are derived of; empty in tests only.
    """

    def __init__(self, config: SourceConfig, first_seen: datetime, zone: ZoneInfo, key: bytes = b"") -> None:
        self._config, self._key = config, key
        self._columns = config.columns()
        self._wording = Wording(config.text)
        self._skips = [(rule.column, _condition(rule), rule.reason) for rule in config.skip]
        self._deleted = (config.deleted.column, _condition(config.deleted)) if config.deleted else None
        language = config.language.constant if config.language else None
        known = (language,) if language else ()
        self._dates = DateReader(config.date, known, zone, first_seen) if config.date else None
        self._pattern = re.compile(config.rating.pattern) if config.rating and config.rating.pattern else None

    def item(self, row: Row | BadRow, file: str) -> Record | Skipped | Rejected | Deleted:
        """What one row comes to; never raises for what a row holds."""
        place = Place(file, row.line)
        if isinstance(row, BadRow):
            return Rejected(place, row.number, row.reason, None, row.what, row.raw)
        if self._deleted and self._deleted[1](as_text(row.values.get(self._deleted[0])).strip()):
            return self._gone(row, place)
        for column, fits, reason in self._skips:
            if fits(as_text(row.values.get(column)).strip()):
                return Skipped(place, row.number, reason)
        try:
            return self._record(row.number, row.values, place)
        except BadRecord as error:
            return Rejected(place, row.number, error.reason, error.field, error.what, raw(row))

    def _gone(self, row: Row, place: Place) -> Deleted | Rejected:
        column = self._config.id.column if self._config.id else None
        name = as_text(row.values.get(column or "")).strip()
        if not name:
            return Rejected(place, row.number, "missing_id", column, "the id is empty", raw(row))
        return Deleted(place, row.number, name)

    def _record(self, number: int, cells: _Cells, place: Place) -> Record | Skipped:
        self._refuse_unstorable(cells)
        text = self._wording.text(cells)
        if not text:
            return Skipped(place, number, "empty")
        if len(text) > LONGEST_TEXT // 4 and len(text.encode()) > LONGEST_TEXT:
            raise BadRecord("too_long", "the text is over 1 MiB", field=self._config.text.columns[0].column)
        written = (
            self._dates.read(cells.get(self._config.date.column))
            if self._dates and self._config.date
            else None
        )
        customer = self._customer(cells)
        rating = self._config.rating
        return Record(
            place=place,
            row=number,
            external_id=self._external_id(cells, text, customer, written),
            text=text,
            channel=self._config.channel,
            customer=customer,
            written=written,
            language=self._language(cells),
            rating=_rating(rating, self._pattern, cells) if rating else None,
            rating_scale=rating.scale if rating else None,
            nps=_nps(self._config.nps, cells) if self._config.nps else None,
            survey=_value(self._config.survey, cells, place),
            batch=_value(self._config.batch, cells, place),
            attributes=self._attributes(cells),
            raw=raw(cells),
        )

    def _refuse_unstorable(self, cells: _Cells) -> None:
        for column in self._columns:
            value = cells.get(column)
            if isinstance(value, str) and not (value.isascii() and "\0" not in value):
                found = _UNSTORABLE.search(value)
                if found:
                    nul = found[0] == "\0"
                    what = (
                        "holds a NUL character" if nul else "holds bytes that don't fit the file's encoding"
                    )
                    raise BadRecord("nul_character" if nul else "bad_encoding", what, field=column)

    def _customer(self, cells: _Cells) -> str | None:
        return identifier(self._config.customer, cells) if self._config.customer else None

    def _language(self, cells: _Cells) -> str | None:
        told = self._config.language
        if told is None or told.column is None:
            return told.constant if told else None
        word = as_text(cells.get(told.column)).strip()
        known = told.values.get(word, word).lower()
        return known[:2] if re.fullmatch(r"[a-z]{2}(?:[-_].*)?", known) else None

    def _external_id(self, cells: _Cells, text: str, customer: str | None, written: Written | None) -> str:
        told = self._config.id
        if told and told.column:
            value = as_text(cells.get(told.column)).strip()
            if not value:
                raise BadRecord("missing_id", "the id is empty", field=told.column)
            return value
        day = written.at.isoformat() if written and not written.relative else ""
        if not told:
            return self._derived([text, customer or "", day])
        date_column = self._config.date.column if self._config.date else None
        # a date enters as what it means, and not at all when it moves with the day of the export
        parts = [day if column == date_column else as_text(cells.get(column)) for column in told.derive]
        if not any(part.strip() for part in parts):
            raise BadRecord("missing_id", "all columns of the derived id are empty", field=told.derive[0])
        return self._derived(parts)

    def _derived(self, parts: list[str]) -> str:
        # no part holds the separator once its white space is made even: it is white space itself
        clean = "\x1f".join(" ".join(unicodedata.normalize("NFC", part).split()) for part in parts)
        told = clean.encode("utf-8", "surrogatepass")
        return "d-" + hashlib.blake2b(told, digest_size=16, key=self._key[:64]).hexdigest()

    def _attributes(self, cells: _Cells) -> dict[str, str]:
        found = {name: as_text(cells.get(column)).strip() for name, column in self._config.attributes.items()}
        return {name: value for name, value in found.items() if value}


def identifier(customer: blocks.Customer, cells: _Cells) -> str | None:
    """Who wrote, as the customer's columns say it together; None where they are empty."""
    parts = [as_text(cells.get(column)).strip() for column in customer.columns]
    return " ".join(filter(None, parts)) or None


def raw(row: Row | _Cells) -> dict[str, Any]:
    """A row as it came, in values that JSON has."""
    cells = row.values if isinstance(row, Row) else row
    return {name: cell if isinstance(cell, str) else _plain_json(cell) for name, cell in cells.items()}


def _plain_json(cell: Cell) -> Any:  # noqa: ANN401
    return cell if cell is None or isinstance(cell, bool | int) else as_text(cell)


def _condition(rule: blocks.Condition) -> Callable[[str], bool]:
    if rule.matches is not None:
        pattern = re.compile(rule.matches)
        return lambda value: pattern.search(value) is not None
    if rule.empty or rule.not_empty:
        return lambda value: (not value) == bool(rule.empty)
    wanted = {word.casefold() for word in (*rule.in_, *([rule.equals] if rule.equals is not None else []))}
    return lambda value: value.casefold() in wanted


def _rating(told: blocks.Rating, pattern: re.Pattern[str] | None, cells: _Cells) -> float | None:
    text = as_text(cells.get(told.column)).strip()
    if not text or text in told.none:
        return None
    match = pattern.search(text) if pattern else None
    if pattern and not match:
        raise BadRecord("bad_rating", "the rating is not written as described", field=told.column)
    number = (match[1] if match else text).strip()
    if number in told.none:
        return None
    low, high = told.scale
    value = _number(number, told.decimal)
    if value is None or not low <= value <= high:
        raise BadRecord("bad_rating", f"the rating is no number from {low:g} to {high:g}", field=told.column)
    return value


def _number(text: str, decimal: str) -> float | None:
    if not re.fullmatch(r"[+-]?\d+(?:[.,]\d+)?", text) or ("," in text and decimal != ","):
        return None
    return float(text.replace(",", "."))


def _nps(told: blocks.Nps, cells: _Cells) -> int | None:
    text = as_text(cells.get(told.column)).strip()
    if not text:
        return None
    value = _number(text, ",")
    if value is None or value not in range(11):
        raise BadRecord("bad_nps", "no whole number from 0 to 10", field=told.column)
    return int(value)


def _value(told: blocks.Value | None, cells: _Cells, place: Place) -> str | None:
    if told is None:
        return None
    if told.file:
        return place.file.rsplit(".", 1)[0]
    return told.constant or (as_text(cells.get(told.column or "")).strip() or None)


__all__ = ["LINE", "LONGEST_TEXT", "RowMapper", "identifier", "raw"]
