"""How long something is kept, as people write it: `3 years`, `18 months`, `90 days`, `for ever`."""

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator

FOR_EVER = "for ever"
ACCEPTED = "such as 3 years, 18 months, 90 days, or for ever"
_WRITTEN = re.compile(r"([1-9]\d{0,3}) (day|month|year)s?")


def _checked(period: str) -> str:
    found = _WRITTEN.fullmatch(period)
    if period != FOR_EVER and (not found or (int(found[1]) > 100 and found[2] == "year")):
        raise ValueError(f"no period; accepted: {ACCEPTED}")
    return period


Period = Annotated[str, AfterValidator(_checked)]


def ago(period: str, today: date) -> date | None:
    """The day that was a period ago; None for ever.

    A month or a year ago is the same day of its month, or the month's last where it has no such day: three years
    before 29 February 2028 it was 28 February 2025.
    """
    if period == FOR_EVER:
        return None
    found = _WRITTEN.fullmatch(period)
    assert found is not None
    number, unit = int(found[1]), found[2]
    if unit == "day":
        return today - timedelta(days=number)
    months = today.year * 12 + today.month - 1 - number * (12 if unit == "year" else 1)
    year, month = months // 12, months % 12 + 1
    return date(year, month, min(today.day, monthrange(year, month)[1]))
