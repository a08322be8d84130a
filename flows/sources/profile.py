"""What the columns of an unknown file look like, from its first rows."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from configs.errors import BadRecord, ConfigError
from flows.sources.blocks import Format, Written
from flows.sources.config import SUFFIXES
from flows.sources.dates import LANGUAGES, DateReader
from flows.sources.files import PARIS
from flows.sources.formats import Row, open_table
from flows.sources.formats.encoding import check_encoding, guess_encoding
from flows.sources.formats.table import Cell, as_text
from flows.sources.record import Written as WrittenAt

SAMPLE = 3_000  # rows that are looked at
_TRIED = 60  # values of a column whose dates are tried
_FORMATS = (
    "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S%z", "%d/%m/%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y", "%m/%d/%Y %H:%M", "%d-%m-%Y", "%d-%m-%Y %H:%M", "%d-%m-%Y %H.%M", "%d.%m.%Y", "%d.%m.%Y %H:%M",
    "%d %B %Y", "%d %b %Y", "%B %d, %Y", "%a %b %d %H:%M:%S %z %Y",
)  # fmt: skip
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass
class Column:
    """One column: its name and the filled cells of the sample."""

    name: str
    cells: list[Cell] = field(default_factory=list)
    rows: int = 0

    @property
    def texts(self) -> list[str]:
        """Filled cells as stripped text."""
        return [as_text(cell).strip() for cell in self.cells]

    @property
    def filled(self) -> float:
        """Share of rows with a value, 0..1."""
        return len(self.cells) / self.rows if self.rows else 0.0

    @property
    def distinct(self) -> float:
        """Distinct values per filled cell, 0..1."""
        return len(set(self.texts)) / len(self.cells) if self.cells else 0.0

    @property
    def length(self) -> float:
        """Mean length of a filled cell, in characters."""
        return sum(map(len, self.texts)) / len(self.cells) if self.cells else 0.0

    @property
    def words(self) -> float:
        """Mean number of words of a filled cell."""
        return sum(len(text.split()) for text in self.texts) / len(self.cells) if self.cells else 0.0

    def named(self, *patterns: str) -> bool:
        """Whether the name has one of these words in it."""
        return any(re.search(pattern, self.name.casefold()) for pattern in patterns)

    def numbers(self) -> list[float]:
        """The number of each cell that holds exactly one."""
        found = [_NUMBER.findall(text) for text in self.texts]
        return [float(each[0].replace(",", ".")) for each in found if len(each) == 1]

    def counts_rows(self) -> bool:
        """Whether it only numbers the rows: 0, 1, 2… of the export, and no id of the feedback."""
        texts = self.texts
        if not all(text.isdecimal() for text in texts):
            return False
        numbers = [int(text) for text in texts]
        if re.fullmatch(r"column \d+|index|unnamed.*|#|n°?", self.name.casefold()):
            return numbers == sorted(set(numbers))
        return numbers[:1] in ([0], [1]) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def sniff(file: Path) -> Format:
    """How a file seems to be written: only what differs from the defaults is set.

    Raises:
        ConfigError: nothing that could be read as a feed.
    """
    kind = SUFFIXES.get(file.suffix.lower())
    if kind in ("xlsx", "parquet"):
        return Format.model_validate({})
    if kind in ("json",):
        return Format.model_validate(_list_in(file))
    told: dict[str, str] = {} if kind else {"type": "csv"}
    encoding = _encoding_of(file)
    if encoding != "utf-8":
        told["encoding"] = encoding
    if kind != "jsonl":
        delimiter = _delimiter_of(file, encoding)
        if delimiter != ("\t" if kind == "tsv" else ","):
            told["delimiter"] = delimiter
    return Format.model_validate(told)


def _encoding_of(file: Path) -> str:
    try:
        check_encoding(file, "utf-8")
    except ConfigError:
        with file.open("rb") as stream:
            return guess_encoding(stream.read(2**20)) or "cp1252"
    return "utf-8"


def _delimiter_of(file: Path, encoding: str) -> str:
    """The one that cuts the most rows into the header's number of columns, the more columns the better."""

    def fit(delimiter: str) -> tuple[float, int]:
        form = Format.model_validate({"type": "csv", "delimiter": delimiter, "encoding": encoding})
        table = open_table(file, form)
        rows = list(islice(table.rows(), 200))
        width = len(table.columns() or ())
        whole = sum(isinstance(row, Row) for row in rows) / len(rows) if rows else 1.0
        return (whole if width > 1 else 0.0), width

    return max(",;\t|", key=fit)


