"""Labelled and raw texts for training and measuring, as they come from a data folder outside the project.

A record is one JSON object a line: `text`, `lang`, `channel`, `source`, and lists `emotions`, `churn_reasons`,
`signals`, or one list `labels`. Every text passes the product's own cleaning and masking, so that the model is
trained and measured on what it meets at night.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import numpy.typing as npt

from configs.errors import ConfigError
from nlp import intake
from nlp.redaction import Redactor
from nlp.training.overlap import folded

Matrix = npt.NDArray[np.float32]
LABEL_FIELDS = ("emotions", "churn_reasons", "signals")
# Sources whose licence forbids commercial use (or is the GPL): nothing of them may reach the shipped weights.
NON_COMMERCIAL = frozenset(
    {"airline_tweets_en", "en_twitter_support_spotify", "multiemotions_it", "synthetic_tickets_multilang"}
)


_REDACTOR = Redactor()


@dataclass(frozen=True)
class Example:
    """One text and what is known of it; `labels` are the ids that it carries."""

    text: str
    labels: frozenset[str]
    lang: str = ""
    channel: str = ""
    source: str = ""


def prepare(text: str) -> str:
    """The text as the product scores it: cleaned, with personal data masked."""
    return intake.prepare(text, _REDACTOR).clean


def read_jsonl(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file.

    Raises:
        ConfigError: the file is missing, or a line is not a JSON object with a `text`; names the line.
    """
    with _opened(path) as lines:
        for number, line in enumerate(lines, 1):
            try:
                record = json.loads(line)
            except json.JSONDecodeError as error:
                raise ConfigError("not a line of JSON", place=f"{path}:{number}", found=str(error)) from None
            if not isinstance(record, dict) or not isinstance(record.get("text"), str):
                raise ConfigError("a line without a text", place=f"{path}:{number}", accepted='{"text": "…"}')
            yield record


def read_csv(path: Path) -> Iterator[dict[str, Any]]:
    """A user's labelled CSV: columns `text` and `labels`, parted by commas, semicolons or tabs.

    Raises:
        ConfigError: the file is missing, or a column is.
    """
    with _opened(path) as lines:
        header = lines.readline()
        lines.seek(0)
        reader = csv.DictReader(lines, delimiter=max(",;\t", key=header.count))
        try:
            if not {"text", "labels"} <= set(reader.fieldnames or ()):
                raise ConfigError(
                    "columns are missing", place=path, found=reader.fieldnames, accepted="text, labels"
                )
            yield from ({**row, "text": row["text"] or ""} for row in reader)
        except csv.Error as error:
            raise ConfigError("not readable as CSV", place=path, found=str(error)) from None


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            yield handle
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            "the data cannot be read", place=path, found=str(error), accepted="a file in UTF-8"
        ) from None


def read_examples(
    path: Path, *, leave_out: Iterable[str] = (), prepared: Callable[[str], str] = prepare
) -> list[Example]:
    """The labelled records of a file (.jsonl, or .csv as `read_csv` says), without those of the sources left out.

    Raises:
        ConfigError: as those say, or a record's labels are no list of words; names the text by its place in the file.
    """
    records = read_csv(path) if path.suffix == ".csv" else read_jsonl(path)
    unwanted = frozenset(leave_out)
    return [
        Example(
            text=prepared(record["text"]),
            labels=frozenset(_labels(record)),
            lang=record.get("lang") or "",
            channel=record.get("channel") or "",
            source=record.get("source") or path.stem,
        )
        for record in (_checked(one, f"{path}: text {number}") for number, one in enumerate(records, 1))
        if record.get("source") not in unwanted
    ]


def _checked(record: dict[str, Any], place: str) -> dict[str, Any]:
    """The record, if its labels are lists of ids or one string, and its other fields are strings."""
    for field in (*LABEL_FIELDS, "labels"):
        told = record.get(field) or ()
        if not isinstance(told, str | list | tuple) or not all(isinstance(one, str) for one in told):
            raise ConfigError(
                "not a list of labels", place=f"{place}: {field}", found=told, accepted='["joy"]'
            )
    for field in ("lang", "channel", "source"):
        if not isinstance(record.get(field) or "", str):
            raise ConfigError(
                "not a word", place=f"{place}: {field}", found=record[field], accepted="a string"
            )
    return record


def _labels(record: dict[str, Any]) -> Iterator[str]:
    """What a record carries: lists of ids, or ids in one string, parted by spaces, commas, semicolons or bars."""
    for field in (*LABEL_FIELDS, "labels"):
        told = record.get(field) or ()
        yield from filter(None, re.split(r"[\s,;|]+", told)) if isinstance(told, str) else told


def read_raw(
    folder: Path, *, leave_out: Iterable[str] = NON_COMMERCIAL, without: Iterable[str] = ()
) -> list[str]:
    """The distinct texts of every .jsonl of a folder, but for some sources and for the texts in `without`."""
    unwanted, seen = frozenset(leave_out), {folded(text) for text in without}
    texts = []
    for path in sorted(folder.glob("*.jsonl")):
        if path.stem in unwanted:
            continue
        for record in read_jsonl(path):
            key = folded(record["text"])
            if key and key not in seen:
                seen.add(key)
                texts.append(record["text"])
    return texts


def targets(examples: Sequence[Example], labels: Sequence[str]) -> Matrix:
    """float32 [examples, labels]: 1 where the example carries the label, else 0.

    Raises:
        ConfigError: an example carries a label that is not among `labels`.
    """
    column = {label: index for index, label in enumerate(labels)}
    matrix = np.zeros((len(examples), len(labels)), np.float32)
    for row, example in enumerate(examples):
        unknown = example.labels - column.keys()
        if unknown:
            raise ConfigError("unknown label", place=example.source, found=sorted(unknown), accepted=labels)
        for label in example.labels:
            matrix[row, column[label]] = 1.0
    return matrix
