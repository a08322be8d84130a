"""The blocks of a source's description: text, id, customer, date, rating and the rest, one class each.

A word where a block is expected is the short form of it: `id: ticket_id` means `id: {column: ticket_id}`.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

FormatType = Literal["csv", "tsv", "xlsx", "json", "jsonl", "parquet"]


def _as_list(value: Any) -> Any:  # noqa: ANN401
    return value if value is None or isinstance(value, list | tuple) else [value]


def _as_words(value: Any) -> Any:  # noqa: ANN401
    """YAML reads `0`, `no` and `2024` as numbers and booleans: here they are words of the file."""
    return [str(item) for item in _as_list(value)] if value is not None else ()


def _as_word(value: Any) -> Any:  # noqa: ANN401
    return str(value) if isinstance(value, bool | int | float) else value


Word = Annotated[str, BeforeValidator(_as_word)]
Words = Annotated[tuple[str, ...], BeforeValidator(_as_words)]
Columns = Annotated[tuple[str, ...], BeforeValidator(_as_words), Field(min_length=1)]


class Block(BaseModel):
    """A part of a source's description: frozen, refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ShortBlock(Block):
    """A block whose short form is its column alone."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:  # noqa: ANN401
        key = "columns" if "columns" in cls.model_fields else "column"
        return {key: value} if isinstance(value, str | int | list | tuple) else value


class Format(Block):
    """How the file is written. Example: `format: {delimiter: ";", encoding: cp1252}`."""

    type: FormatType | None = Field(None, description="guessed from the suffix if absent: `type: csv`")
    delimiter: str = Field("", max_length=1, description='of a CSV, "," if absent: `delimiter: ";"`')
    encoding: str = Field("utf-8", description="of a text file, BOM or not: `encoding: cp1252`")
    sheet: str | None = Field(None, description="of a workbook, the first if absent: `sheet: Avis 2024`")
    header: int = Field(1, ge=0, description="line or row of the column names; 0: none, give `columns`")
    columns: Words = Field((), description="names when the file has none: `columns: [id, date, text]`")
    records: str = Field("", description="where the list stands in a JSON file: `records: data.reviews`")

    @model_validator(mode="after")
    def _names_for_all(self) -> Self:
        if (self.header == 0) != bool(self.columns):
            raise ValueError("`header: 0` and `columns: [...]` go together")
        return self


class TextColumn(ShortBlock):
    """One column of the text. Example: `{column: Negative, label: "Points faibles", empty: [Rien, RAS]}`."""

    column: Word = Field(description="its name in the file: `column: commentaire`")
    label: str | None = Field(None, description='written before it: `label: "Points forts :"`')
    empty: Words = Field((), description="values that say nothing here: `empty: [Rien, RAS]`")


class Text(ShortBlock):
    """What the customer wrote. Short form: `text: commentaire`, or `text: [positive, negative]`."""

    columns: Annotated[tuple[TextColumn, ...], BeforeValidator(_as_list)] = Field(
        min_length=1, description="joined in this order: `columns: [commentaire]`"
    )
    title: TextColumn | None = Field(
        None,
        description="heads the text, dropped where it repeats the text's start: `title: titre`",
    )
    join: str = Field("\n", description='between the parts: `join: " "`')
    empty: Words = Field((), description="values that say nothing, in any of the columns: `empty: [N/A]`")


class Identity(ShortBlock):
    """What tells one feedback from another. Short form: `id: ticket_id`; without it, an id is derived."""

    column: Word | None = Field(None, description="column that holds the feed's own id: `column: ticket_id`")
    derive: Words = Field(
        (),
        description="columns that make one together: `derive: [auteur, date, texte]`",
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if bool(self.column) == bool(self.derive):
            raise ValueError("give either `column: NAME` or `derive: [NAMES]`")
        return self


class Customer(ShortBlock):
    """Who wrote. Short form: `customer: email`."""

    columns: Columns = Field(description="that make the identifier together: `columns: [nom, prénom]`")
    shared: bool = Field(
        False, description="true: the same person as in other shared sources: `shared: true`"
    )


class Written(ShortBlock):
    """When the customer wrote. Short form: `date: created_at`."""

    column: Word = Field(description="its name in the file: `column: date_publication`")
    format: Words = Field((), description='strptime, one or several: `format: "%d/%m/%Y %H:%M"`')
    pattern: str | None = Field(None, description='regular expression with one group: `pattern: "le (.+)"`')
    language: Words = Field((), description="of the words; fr, then en, if absent: `language: fr`")
    timezone: str | None = Field(None, description="the setting's if absent: `timezone: UTC`")
    relative_to: datetime | date | None = Field(
        None,
        description="« il y a 6 mois » counts from here, the first sight if absent: `relative_to: 2025-01-31`",
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        _one_group(self.pattern)
        if self.timezone is not None and self.timezone not in available_timezones():
            raise ValueError(f"no time zone {self.timezone!r}; for example Europe/Paris, UTC")
        return self


class Rating(Block):
    """The mark beside the text. Example: `rating: {column: note, scale: [1, 5], decimal: ","}`."""

    column: Word = Field(description="its name in the file: `column: note`")
    scale: tuple[float, float] = Field(description="lowest and highest mark: `scale: [0, 10]`")
    pattern: str | None = Field(
        None, description='regular expression with one group: `pattern: "([\\d,]+) sur"`'
    )
    decimal: Literal[".", ","] = Field(".", description='decimal mark: `decimal: ","` reads « 3,5 »')
    none: Words = Field((), description="values that mean no mark, as an empty cell does: `none: [0, N/A]`")

    @model_validator(mode="after")
    def _known(self) -> Self:
        _one_group(self.pattern)
        if self.scale[0] >= self.scale[1]:
            raise ValueError("`scale` is [lowest, highest]")
        return self


class Nps(ShortBlock):
    """Would you recommend us, 0 to 10. Short form: `nps: recommandation`."""

    column: Word = Field(
        description="its name in the file: `column: recommandation`; whole numbers 0 to 10, empty where not answered"
    )


class Value(ShortBlock):
    """One word a row: `survey: vague` takes that column, `survey: {constant: NPS 2025}` always this."""

    column: Word | None = Field(None, description="column that holds it: `column: vague`")
    constant: Word | None = Field(None, description="the same for every row: `constant: 2025-T1`")
    file: bool = Field(
        False, description="the file's name without its suffix, each file a batch: `file: true`"
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.column is not None) + (self.constant is not None) + self.file != 1:
            raise ValueError("give exactly one of `column: NAME`, `constant: WORD`, `file: true`")
        return self


class Language(ShortBlock):
    """Language of the texts, ISO 639-1. Absent: detected from the text."""

    column: Word | None = Field(None, description="that declares it (fr, fr-FR, FR): `column: lang`")
    constant: str | None = Field(None, pattern="^[a-z]{2}$", description="of every text: `constant: fr`")
    otherwise: str | None = Field(
        None, pattern="^[a-z]{2}$", description="where detection can't tell (« ok »): `otherwise: fr`"
    )
    values: dict[Word, str] = Field({}, description="the file's words for them: `values: {Français: fr}`")

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        if self.column and self.constant:
            raise ValueError("give `column: NAME` or `constant: fr`, not both")
        return self


class Condition(Block):
    """Which rows are meant. Example: `{column: deleted_at, not_empty: true}`."""

    column: Word = Field(description="its name in the file: `column: statut`")
    equals: Word | None = Field(None, description="this value, case aside: `equals: agent`")
    in_: Words = Field((), alias="in", description="any of these values: `in: [test, spam]`")
    matches: str | None = Field(None, description='what holds this expression: `matches: "^\\[TEST\\]"`')
    empty: Literal[True] | None = Field(None, description="an empty value: `empty: true`")
    not_empty: Literal[True] | None = Field(None, description="any value but an empty one: `not_empty: true`")

    @model_validator(mode="after")
    def _one_condition(self) -> Self:
        given = (self.equals is not None, bool(self.in_), bool(self.matches), self.empty, self.not_empty)
        if sum(map(bool, given)) != 1:
            raise ValueError("give exactly one of equals, in, matches, empty, not_empty")
        _compiled(self.matches)
        return self


class Skip(Condition):
    """Rows to leave out, and why. Example: `{column: auteur_type, equals: agent, reason: company_reply}`."""

    reason: str = Field(pattern="^[a-z][a-z0-9_]*$", description="code to count them by: `reason: test_row`")


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None


def _one_group(pattern: str | None) -> None:
    compiled = _compiled(pattern)
    if compiled is not None and compiled.groups != 1:
        raise ValueError("`pattern` needs exactly one group (…) around what is wanted")
