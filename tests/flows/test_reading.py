"""Reading: chunks, limits, what is read again and what never, and sources that can't be read."""

import pytest

from configs.errors import ConfigError, SourcesFailed, SourceUnavailable
from flows.reading import open_sources, read
from storage import schema

from .night import counts, external_ids, night, row, rows, tags

TEXTS = [row(number, f"texte {number}") for number in range(10)]


def _chunks(work, **told):
    [source] = open_sources(work)[0]
    return [len(chunk.items) for chunk in read(work, source, **told)]


def test_a_chunk_holds_at_most_so_many_rows_and_a_last_one_says_that_all_is_read(small_room):
    small_room.settings(chunk_texts=4)
    small_room.feed(*TEXTS)
    with small_room.open() as work:
        assert _chunks(work) == [4, 4, 2, 0]


def test_a_chunk_holds_at_most_500_rows_by_default(small_room):
    small_room.feed(*(row(number, "texte") for number in range(1100)))
    with small_room.open() as work:
        assert _chunks(work) == [500, 500, 100, 0]


def test_long_texts_make_smaller_chunks_and_one_over_the_limit_is_alone(small_room):
    small_room.settings(chunk_tokens=600)
    small_room.feed(
        row(1, "a " * 500), row(2, "b " * 500), row(3, "c " * 500), row(4, "d " * 9000), row(5, "e")
    )
    with small_room.open() as work:
        assert _chunks(work) == [2, 1, 1, 1, 0]


def test_a_limit_is_where_the_next_run_goes_on(room, work):
    room.feed(*TEXTS)
    assert [counts(night(work, limit=4)).get(("new", "")) for _ in range(4)] == [4, 4, 2, None]
    assert sorted(external_ids(work.engine).values()) == sorted(str(number) for number in range(10))


def test_a_limit_counts_over_the_files_of_a_source_and_for_each_source(room, work):
    room.feed(*TEXTS[:3], file="a.csv")
    room.feed(*TEXTS[3:], file="b.csv")
    room.feed(*TEXTS, source="survey")
    told = night(work, limit=5)
    assert told.of_source("reviews")["new"] == told.of_source("survey")["new"] == 5
    told = night(work, limit=5)
    assert told.total("new") == 10
    assert night(work).total("read") == 0


def test_a_limit_that_ends_with_the_file_leaves_it_read(room, work):
    room.feed(*TEXTS)
    assert night(work, limit=10).total("new") == 10
    [cursor] = rows(work.engine, schema.cursor)
    assert cursor["position"] == {"file": "feed.csv", "row": 10, "done": True}


def test_a_file_that_is_unchanged_is_not_opened_again(room, work, monkeypatch):
    room.feed(*TEXTS)
    night(work)
    monkeypatch.setattr(
        "flows.sources.files.FilesReader.read", lambda *_args, **_told: pytest.fail("read again")
    )
    assert counts(night(work)) == {}


def test_a_file_that_grew_is_read_again_and_only_what_is_new_is_stored(room, work):
    room.feed(*TEXTS[:4])
    night(work)
    room.feed(*TEXTS)
    told = counts(night(work))
    assert (told["read", ""], told["duplicate", ""], told["new", ""]) == (10, 4, 6)


def test_a_changed_description_reads_again(room, work):
    room.feed(row(1, "Merci", city="Lyon"))
    night(work)
    room.source(attributes={"town": "city"})
    assert counts(night(work)) == {("read", ""): 1, ("updated", ""): 1}
    assert rows(work.engine, schema.feedback)[0]["attributes"] == {"town": "Lyon"}


def test_where_a_source_lies_is_not_what_it_says(room, work):
    path = room.feed(*TEXTS)
    night(work)
    elsewhere = room.folder / "elsewhere.csv"
    path.rename(elsewhere)
    room.source(path=str(elsewhere))
    assert counts(night(work)) == {}


def test_a_run_reads_the_sources_that_it_is_told(room, work):
    room.feed(*TEXTS)
    room.feed(*TEXTS, source="survey")
    assert night(work, ["survey"]).sources == ["survey"]
    assert night(work).sources == ["reviews"]


def test_an_unknown_source_is_refused_with_those_there_are(room, work):
    room.feed(*TEXTS)
    with pytest.raises(ConfigError, match=r"no such source \(found 'revews'\); accepted: reviews; .*reviews"):
        night(work, ["revews"])
    assert rows(work.engine, schema.run) == []


def test_a_relative_date_counts_from_the_first_sight_also_where_a_run_goes_on(room, work):
    room.feed(*(row(number, "texte", date="il y a 3 jours") for number in range(4)))
    night(work, limit=2)
    night(work)
    written = {found["written_at"].date() for found in rows(work.engine, schema.feedback)}
    assert len(written) == 1


