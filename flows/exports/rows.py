"""Pages of a view's rows as Arrow batches, which both formats write."""

from collections.abc import Iterator
from datetime import date

import pyarrow as pa
from sqlalchemy import Connection

from storage.export import View, pages

PAGE = 5000  # rows in memory at a time
TYPES = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "flag": pa.int8(),
    "day": pa.date32(),
    "moment": pa.timestamp("us", "UTC"),
}


def schema_of(view: View) -> pa.Schema:
    """The view's columns as Arrow knows them."""
    return pa.schema([(name, TYPES[kind]) for name, kind in view.columns.items()])


def batches(connection: Connection, view: View, day: date | None) -> Iterator[pa.RecordBatch]:
    """A day's rows, page by page."""
    schema = schema_of(view)
    for page in pages(connection, view, day, PAGE):
        columns = zip(*page, strict=True)
        arrays = [pa.array(values, field.type) for values, field in zip(columns, schema, strict=True)]
        yield pa.record_batch(arrays, schema=schema)
