"""What one YAML file in `configs/sources/` says about a feed: every key, with its meaning and an example.

Keys that every kind of source has stand in `SourceConfig`, those of one kind in a class of its own.

The blocks (`text`, `id`, `date`…) are described one by one in `flows/sources/blocks.py`. Column names are
written as they stand in the file, accents and spaces included; a header cell without a name is called
`column 1`, `column 2`… by its place, the second of two equal names `name (2)`. In JSON, a nested field is
named with dots: `author.country`.
"""

import hashlib
import json
from pathlib import PurePath
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from configs.periods import Period
from flows.sources.blocks import (
    Block,
    Condition,
    Customer,
    Format,
    FormatType,
    Identity,
    Language,
    Nps,
    Rating,
    Skip,
    Text,
    Value,
    Words,
    Written,
)
from flows.sources.record import Channel

SUFFIXES: dict[str, FormatType] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xlsx",
    ".ods": "xlsx",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
READER_VERSION = 1  # raise it when the same file and YAML would be mapped differently: parts are read again


def _named(value: Any) -> Any:  # noqa: ANN401
    return {str(name): str(name) for name in value} if isinstance(value, list | tuple) else value


class SourceConfig(Block):
    """One feed of feedback, as `configs/sources/NAME.yml` describes it."""

    name: str = Field(
        pattern="^[a-z0-9_]+$",
        max_length=64,
        description="the YAML file's own if absent: `name: avis_boutique`",
    )
    kind: str = Field("files", description="where it comes from, `files` if absent: `kind: sql`")
    preset: str | None = Field(
        None, description="whose keys are the defaults of these: `preset: google_play_reviews`"
    )
    channel: Channel = Field(description="review, survey or ticket: `channel: review`")
    text: Text = Field(description="what the customer wrote: `text: commentaire`")
    id: Identity | None = Field(
        None, description="derived from text, customer and day if absent: `id: ticket_id`"
    )
    customer: Customer | None = Field(None, description="who wrote: `customer: email`")
    date: Written | None = Field(None, description="when: `date: created_at`")
    rating: Rating | None = Field(
        None, description="the mark beside the text: `rating: {column: note, scale: [1, 5]}`"
    )
    nps: Nps | None = Field(None, description="would you recommend us, 0 to 10: `nps: recommandation`")
    survey: Value | None = Field(None, description="which survey asked: `survey: {constant: NPS 2025}`")
    batch: Value | None = Field(None, description="what belongs together, such as a wave: `batch: vague`")
    language: Language | None = Field(None, description="of the texts: `language: {constant: fr}`")
    skip: tuple[Skip, ...] = Field(
        (), description="rows to leave out: `skip: [{column: spam, equals: true, reason: spam}]`"
    )
    deleted: Condition | None = Field(
        None,
        description="rows that say their feedback is gone: `deleted: {column: deleted_at, not_empty: true}`",
    )
    attributes: Annotated[dict[str, str], BeforeValidator(_named)] = Field(
        {}, description="columns kept beside the text: `[pays, produit]`, or renamed: `{country: pays}`"
    )
    optional: Words = Field((), description="columns that a file may lack: `optional: [vague]`")
    retention: Period | None = Field(
        None, description="how long it is kept, the setting's if absent: `retention: 5 years`"
    )
    masking: Literal["structured", "off"] = Field(
        "structured",
        description="what is masked in texts, `off`: nothing: `masking: structured`",
    )

    @model_validator(mode="after")
    def _deleted_by_id(self) -> Self:
        if self.deleted is not None and (self.id is None or self.id.column is None):
            raise ValueError("`deleted` needs `id: COLUMN`: what is gone is found by its id")
        return self

    # Keys that say where it is or how long it is kept: changed, they make no row another one.
    _beside: ClassVar[frozenset[str]] = frozenset({"preset", "retention"})

    @property
    def place(self) -> str:
        """Where it is read, for people; never a secret."""
        raise NotImplementedError

    def columns(self) -> list[str]:
        """Every column that the description names, each once, in its order."""
        text = [*self.text.columns, *([self.text.title] if self.text.title else [])]
        rules = [*self.skip, *([self.deleted] if self.deleted else [])]
        names = [item.column for item in text] + [rule.column for rule in rules]
        names += [*self.attributes.values(), *(self.customer.columns if self.customer else ())]
        names += [*(self.id.derive if self.id else ())]
        blocks = (self.id, self.date, self.rating, self.nps, self.survey, self.batch, self.language)
        names += [block.column for block in blocks if block is not None and block.column]
        return list(dict.fromkeys(names))

    def fingerprint(self) -> str:
        """Hash (16 hex digits) of what decides how a row is mapped; not of its place, nor of how long it is kept."""
        told = self.model_dump(mode="json", exclude=set(self._beside), exclude_defaults=True)
        return hashlib.sha256(f"{READER_VERSION}:{json.dumps(told, sort_keys=True)}".encode()).hexdigest()[
            :16
        ]


class FilesConfig(SourceConfig):
    """`kind: files`: a file, a folder or a glob of CSV, TSV, XLSX, JSON, JSONL or Parquet."""

    kind: Literal["files"] = Field("files", description="where it comes from: `kind: files`")
    path: str = Field(
        min_length=1, description="file, folder or glob, from the project: `path: data/avis/*.csv`"
    )
    format: Format = Field(
        default_factory=lambda: Format.model_validate({}),
        description='how the file is written: `format: {delimiter: ";"}`',
    )

    _beside: ClassVar[frozenset[str]] = SourceConfig._beside | {"path"}

    @property
    def place(self) -> str:
        """Its path."""
        return self.path

    def format_of(self, file: PurePath) -> FormatType | None:
        """The declared type, or the one that the suffix of `file` tells; None when it tells none."""
        return self.format.type or SUFFIXES.get(file.suffix.lower())
