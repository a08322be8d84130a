"""Texts in, tags out: the nightly run's way through cleaning, masking, language and model, without a database."""

import contextlib
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TextIO

from configs.errors import ConfigError
from configs.settings import KEY_VARIABLE, load_settings
from flows.intake import redactor
from flows.workspace import load_model, settled
from nlp.intake import prepare
from nlp.language import Detector, Language
from nlp.redaction import Redactor
from nlp.thresholds import rounded
from storage.keys import Keys

CHUNK = (
    256  # texts scored together: small enough that a pipe sees results come, large enough to sort by length
)


@dataclass(frozen=True)
class Row:
    """One input: the fields to give back, and the text among them."""

    fields: Mapping[str, Any]
    text: str


@contextlib.contextmanager
def open_lines(file: str) -> Iterator[TextIO]:
    """Standard input for `-`, else the file; undecodable bytes are kept as such, so that one line stops nothing.

    Raises:
        ConfigError: no such file.
    """
    if file == "-":
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")  # type: ignore[union-attr]
        yield sys.stdin
        return
    path = Path(file)
    if not path.is_file():
        raise ConfigError(
            "no such file", place=file, accepted="a file of lines or JSONL, or - for standard input"
        )
    with path.open(encoding="utf-8-sig", errors="replace") as stream:
        yield stream


def rows(lines: Iterable[str], place: str) -> Iterator[Row]:
    """Rows of JSONL if the first line that is not empty is a JSON object, else one text a line.

    Raises:
        ConfigError: a line of JSONL that is none, or has no `text`; what came before it is done.
    """
    numbered = ((number, line.rstrip("\r\n")) for number, line in enumerate(lines, 1))
    told = ((number, line) for number, line in numbered if line.strip())
    first = next(told, None)
    if first is None:
        return
    is_json = first[1].lstrip().startswith("{")
    for number, line in chain([first], told):
        yield _from_json(line, f"{place}:{number}") if is_json else Row({"text": line}, line)


def _from_json(line: str, place: str) -> Row:
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise ConfigError("not a line of JSON", place=place, found=str(error)) from None
    if not isinstance(fields, dict) or not isinstance(fields.get("text"), str):
        raise ConfigError("no text here", place=place, accepted='an object with a string field "text"')
    return Row(fields, fields["text"])


class Classifier:
    """The configured model behind the nightly run's cleaning and masking.

    Args:
        config: settings file; None for the default one.
        language: of texts that declare none and are too short to tell.
        force_language: score texts of unsupported or unknown languages too, with `forced_language: true`.
    """

    def __init__(
        self, config: Path | None = None, *, language: str | None = None, force_language: bool = False
    ) -> None:
        settings = load_settings(config)
        self._detector = Detector(settings.languages)
        self._redactor = keyed_redactor()
        self._force, self._otherwise = force_language, language
        self._model = load_model(settings)
        self._thresholds = settled(settings, self._model.thresholds)

    def lines(self, inputs: Iterable[Row]) -> Iterator[str]:
        """One line of JSON per row, in order; rows are read in small chunks."""
        for chunk in _chunks(inputs):
            for told in self.classify(chunk):
                line = json.dumps(told, ensure_ascii=False)
                # half a surrogate pair, which JSON may escape but UTF-8 can't hold, goes out as it came
                yield line.encode("utf-8", errors="backslashreplace").decode("utf-8")

    def classify(self, chunk: Sequence[Row]) -> list[dict[str, Any]]:
        """What the model says of each row, with the row's own fields."""
        prepared = [prepare(row.text, self._redactor) for row in chunk]
        languages = [
            self._detector.detect(text.clean, _declared(row), self._otherwise)
            for row, text in zip(chunk, prepared, strict=True)
        ]
        refusals = [
            text.skip or self._refusal(language) for text, language in zip(prepared, languages, strict=True)
        ]
        wanted = [index for index, refusal in enumerate(refusals) if refusal is None]
        told = dict(zip(wanted, self._score([prepared[index].clean for index in wanted]), strict=True))
        return [
            {
                **row.fields,
                "language": languages[index].code,
                "model_version": self._model.version,
                **(told.get(index) or {"refused": refusals[index]}),
                **self._flag(languages[index], index in told),
            }
            for index, row in enumerate(chunk)
        ]

    def _score(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        if not texts:
            return []
        scores = rounded(self._model.score(texts))
        decision = self._thresholds.apply(scores)
        doubtful = self._thresholds.experimental
        return [
            {
                "scores": dict(zip(self._model.labels, map(float, row), strict=True)),
                "tags": [tag.label for tag in tags],
                "sure": [tag.label for tag in tags if tag.sure],
                **(
                    {"experimental": found}
                    if (found := [tag.label for tag in tags if tag.label in doubtful])
                    else {}
                ),
                **({"unclear": True} if unclear else {}),
            }
            for row, tags, unclear in zip(scores, decision.tags, decision.unclear, strict=True)
        ]

    def _refusal(self, language: Language) -> str | None:
        if self._force or language.code in self._detector.supported:
            return None
        return "unknown_language" if language.source == "unknown" else "unsupported_language"

    def _flag(self, language: Language, scored: bool) -> dict[str, bool]:
        return {"forced_language": True} if scored and language.code not in self._detector.supported else {}


def _chunks(inputs: Iterable[Row]) -> Iterator[list[Row]]:
    """Rows that are scored together; those before a broken line come out before its error does."""
    chunk: list[Row] = []
    try:
        for row in inputs:
            chunk.append(row)
            if len(chunk) == CHUNK:
                yield chunk
                chunk = []
    except ConfigError:
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def _declared(row: Row) -> str | None:
    declared = row.fields.get("language", row.fields.get("lang"))
    return declared if isinstance(declared, str) else None


def keyed_redactor() -> Redactor:
    """With the project's key if there is one; nothing is stored here, so none is needed."""
    return redactor(Keys.from_environment()) if os.environ.get(KEY_VARIABLE) else Redactor()
