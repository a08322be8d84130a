"""Parquet, a batch of 2,000 rows at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow
from pyarrow import parquet

from configs.errors import SourceUnavailable
from flows.sources.formats.table import BadRow, Row, flat

_BATCH = 2_000


@dataclass(frozen=True)
class Columnar:
    """A Parquet file; cells keep their types, nested fields get dotted names."""

    file: Path

    def columns(self) -> list[str] | None:
        """Names in the schema."""
        with self._open() as file:
            return list(_names(file.schema_arrow))

    def rows(self) -> Iterator[Row | BadRow]:
        """Rows numbered from 1."""
        number = 0
        with self._open() as file:
            for batch in file.iter_batches(batch_size=_BATCH):
                for record in batch.to_pylist():
                    number += 1
                    yield Row(number, number, flat(record))

    def _open(self) -> parquet.ParquetFile:
        try:
            return parquet.ParquetFile(self.file)
        except (pyarrow.ArrowException, OSError) as error:
            found = " ".join(str(error).split())[:120]
            raise SourceUnavailable(
                "not readable as Parquet", place=self.file.name, found=found, fix="export it again"
            ) from None


def _names(fields: pyarrow.Schema | pyarrow.StructType, prefix: str = "") -> Iterator[str]:
    for field in fields:
        if pyarrow.types.is_struct(field.type):
            yield from _names(field.type, f"{prefix}{field.name}.")
        else:
            yield f"{prefix}{field.name}"
