"""Corrections by people: taken in whole or not at all, over every model, kept with the words they were about."""

import csv
import json

import pytest

from configs.taxonomy import load_taxonomy
from flows.exports.cells import original
from nlp.training.data import read_examples
from storage import schema
from storage.corrections import agreement
from storage.database import reading, writing

from .night import current, row, rows

FEED = [
    row("a", "Merci, écrivez à ana@exemple.fr"),
    row("b", "C'est injuste"),
    row("c", "Rien à dire"),
    row("d", "bof"),
]
HEAD = "source;external_id;label;present;author;at;note\n"


@pytest.fixture
def told(small_room):
    """A night was run; writes a file of corrections."""
    small_room.feed(*FEED)
    small_room.night()

    def write(*lines, head=HEAD):
        file = small_room.folder / "corrections.csv"
        file.write_text(head + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        return file

    return write


def _current(room):
    with room.open() as work:
        return current(work.engine)


def _stored(room):
    with room.open() as work:
        return rows(work.engine, schema.correction)


def test_what_a_person_says_wins_over_the_model_and_over_the_next_one(ressenti, small_room, told):
    file = told(
        "reviews;b;injustice;non;léa;2026-11-20 10:00;écrire à leo@exemple.fr",
        "reviews;c;frustration;oui;léa;;",
        "reviews;d;joy;no;léa;;",
    )
    said = ressenti("corrections", "import", file)
    assert (said.code, said.out) == (0, "3 rows read, 3 corrections written\n")
    expected = {"a": {"gratitude"}, "c": {"frustration"}}  # d is not unclear any more: a person looked
    assert _current(small_room) == expected
    first = _stored(small_room)[0]
    assert (first["author"], first["origin"], first["note"]) == ("léa", "corrections.csv", "écrire à [EMAIL]")
    assert f"{first['corrected_at']:%Y-%m-%d %H:%M %Z}" == "2026-11-20 09:00 UTC"
    small_room.model("other", seed=1)
    small_room.night()
    assert _current(small_room) == expected


def test_the_same_file_twice_adds_nothing(ressenti, small_room, told):
    file = told("reviews;b;injustice;no;lea;2026-11-20;", "reviews;b;joy;yes;lea;;")
    assert "2 corrections written" in ressenti("corrections", "import", file).out
    assert "0 corrections written" in ressenti("corrections", "import", file).out
    assert len(_stored(small_room)) == 2


def test_of_several_words_on_one_label_the_newest_counts(ressenti, small_room, told):
    ressenti("corrections", "import", told("reviews;b;injustice;no;lea;2026-11-20;"))
    ressenti("corrections", "import", told("reviews;b;injustice;yes;max;2026-11-19;"))
    assert "b" not in _current(small_room)
    ressenti("corrections", "import", told("reviews;b;injustice;yes;max;2026-11-21;"))
    assert _current(small_room)["b"] == {"injustice"}
    lines = ressenti("corrections", "list").out.splitlines()[1:]
    assert [line.split("\t")[7] for line in lines] == ["replaced", "replaced", "yes"]


def test_a_new_text_has_no_correction_and_the_old_one_keeps_it(ressenti, small_room, told):
    ressenti("corrections", "import", told("reviews;b;injustice;no;lea;;"))
    small_room.feed(row("b", "C'est vraiment injuste"), file="2.csv")
    small_room.night()
    assert _current(small_room)["b"] == {"injustice"}
    assert ressenti("corrections", "list").out.splitlines()[1].split("\t")[7] == "text changed"
    assert ressenti("corrections", "agreement").out.splitlines()[1].split()[2:] == [
        "injustice",
        "1",
        "0",
        "0",
        "1",
        "0",
        "%",
    ]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("reviews;zz;injustice;no;lea;;", ("line 3", "no feedback 'zz' of source 'reviews'")),
        ("reviews;b;injustise;no;lea;;", ("line 3", "no label 'injustise'", "did you mean `injustice`?")),
        ("reviews;b;unclear;no;lea;;", ("no label 'unclear'",)),
        ("reviews;b;injustice;perhaps;lea;;", ("`present` is 'perhaps'", "accepted: yes or no")),
        ("reviews;b;injustice;no;;;", ("no author",)),
        ("reviews;b;injustice;no;lea;hier;", ("`at` counts from today",)),
        ("reviews;b;injustice;no;lea;2026-13-40;", ("not a date",)),
        ("reviews;b", ("2 columns instead of 7",)),
    ],
)
def test_a_wrong_row_is_named_and_nothing_of_the_file_is_taken_in(ressenti, small_room, told, line, words):
    said = ressenti("corrections", "import", told("reviews;b;joy;yes;lea;;", line))
    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1
    assert "nothing was imported" in said.err
    for word in words:
        assert word in said.err
    assert _stored(small_room) == []