# Sources that can't be read


def _broken(room, kind):
    """A second source, `survey`, which is fine until it is read."""
    room.feed(*TEXTS)
    path = room.feed(*TEXTS, source="survey")
    if kind == "missing file":
        path.unlink()
        room.source("survey", path=str(path))
    elif kind == "wrong encoding":
        path.write_bytes(path.read_bytes().replace(b"texte", "déçu".encode("cp1252")))
    elif kind == "unknown column":
        room.source("survey", text="texte")
    elif kind == "empty file":
        path.write_bytes(b"")


BROKEN = {
    "missing file": (1, r"feed\.csv: no such file; mend `path` of source survey"),
    "wrong encoding": (
        2,
        r"feed\.csv:\d+: not written in the declared encoding \(found .utf-8.\); .*set `format: ",
    ),
    "unknown column": (2, r"feed\.csv: no such column \(found 'texte'\); accepted: id, text, .*did you mean"),
    "empty file": (1, r"feed\.csv: the file is empty"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_source_is_left_out_whole_and_the_others_are_done(room, work, kind):
    code, sentence = BROKEN[kind]
    _broken(room, kind)
    with pytest.raises(SourcesFailed, match=sentence) as failed:
        night(work)
    assert failed.value.exit_code == code
    assert list(failed.value.failures) == ["survey"]
    assert {found["name"] for found in rows(work.engine, schema.source)} == {"reviews"}
    assert len(rows(work.engine, schema.prediction)) == len(TEXTS)
    [run] = rows(work.engine, schema.run)
    assert run["outcome"] == "failed"
    assert "source survey" in run["error"]
    assert run["id"] == failed.value.run_id


@pytest.mark.parametrize("kind", BROKEN)
def test_where_every_source_is_broken_nothing_is_written(room, work, kind):
    _broken(room, kind)
    with pytest.raises(SourcesFailed) as failed:
        night(work, ["survey"])
    assert failed.value.run_id is None
    assert rows(work.engine, schema.run) == rows(work.engine, schema.source) == []


def test_a_source_that_goes_away_while_it_is_read_keeps_its_whole_chunks(room, work, monkeypatch):
    room.feed(*TEXTS)
    room.feed(*TEXTS[:3], source="survey")

    def gone(self, part, *args, **told):
        yield from original(self, part, *args, **told)
        if part.path.parent.name == "reviews":
            raise SourceUnavailable("the file went away", place=part.file)

    from flows.sources.files import FilesReader

    original = FilesReader.read
    monkeypatch.setattr(FilesReader, "read", gone)
    with pytest.raises(SourcesFailed, match="went away"):
        night(work, limit=None)
    monkeypatch.undo()
    sources = [found["source_id"] for found in rows(work.engine, schema.feedback)]
    assert len(sources) >= 3
    monkeypatch.setenv("RESSENTI_KEY", "")  # the open workspace has its key already
    assert night(work).total("new") == 13 - len(sources)


# Languages


def test_texts_in_languages_that_are_not_scored_are_stored_flagged_and_refused_once(room, work):
    room.feed(
        row("nl", "dank u wel", lang="nl"),
        row("short", "ok", lang=""),
        row("found", "Jag är mycket besviken på den här leveransen och vill ha pengarna tillbaka", lang=""),
        row("fr", "Merci"),
    )
    told = counts(night(work))
    assert (told["new", ""], told["scored", ""]) == (4, 1)
    assert told["refused", "unsupported_language"] == 2
    assert told["refused", "unknown_language"] == 1
    revisions = rows(work.engine, schema.revision)
    assert {(found["language"], found["refusal"]) for found in revisions} == {
        ("nl", "unsupported_language"), ("unknown", "unknown_language"),
        ("sv", "unsupported_language"), ("fr", None),
    }  # fmt: skip
    refused = [found for found in rows(work.engine, schema.prediction) if found["outcome"] == "refused"]
    assert [found["scores"] for found in refused] == [None] * 3
    assert tags(work.engine) == {"fr": {"gratitude"}}
    assert counts(night(work)) == {}  # not pending any more


def test_a_language_is_scored_once_the_settings_name_it(room):
    room.settings(languages=["fr"])
    room.feed(row("en", "merci", lang="en-GB"))
    assert counts(room.night())["refused", "unsupported_language"] == 1
    room.settings(languages=["fr", "en"])
    room.feed(row("en", "merci bien", lang="EN"))
    assert counts(room.night())["scored", ""] == 1
