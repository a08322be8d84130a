from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from configs.periods import FOR_EVER, Period, ago


@pytest.mark.parametrize(
    ("period", "today", "then"),
    [
        ("3 years", date(2026, 11, 22), date(2023, 11, 22)),
        ("3 years", date(2028, 2, 29), date(2025, 2, 28)),
        ("4 years", date(2028, 2, 29), date(2024, 2, 29)),
        ("3 years", date(2027, 3, 1), date(2024, 3, 1)),
        ("1 month", date(2026, 3, 31), date(2026, 2, 28)),
        ("18 months", date(2026, 6, 30), date(2024, 12, 30)),
        ("12 months", date(2026, 1, 1), date(2025, 1, 1)),
        ("90 days", date(2026, 3, 1), date(2025, 12, 1)),
        (FOR_EVER, date(2026, 3, 1), None),
    ],
)
def test_a_period_ago_is_a_day_of_the_calendar(period, today, then):
    assert ago(TypeAdapter(Period).validate_python(period), today) == then


@pytest.mark.parametrize(
    "period", ["", "3", "three years", "0 days", "-1 years", "3 weeks", "101 years", "3  years"]
)
def test_what_is_no_period_is_refused_with_what_is(period):
    with pytest.raises(ValidationError, match="3 years, 18 months, 90 days, or for ever"):
        TypeAdapter(Period).validate_python(period)