def test_many_wrong_rows_are_counted_not_listed(ressenti, told):
    said = ressenti("corrections", "import", told(*(f"reviews;x{n};joy;yes;lea;;" for n in range(700))))
    assert "line 11:" in said.err
    assert "line 12:" not in said.err
    assert "and 690 more" in said.err


def test_a_missing_column_or_file_is_wrong_use(ressenti, told):
    said = ressenti("corrections", "import", told("reviews;b", head="source;external_id\n"))
    assert said.code == 2
    assert "found 'label, present, author'" in said.err
    assert ressenti("corrections", "import", "/nowhere.csv").code == 2
    file = told("reviews,b,joy,yes", head="Source,External_ID,Label,Present\n")
    assert ressenti("corrections", "import", file).code == 2
    assert ressenti("corrections", "import", file, "--author", "lea").code == 0


@pytest.fixture
def sheet(ressenti, small_room):
    """Draws a labelling sheet and fills it in: {id: labels}, the other rows are taken out."""
    small_room.feed(*FEED, row("=f", "=SOMME(A1) bof,\nj'attends\n;@ici"), row("k", "Bof", customer="k"))
    small_room.night()

    def fill(labels, **changes):
        file = small_room.folder / "sheet.csv"
        assert ressenti("sample", "--n", "50", "--out", file).code == 0
        with file.open(encoding="utf-8-sig", newline="") as stream:
            lines = {original(line["external_id"]): line for line in csv.DictReader(stream)}
        with file.open("w", encoding="utf-8-sig", newline="") as stream:  # as a French spreadsheet saves it
            writer = csv.DictWriter(stream, [*lines["a"]], delimiter=";")
            writer.writeheader()
            writer.writerows(lines[key] | {"labels": told} | changes for key, told in labels.items())
        return file

    return fill


def test_a_filled_sheet_says_of_every_label_whether_a_text_carries_it(ressenti, small_room, sheet):
    file = sheet({"=f": "anger, joy", "a": "", "b": "injustice"})
    said = ressenti("corrections", "import", file, "--author", "lea")
    labels = load_taxonomy().ids
    assert (said.code, said.out) == (0, f"3 rows read, {3 * len(labels)} corrections written\n")
    assert _current(small_room) == {
        "=f": {"anger", "joy"},
        "b": {"injustice"},
        "d": {"unclear"},
        "k": {"unclear"},
    }
    assert "0 corrections written" in ressenti("corrections", "import", file, "--author", "lea").out
    assert ressenti("corrections", "export", small_room.folder / "c.jsonl").code == 0
    exported = {each.text: each.labels for each in read_examples(small_room.folder / "c.jsonl")}
    assert exported == {
        "Merci, écrivez à [EMAIL]": set(),
        "C'est injuste": {"injustice"},
        "=SOMME(A1) bof,\nj'attends\n;@ici": {"anger", "joy"},
    }
    drawn = sheet(
        {"=f": "anger, joy", "a": "", "b": "injustice"}
    )  # shows what people said: the same sheet again
    with drawn.open(encoding="utf-8-sig", newline="") as stream:
        assert [line["tags"].split() for line in csv.DictReader(stream, delimiter=";")] == [
            ["anger", "joy"],
            [],
            ["injustice"],
        ]


