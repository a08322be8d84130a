"""The cursor's value as it is stored beside what was read, and where the next reading starts."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self

from configs.errors import ConfigError
from configs.periods import ago
from flows.sources.reader import Position
from flows.sources.sql.config import Since

Value = datetime | date | int | Decimal | float | str
_DAYS, _NUMBERS = "2 days", 1_000
_READERS: dict[str, Callable[[str], Value]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "int": int,
    "Decimal": Decimal,
    "float": float,
    "str": str,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """`at`: everything up to here is stored. `since`: where the reading began that came so far."""

    at: Value
    since: Value

    def dump(self) -> str:
        """As text that `load` understands."""
        return json.dumps([_typed(self.at), _typed(self.since)])

    @classmethod
    def load(cls, text: str) -> Self:
        """From what `dump` made."""
        at, since = json.loads(text)
        return cls(_READERS[at[0]](at[1]), _READERS[since[0]](since[1]))


def _typed(value: Value) -> list[str]:
    written = value.isoformat() if isinstance(value, date) else str(value)
    return [type(value).__name__, written]


def checked(value: object, column: str) -> Value:
    """A cell of the cursor's column.

    Raises:
        ConfigError: of no type that has an order which can be stored.
    """
    if type(value).__name__ in _READERS:
        return value  # type: ignore[return-value]
    accepted = "dates, timestamps, whole numbers or text in their order"
    raise ConfigError(
        f"`{column}` can't be a cursor", place="since", found=type(value).__name__, accepted=accepted
    )


def window(told: Since, after: Position) -> tuple[Value, Value]:
    """Where the window starts, and where in it the reading goes on; both inclusive.

    A reading that was cut goes on in its own window, so that it judges repeated ids as a whole one would; one that
    came to its end is followed by another, a look-back earlier.
    """
    if after.mark is None:
        return told.start, told.start
    mark = Mark.load(after.mark)
    if not after.done:
        return mark.since, mark.at
    start = back(mark.at, told)
    return start, start


def back(at: Value, told: Since) -> Value:
    """`at`, a look-back earlier.

    Raises:
        ConfigError: a text that is no date, so that nothing can be taken from it.
    """
    if isinstance(at, int | Decimal | float):
        return at - (told.lookback if isinstance(told.lookback, int) else _NUMBERS)
    if isinstance(at, str):
        return _text_back(at, told)
    period = told.lookback if isinstance(told.lookback, str) else _DAYS
    day = at.date() if isinstance(at, datetime) else at
    earlier = ago(period, day)
    return told.start if earlier is None else at - (day - earlier)


def _text_back(at: str, told: Since) -> Value:
    """Dates that a database keeps as text come back in the same writing, so that they compare as text does."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        fix = "give the query a date, a timestamp or a number"
        raise ConfigError(f"`{told.column}` is text that is no date", place="since", fix=fix) from None
    earlier = back(moment, told)
    if not isinstance(earlier, datetime):
        return earlier
    if len(at) == len("2025-01-01"):
        return earlier.date().isoformat()
    written = earlier.isoformat(at[10])
    return written.replace("+00:00", "Z") if at.endswith("Z") else written
