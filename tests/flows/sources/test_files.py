"""Files, folders and globs as parts; what stops a source; order and repetition change nothing."""

import csv
import io
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.files import FilesReader
from flows.sources.preview import preview
from tests.flows.sources.helpers import SEEN, outcomes, read, source, texts

ID = {"id": {"derive": ["who", "text"]}}


def put(folder, name, rows=(("mia", "a"),)):
    stream = io.StringIO(newline="")
    csv.writer(stream).writerows([("who", "text"), *rows])
    (folder / name).write_text(stream.getvalue(), encoding="utf-8", newline="")


def test_a_folder_is_read_by_name_without_what_is_no_export(tmp_path):
    for name in ("b.csv", "a.csv", ".hidden.csv", "~$a.csv", "notes.md", "a.csv.part"):
        put(tmp_path, name)
    (tmp_path / "old").mkdir()
    reader = FilesReader(source(path="."), tmp_path)
    assert [part.file for part in reader.parts()] == ["a.csv", "b.csv"]


def test_a_glob_picks_files_also_below(tmp_path):
    (tmp_path / "2025").mkdir()
    for name in ("avis_1.csv", "autre.csv", "2025/avis_2.csv"):
        put(tmp_path, name)
    reader = FilesReader(source(path="**/avis_*.csv"), tmp_path)
    assert [part.file for part in reader.parts()] == ["avis_1.csv", "avis_2.csv"]


def test_an_empty_folder_is_a_quiet_night_and_an_empty_glob_a_mistake(tmp_path):
    assert read(tmp_path, path=".") == []
    with pytest.raises(SourceUnavailable) as error:
        read(tmp_path, path="avis_*.csv")
    assert str(error.value) == "avis_*.csv: no such file; mend `path` of source feed, or put the file there"


def test_brackets_in_a_file_name_are_no_glob(tmp_path):
    put(tmp_path, "export [1].csv")
    assert texts(read(tmp_path, path="export [1].csv")) == ["a"]


def test_an_unknown_suffix_wants_a_declared_type(tmp_path):
    put(tmp_path, "export.dat")
    with pytest.raises(ConfigError, match=r"export.dat: the suffix tells no format"):
        read(tmp_path, path="export.dat")
    assert texts(read(tmp_path, path="export.dat", format={"type": "csv"})) == ["a"]


def test_one_wrong_file_stops_the_source_before_the_first_is_read(tmp_path):
    put(tmp_path, "a.csv")
    (tmp_path / "b.csv").write_text("who,texte\nmia,a\n", encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        read(tmp_path, path="*.csv")
    sentence = "b.csv: no such column (found 'text'); accepted: who, texte; did you mean `texte`?"
    assert str(error.value) == sentence


def test_the_same_content_under_another_name_is_the_same_part(tmp_path):
    put(tmp_path, "a.csv")
    put(tmp_path, "b.csv")
    first, second = FilesReader(source(path="."), tmp_path).parts()
    assert first.key == second.key
    assert first.bytes == (tmp_path / "a.csv").stat().st_size


def test_a_file_that_changes_under_the_reader_is_not_trusted(tmp_path):
    put(tmp_path, "feed.csv", [("mia", "a"), ("noa", "b")])
    reader = FilesReader(source(**ID), tmp_path)
    (part,) = reader.parts()
    items = reader.read(part, SEEN)
    next(items)
    time.sleep(0.01)
    put(tmp_path, "feed.csv", [("mia", "a"), ("noa", "b"), ("lou", "c")])
    with pytest.raises(SourceUnavailable, match="changed while it was read"):
        list(items)
    (tmp_path / "feed.csv").unlink()
    with pytest.raises(SourceUnavailable, match="went away"):
        list(reader.read(part, SEEN))


def test_a_reading_that_is_given_up_leaves_no_temporary_file(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    put(tmp_path, "feed.csv", [(str(n), "a") for n in range(10)])
    reader = FilesReader(source(**ID), tmp_path)
    items = reader.read(reader.parts()[0], SEEN)
    next(items)
    assert list(scratch.iterdir())
    items.close()
    assert not list(scratch.iterdir())


def test_a_preview_counts_every_row_of_every_file_and_keeps_a_few(tmp_path):
    put(tmp_path, "a.csv", [("mia", f"text {n}") for n in range(30)])
    put(tmp_path, "b.csv", [("mia", ""), ("noa", "x"), ("noa", "x")])
    seen = preview(source(path=".", **ID), tmp_path, n=5)
    assert len(seen.records) == 5
    assert outcomes(seen.others) == ["skipped:empty", "duplicate"]
    assert seen.counts["a.csv"] == {"record": 30}
    assert seen.totals == {"record": 31, "skipped:empty": 1, "duplicate": 1}


rows = st.lists(
    st.tuples(st.sampled_from(["mia", "noa", "l,ou"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=8)),
    max_size=8,
)  # fmt: skip
same_folder = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def feedback(folder, files):
    """The set of (id, text) that some files come to."""
    for old in folder.glob("*.csv"):
        old.unlink()
    for number, content in enumerate(files):
        put(folder, f"{number}.csv", content)
    items = read(folder, path=".", **ID)
    assert len(items) == sum(len(content) for content in files)
    return {(item.external_id, item.text) for item in items if outcomes([item]) == ["record"]}


@same_folder
@given(files=st.lists(rows, min_size=1, max_size=3), again=st.randoms())
def test_order_and_repetition_of_files_and_rows_change_nothing(tmp_path, files, again):
    once = feedback(tmp_path, files)
    shuffled = [again.sample(content, len(content)) for content in again.sample(files, len(files))]
    assert feedback(tmp_path, shuffled) == once
    assert feedback(tmp_path, [*files, *files]) == once
    assert feedback(tmp_path, [[row for content in files for row in content]]) == once


@same_folder
@given(content=rows)
def test_a_large_file_is_read_as_a_small_one(tmp_path, content):
    put(tmp_path, "feed.csv", content)
    with pytest.MonkeyPatch.context() as patch:
        small = read(tmp_path, **ID)
        patch.setattr("flows.sources.files._WAITING", 0)
        assert read(tmp_path, **ID) == small


@same_folder
@given(content=rows, cut=st.integers(0, 8))
def test_a_reading_resumed_after_any_row_gives_the_rest(tmp_path, content, cut):
    put(tmp_path, "feed.csv", content)
    assert read(tmp_path, after_row=cut, **ID) == read(tmp_path, **ID)[cut:]


@same_folder
@given(st.binary(max_size=80))
def test_no_bytes_make_the_reader_fail_otherwise_than_on_purpose(tmp_path, content):
    (tmp_path / "feed.csv").write_bytes(b"who,text\n" + content)
    try:
        items = read(tmp_path)
    except (ConfigError, SourceUnavailable):
        return
    assert [item.row for item in items] == list(range(1, len(items) + 1))
