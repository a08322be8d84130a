"""A cell's date, however it is written, as an instant in UTC with the precision that is known.

A day is stood for by its noon in the source's time zone: it stays the same day in UTC, where reports count,
and in the zones around. A month is its first day, a year its first of January.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from configs.errors import BadRecord
from flows.sources import blocks
from flows.sources.formats.table import Cell, as_text
from flows.sources.record import Precision, Written

LANGUAGES = ("fr", "en")  # tried in this order where the source names none: 03/04 is April, as in France
_NAMES = re.compile(r"%[aAbBp]")  # strptime takes them in the machine's language: dateparser's work
_YEAR = re.compile(r"(?<!\d)(?:1[89]|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d\d(?!\d)")
_SECONDS = re.compile(r"\d:\d\d:\d\d")
_ABSOLUTE = {
    "PARSERS": ["custom-formats", "absolute-time"],
    "REQUIRE_PARTS": ["year"],
    "PREFER_DAY_OF_MONTH": "first",
    "PREFER_MONTH_OF_YEAR": "first",
    "RETURN_TIME_AS_PERIOD": True,
}
_Found = tuple[datetime, Precision, bool]  # as written (with or without zone), precision, relative


class DateReader:
    """Reads one column's dates; equal strings are read once.

    Args:
        told: what the source says of its dates.
        languages: of names and relative words, in order.
        zone: of dates that name none, where the source names none either.
        first_seen: when the file was first seen; relative dates count from it unless the source says better.
    """

    def __init__(
        self, told: blocks.Written, languages: tuple[str, ...], zone: ZoneInfo, first_seen: datetime
    ) -> None:
        self._zone = ZoneInfo(told.timezone) if told.timezone else zone
        self._base = _base(told, self._zone, first_seen)
        self._pattern = re.compile(told.pattern) if told.pattern else None
        self._formats = told.format
        self._languages = told.language or languages or LANGUAGES
        self._column = told.column
        self._cached: Callable[[str], Written] = lru_cache(maxsize=50_000)(self._read_text)

    def read(self, cell: Cell) -> Written | None:
        """The date of a cell; None where it is empty.

        Raises:
            BadRecord: `bad_date`.
        """
        if isinstance(cell, date):  # datetime is one
            return _typed(cell, self._zone)
        text = " ".join(as_text(cell).split())
        return self._cached(text) if text else None

    def _read_text(self, text: str) -> Written:
        match = self._pattern.search(text) if self._pattern else None
        wanted = match[1] if match else text
        found = self._by_format(wanted) or self._by_words(wanted) if match or not self._pattern else None
        if found is None:
            accepted = " or ".join(self._formats) or f"a date in {', '.join(self._languages)}"
            raise BadRecord("bad_date", f"not a date as described; accepted: {accepted}", field=self._column)
        at, precision, relative = found
        if precision in ("day", "month", "year", "week") and not relative:
            at = at.replace(hour=12, minute=0, second=0, microsecond=0)
        return Written(_utc(at, self._zone), precision, relative)

    def _by_format(self, text: str) -> _Found | None:
        for form in self._formats:
            try:
                if not _NAMES.search(form):
                    return datetime.strptime(text, form), _precision_of(form), False
            except ValueError:
                continue
            for language in dict.fromkeys([*self._languages, "en"]):
                data = _parser(language).get_date_data(text, [form])
                if data.date_obj and data.locale in (None, language):
                    return data.date_obj, _precision_of(form), False
        return None

    def _by_words(self, text: str) -> _Found | None:
        relative = self._relative(text)
        if relative or self._formats:
            return relative
        return _epoch(text) or _iso(text) or self._absolute(text)

    def _absolute(self, text: str) -> _Found | None:
        if not _YEAR.search(text):
            return None  # dateparser would take « 15 janvier » for January of another year
        for language in self._languages:
            data = _parser(language).get_date_data(text)
            if data.date_obj and _agrees(data.date_obj, text):
                return data.date_obj, _precision(data.period, text), False
        return None

    def _relative(self, text: str) -> _Found | None:
        if _YEAR.search(text):
            return None
        for language in self._languages:
            data = _parser(language, self._base).get_date_data(text)
            if data.date_obj:
                return data.date_obj, _precision(data.period, text, relative=True), True
        return None


def _base(told: blocks.Written, zone: ZoneInfo, first_seen: datetime) -> datetime:
    """Where relative dates count from, as a wall-clock time in the source's zone."""
    given = told.relative_to
    if isinstance(given, datetime):
        return given.astimezone(zone).replace(tzinfo=None) if given.tzinfo else given
    if given is not None:
        return datetime.combine(given, time(12))
    return first_seen.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=64)
def _parser(language: str, base: datetime | None = None) -> Any:  # noqa: ANN401
    """One parser for one language: given two, dateparser reads 03/04/2023 by the one it likes better."""
    from dateparser.date import DateDataParser

    relative = {"PARSERS": ["relative-time"], "RELATIVE_BASE": base, "RETURN_TIME_AS_PERIOD": True}
    return DateDataParser(languages=[language], settings=relative if base else _ABSOLUTE)


def _utc(at: datetime, zone: ZoneInfo) -> datetime:
    return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)


def _typed(cell: date, zone: ZoneInfo) -> Written:
    """A spreadsheet's or Parquet's own date; one at midnight is a day, as sheets keep days."""
    if isinstance(cell, datetime):
        if cell.time() != time(0) or cell.tzinfo:
            return Written(_utc(cell, zone), "second")
        cell = cell.date()
    return Written(_utc(datetime.combine(cell, time(12)), zone), "day")


def _epoch(text: str) -> _Found | None:
    """Seconds or milliseconds since 1970, as APIs write them."""
    if not re.fullmatch(r"[12]\d{9}(?:\d{3})?", text):
        return None
    return datetime.fromtimestamp(int(text[:10]), UTC), "second", False


def _agrees(at: datetime, text: str) -> bool:
    """Where the year comes first, month and day follow: dateparser would turn 2024-13-01 into 13 January."""
    first = re.match(r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)", text)
    return first is None or tuple(map(int, first.groups())) == (at.year, at.month, at.day)


def _iso(text: str) -> _Found | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if len(text) <= 10:
        return at, "day", False
    return at, ("second" if _SECONDS.search(text) or "." in text else "minute"), False


def _precision_of(form: str) -> Precision:
    steps: tuple[tuple[str, Precision], ...] = (
        ("%S %T %X %c %s %f", "second"),
        ("%M %R", "minute"),
        ("%H %I", "hour"),
        ("%d %j %x %D", "day"),
        ("%b %B %m", "month"),
    )
    for marks, precision in steps:
        if any(mark in form for mark in marks.split()):
            return precision
    return "year"


def _precision(period: str, text: str, *, relative: bool = False) -> Precision:
    known: dict[str, Precision] = {"day": "day", "week": "week", "month": "month", "year": "year"}
    if period in known:
        return known[period]
    if relative:
        return "hour"
    return "second" if _SECONDS.search(text) else "minute"
