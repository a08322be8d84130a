"""Workbooks (xlsx, xls, ods) through calamine, which holds the one sheet that is read in memory."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.blocks import Format
from flows.sources.formats.table import BadRow, Row, named


@dataclass(frozen=True)
class Sheet:
    """One sheet of a workbook; cells keep their types."""

    file: Path
    form: Format

    def columns(self) -> list[str] | None:
        """Names in the header row, or those that the description gives."""
        return self._names(self._open())

    def rows(self) -> Iterator[Row | BadRow]:
        """Rows by their number in the sheet; a row without any cell is passed over."""
        sheet = self._open()
        names, number = self._names(sheet), 0
        for line, cells in _cells(sheet):
            if line > self.form.header and any(cell not in ("", None) for cell in cells):
                number += 1
                values = [None if cell == "" else cell for cell in cells]
                values += [None] * (len(names) - len(values))
                yield Row(number, line, dict(zip(names, values, strict=False)))

    def _names(self, sheet: CalamineSheet) -> list[str]:
        if self.form.header == 0:
            return named(self.form.columns)
        for line, cells in _cells(sheet):
            if line == self.form.header:
                while cells and cells[-1] == "":
                    cells = cells[:-1]
                return named(cells)
        place = f"{self.file.name}:{self.form.header}"
        raise ConfigError("no column names here", place=place, fix="set `format: {header: ROW}`")

    def _open(self) -> CalamineSheet:
        try:
            book = CalamineWorkbook.from_path(str(self.file))
            wanted = self.form.sheet or book.sheet_names[0]
            if wanted in book.sheet_names:
                return book.get_sheet_by_name(wanted)
        except (CalamineError, OSError, IndexError) as error:
            found = " ".join(str(error).split())[:200]
            raise SourceUnavailable(
                "not readable as a workbook", place=self.file.name, found=found, fix="export it again"
            ) from None
        raise ConfigError("no such sheet", place=self.file.name, found=wanted, accepted=book.sheet_names)


def _cells(sheet: CalamineSheet) -> Iterator[tuple[int, list[Any]]]:
    """Each row with its number in the sheet, 1 for the first."""
    yield from enumerate(sheet.to_python(skip_empty_area=False), 1)
