"""Rows of one part that repeat or contradict each other."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from flows.sources.keys import KeyIndex


def verdicts(pairs):
    with KeyIndex() as index:
        for row, (key, text) in enumerate(pairs, 1):
            index.add(row, key, text)
        return dict(index.verdicts())


def test_the_first_of_equal_rows_counts_and_contradictions_count_for_all():
    rows = [("a", "x"), ("b", "x"), ("a", "x"), ("c", "1"), ("c", "2"), ("c", "1")]
    assert verdicts(rows) == {3: "duplicate", 4: "collision", 5: "collision", 6: "collision"}


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xy")), max_size=12))
def test_it_says_what_a_plain_dictionary_would(rows):
    expected = {}
    for row, (key, _) in enumerate(rows, 1):
        texts = {text for other, text in rows if other == key}
        if len(texts) > 1:
            expected[row] = "collision"
        elif any(other == key for other, _ in rows[: row - 1]):
            expected[row] = "duplicate"
    assert verdicts(rows) == expected


def test_nothing_readable_is_written_and_nothing_stays():
    with KeyIndex() as index:
        for row in range(5_000):
            index.add(row, "mia@example.org", "un secret")
        folder = Path(index._folder.name)
        assert next(iter(index.verdicts()))[1] == "duplicate"
        index._db.commit()
        written = b"".join(file.read_bytes() for file in folder.iterdir())
        assert len(written) > 50_000
        assert b"mia" not in written
        assert b"secret" not in written
    assert not folder.exists()
