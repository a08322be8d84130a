"""What a view of BI is made of: its columns with their meaning, and SQL that both databases understand.

The few words that differ between them are asked of a `Dialect`. Flags are 0 or 1, so that they can be added up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from configs.taxonomy import Taxonomy

Kind = Literal["text", "whole", "number", "flag", "day", "moment"]
SCHEMA, PREFIX = "bi", "bi_"


@dataclass(frozen=True, slots=True)
class Dialect:
    """The words of one kind of database: "sqlite" or "postgresql"."""

    name: str

    @property
    def _sqlite(self) -> bool:
        return self.name == "sqlite"

    def view(self, name: str) -> str:
        """A view as SQL calls it: in the schema `bi`, or called `bi_…`."""
        return f"{PREFIX}{name}" if self._sqlite else f"{SCHEMA}.{name}"

    @property
    def now(self) -> str:
        """This moment (UTC)."""
        return "strftime('%Y-%m-%d %H:%M:%f', 'now')" if self._sqlite else "now()"

    def hours(self, start: str, end: str) -> str:
        """Hours from one moment to another, with two digits."""
        if self._sqlite:
            return f"round((julianday({end}) - julianday({start})) * 24, 2)"
        return f"round(extract(epoch FROM {end} - {start}) / 3600, 2)::float8"

    def month(self, day: str) -> str:
        """First day of a day's month."""
        return f"date({day}, 'start of month')" if self._sqlite else f"date_trunc('month', {day})::date"

    def number(self, expression: str) -> str:
        """A number that may have a fraction."""
        return f"CAST({expression} AS REAL)" if self._sqlite else f"({expression})::float8"

    def whole(self, expression: str) -> str:
        """A number without a fraction."""
        return f"CAST({expression} AS {'INTEGER' if self._sqlite else 'bigint'})"

    def part(self, json: str, *path: str) -> str:
        """What stands in a JSON column under names, each an SQL expression, as text or number; NULL if nothing."""
        if self._sqlite:
            inner = " || '.' || ".join(f"""'"' || {name} || '"'""" for name in path)
            return f"json_extract({json}, '$.' || {inner})"
        return f"({json} #>> ARRAY[{', '.join(path)}])"

    def is_true(self, json: str, *path: str) -> str:
        """1 where a JSON column holds `true` under names, else 0."""
        true = "1" if self._sqlite else "'true'"
        return f"CASE WHEN {self.part(json, *path)} = {true} THEN 1 ELSE 0 END"

    def words_of(self, json: str) -> str:
        """The strings of a JSON list as rows: `e.value`."""
        return f"json_each({json}) AS e" if self._sqlite else f"jsonb_array_elements_text({json}) AS e(value)"

    def text(self, expression: str) -> str:
        """Anything as text."""
        return f"CAST({expression} AS text)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as BI may rely on it.

    Attributes:
        meaning: what it says, in one line.
        source: where the value comes from.
        unit: of a number, a day or a moment; "" where there is none.
        nullable: whether it may be NULL, and what that says stands in `meaning`.
    """

    name: str
    kind: Kind
    meaning: str
    source: str
    unit: str = ""
    nullable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view of the contract. `meaning` begins with what one row is."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    select: Callable[[Dialect, Taxonomy], str]


def share(part: str, whole: str, d: Dialect) -> str:
    """`part` in percent of `whole`, two digits; NULL of nothing."""
    ratio = f"100.0 * {part} / nullif({whole}, 0)"
    return f"round({ratio}, 2)" if d.name == "sqlite" else f"round({ratio}, 2)::float8"


def nps(promoters: str, passives: str, detractors: str, d: Dialect) -> str:
    """Net promoter score, -100 to 100, two digits; NULL without answers."""
    return share(f"({promoters} - {detractors})", f"({promoters} + {passives} + {detractors})", d)
