"""The error tree: classed by what the caller must do, one sentence each."""

import pytest

from configs import errors
from configs.errors import (
    BadRecord,
    ConfigError,
    ModelMismatch,
    RessentiError,
    SourcesFailed,
    SourceUnavailable,
    StorageError,
)


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "no such column"),
        ({"place": "a.csv:3"}, "a.csv:3: no such column"),
        ({"found": "x"}, "no such column (found 'x')"),
        ({"accepted": ["a", 1]}, "no such column; accepted: a, 1"),
        ({"accepted": "a or b", "fix": "mend it"}, "no such column; accepted: a or b; mend it"),
        (
            {"place": "a", "found": 3, "accepted": "b", "fix": "mend it"},
            "a: no such column (found 3); accepted: b; mend it",
        ),
    ],
)
def test_a_message_is_place_what_found_accepted_and_fix(told, sentence):
    assert str(ConfigError("no such column", **told)) == sentence


def test_the_facts_are_kept_as_attributes():
    error = ConfigError("wrong", place="a", found="b", accepted=["c", "d"], fix="e")
    assert (error.what, error.place, error.found, error.accepted, error.fix) == (
        "wrong",
        "a",
        "b",
        "c, d",
        "e",
    )


@pytest.mark.parametrize(
    ("kind", "code"),
    [(RessentiError, 1), (ConfigError, 2), (ModelMismatch, 2), (SourceUnavailable, 1), (StorageError, 1)],
)
def test_exit_codes(kind, code):
    assert kind("wrong").exit_code == code


def test_failed_sources_end_with_the_worst_of_their_codes_and_name_each():
    unavailable, wrong = (
        SourceUnavailable("gone", place="a.csv"),
        ConfigError("no such column", place="b.csv"),
    )
    assert SourcesFailed({"a": unavailable}).exit_code == 1
    both = SourcesFailed({"a": unavailable, "b": wrong}, "run")
    assert both.exit_code == 2
    assert str(both) == "source a: a.csv: gone; source b: b.csv: no such column"
    assert both.run_id == "run"


def test_a_bad_record_has_a_reason_to_count_and_a_field():
    error = BadRecord("bad_date", "no date", field="date")
    assert (error.reason, error.field, str(error)) == ("bad_date", "date", "date: no date")


def test_the_tree_at_the_top_of_the_module_names_every_error():
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert len(kinds) == 7
    for kind in kinds:
        assert issubclass(kind, RessentiError)
        assert kind.__name__ in str(errors.__doc__)
