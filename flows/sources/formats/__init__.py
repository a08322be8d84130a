"""One small reader per file format: each gives the columns' names and the rows, and knows nothing else."""

from pathlib import Path

from configs.errors import ConfigError
from flows.sources.blocks import Format, FormatType
from flows.sources.config import SUFFIXES
from flows.sources.formats.table import BadRow, Row, Table

__all__ = ["BadRow", "Row", "Table", "open_table"]


def open_table(file: Path, form: Format) -> Table:
    """The reader of `file`, by its declared type or its suffix; nothing is read yet.

    Raises:
        ConfigError: neither the type nor the suffix tells the format.
    """
    kind: FormatType | None = form.type or SUFFIXES.get(file.suffix.lower())
    if kind is None:
        raise ConfigError(
            "the suffix tells no format",
            place=file.name,
            accepted=sorted(SUFFIXES),
            fix="add `format: {type: csv}`",
        )
    # Each library is imported when a file needs it: `ressenti --help` and a CSV pay for no Parquet.
    if kind in ("csv", "tsv"):
        from flows.sources.formats.delimited import Delimited

        return Delimited(file, form, form.delimiter or ("\t" if kind == "tsv" else ","))
    if kind == "xlsx":
        from flows.sources.formats.sheet import Sheet

        return Sheet(file, form)
    if kind == "parquet":
        from flows.sources.formats.columnar import Columnar

        return Columnar(file)
    from flows.sources.formats.documents import JsonLines, JsonList

    return JsonLines(file, form) if kind == "jsonl" else JsonList(file, form)