def test_a_sheet_about_another_text_or_label_is_refused_whole(ressenti, small_room, sheet):
    file = sheet({"a": "joy", "b": "anger"})
    small_room.feed(row("b", "C'est vraiment injuste"), file="2.csv")
    small_room.night()
    said = ressenti("corrections", "import", file, "--author", "lea")
    assert (said.code, said.out) == (1, "")
    assert "line 3: the text of 'b' has changed since the sheet was drawn: take this row out" in said.err
    said = ressenti("corrections", "import", sheet({"a": "joie"}), "--author", "lea")
    assert "no label 'joie'" in said.err
    said = ressenti("corrections", "import", sheet({"a": "joy"}))
    assert (said.code, "found 'author'" in said.err, "--author" in said.err) == (2, True, True)
    assert _stored(small_room) == []


def test_the_export_is_training_data(ressenti, small_room, told, tmp_path):
    ressenti("corrections", "import", told("reviews;a;joy;yes;lea;;", "reviews;b;injustice;no;lea;;"))
    small_room.feed(row("b", "C'est vraiment injuste"), file="2.csv")
    small_room.night()
    file = tmp_path / "deep" / "corrections.jsonl"
    assert ressenti("corrections", "export", file).out == f"2 texts written to {file}\n"
    examples = read_examples(file)
    assert [(each.text, sorted(each.labels), each.source) for each in examples] == [
        ("Merci, écrivez à [EMAIL]", ["gratitude", "joy"], "reviews"),
        ("C'est injuste", [], "reviews"),
    ]
    assert json.loads(file.read_text().splitlines()[1])["judged"] == {"injustice": False}
    assert file.stat().st_mode & 0o077 == 0


def test_agreement_counts_what_was_missed_and_what_was_wrong(ressenti, told):
    assert "No text that people corrected" in ressenti("corrections", "agreement").out
    ressenti(
        "corrections",
        "import",
        told(
            "reviews;a;gratitude;yes;lea;;",
            "reviews;b;gratitude;yes;lea;;",
            "reviews;b;injustice;no;lea;;",
            "reviews;c;injustice;no;lea;;",
            "reviews;c;joy;no;lea;;",
        ),
    )
    *told_lines, more = ressenti("corrections", "agreement").out.splitlines()[1:]
    assert [line.split()[2:] for line in told_lines] == [
        ["gratitude", "2", "2", "1", "0", "50", "%"],
        ["injustice", "2", "0", "0", "1", "50", "%"],
    ]
    assert more == "1 more lines: judged, and neither people nor the model found the label."


def test_a_tool_may_write_rows_and_what_makes_no_sense_is_refused(room, work):
    """By SQL alone, on both databases: the moment may be left out, a label that is none may not be named."""
    room.feed(*FEED)
    room.night()
    number = next(
        each["id"] for each in rows(work.engine, schema.revision) if "injuste" in each["clean_text"]
    )
    good = f"INSERT INTO correction (revision_id, label, present, author, origin) VALUES ({number}, {{}})"
    with writing(work.engine) as connection:
        connection.exec_driver_sql(good.format("'injustice', false, 'lea', 'inbox'"))
    assert "b" not in current(work.engine)
    with reading(work.engine) as connection:
        [figure] = agreement(connection)
    assert figure[2:] == ("injustice", 1, 0, 0, 1, 0)  # judged, agreed, missed, wrong, present
    for wrong in (
        "'injustise', false, 'lea', 'inbox'",
        "'unclear', false, 'lea', 'inbox'",
        "'injustice', NULL, 'lea', 'inbox'",
        "'injustice', false, ' ', 'inbox'",
        "'injustice', false, 'lea', ''",
    ):
        with pytest.raises(Exception, match=r"(?i)constraint"), writing(work.engine) as connection:
            connection.exec_driver_sql(good.format(wrong))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_sqlite_takes_no_moment_or_word_that_it_would_misread(room, work):
    room.feed(*FEED)
    room.night()
    row_of = (
        "INSERT INTO correction (revision_id, label, present, author, origin, corrected_at) VALUES (1, {})"
    )
    for wrong in (
        "'joy', 'yes', 'lea', 'inbox', '2026-11-20 10:00:00'",
        "'joy', 1, 'lea', 'inbox', '20/11/2026'",
    ):
        with pytest.raises(Exception, match=r"(?i)constraint"), writing(work.engine) as connection:
            connection.exec_driver_sql(row_of.format(wrong))