def _list_in(file: Path) -> dict[str, str]:
    """Where the records are in a JSON document: the first list of objects, the document itself preferred."""
    import ijson

    with file.open("rb") as stream:
        try:
            events = [(prefix, event) for prefix, event, _ in islice(ijson.parse(stream), 2_000)]
        except ijson.JSONError:
            return {"type": "jsonl"}
    lists = [prefix for prefix, event in events if event == "start_map" and prefix.endswith("item")]
    if not lists and [each for each in events if each[1] == "start_map"]:
        return {"type": "jsonl"}
    at = min(lists, key=len, default="item").removesuffix("item").rstrip(".")
    return {"records": at} if at else {}


def columns_of(file: Path, form: Format) -> list[Column]:
    """The file's columns with the cells of its first 3,000 rows."""
    found: dict[str, Column] = {}
    rows = 0
    for row in islice(open_table(file, form).rows(), SAMPLE):
        if not isinstance(row, Row):
            continue
        rows += 1
        for name, cell in row.values.items():
            column = found.setdefault(name, Column(name))
            if as_text(cell).strip():
                column.cells.append(cell)
    for column in found.values():
        column.rows = rows
    return list(found.values())


def date_block(column: Column) -> dict[str, str] | None:
    """How a column's dates are written, as the keys of a `date` block; None where they are no dates."""
    sample = _spread(column.cells, _TRIED)
    if not sample:
        return None
    if all(isinstance(cell, date | datetime) for cell in sample):
        return {}
    best: tuple[float, dict[str, str] | None] = (0.0, None)
    for pattern in (None, r"(?:le|on) (.+)$", "(il y a .+|hier|aujourd.hui)"):
        for form in (*_FORMATS, None):
            told = {key: value for key, value in (("format", form), ("pattern", pattern)) if value}
            share, language = _best_language(column.name, told, sample)
            named = form is None or "%B" in form or "%b" in form
            found = told | ({"language": language} if named else {})
            if share == 1.0:
                return found
            best = max(best, (share, found), key=lambda each: each[0])
    return best[1] if best[0] >= 0.9 else None  # the rest would be quarantined as bad_date, and shown so


def is_relative(column: Column) -> bool:
    """Whether its dates count back from the day of the export: « il y a 6 mois », "2 days ago"."""
    return any(re.search(r"\bil y a\b|\bago\b|^hier$|^yesterday$", text) for text in column.texts)


def _best_language(name: str, told: dict[str, str], sample: list[Cell]) -> tuple[float, str]:
    """Share of the sample that reads as told, and the language in which the most does."""
    if not told and all(map(_is_digits, sample)):
        return 0.0, LANGUAGES[0]
    # English names are tried in every language's stead, so English must have its try first
    languages = LANGUAGES[::-1] if "format" in told else LANGUAGES
    shares = [(_share(name, told | {"language": each}, sample), each) for each in languages]
    return max(shares, key=lambda each: each[0])


def _share(name: str, told: dict[str, str], sample: list[Cell]) -> float:
    block = Written.model_validate({"column": name, **told})
    reader = DateReader(block, (), PARIS, datetime.now(PARIS))
    if not any(_read_all(reader, sample[:3])):
        return 0.0
    found = _read_all(reader, sample)
    return sum(each is not None and not (each.relative and "format" in told) for each in found) / len(found)


def _is_digits(cell: Cell) -> bool:
    return as_text(cell).isdigit()


def _read_all(reader: DateReader, sample: Iterable[Cell]) -> list[WrittenAt | None]:
    found: list[WrittenAt | None] = []
    for cell in sample:
        try:
            found.append(reader.read(cell))
        except BadRecord:
            found.append(None)
    return found


def _spread(cells: list[Cell], count: int) -> list[Cell]:
    step = max(1, len(cells) // count)
    return cells[::step][:count]
