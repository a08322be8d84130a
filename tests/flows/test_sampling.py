"""`ressenti sample`: a sheet drawn from stored scores, masked, safe to open, and read back by the evaluation."""

import csv
import io
import random

import pytest

from flows.sampling import COLUMNS, UNCERTAIN, Draw, is_sheet, sheet_text
from nlp.model import Model
from nlp.training.data import prepare, read_examples

from .night import row


@pytest.fixture
def drawn(ressenti, small_room):
    """A night over many plain texts, some near a threshold and one of a rare tag; draws a sheet as rows."""
    plain = [row(f"p{n}", f"Livraison conforme numéro {n} du lot") for n in range(60)]
    near = [row(f"n{n}", f"bof pour le colis {n} du lot") for n in range(6)]
    common = [row(f"c{n}", f"Merci pour le colis {n} du lot") for n in range(30)]
    rare = [row("r", "avocat saisi, écrivez à ana@exemple.fr")]
    formula = [row("=f", "=SOMME(A1) bof, j'attends")]
    small_room.feed(*plain, *near, *common, *rare, *formula)
    small_room.night()

    def draw(*words):
        said = ressenti("sample", *words)
        assert said.code == 0, said.err
        return list(csv.DictReader(io.StringIO(said.out)))

    return draw


def test_uncertain_and_rare_texts_are_over_drawn_and_chance_has_its_share(drawn):
    sheet = drawn("--n", "20")
    ids = [line["external_id"] for line in sheet]
    assert tuple(sheet[0]) == COLUMNS
    assert len(set(ids)) == 20
    assert {f"n{n}" for n in range(6)} <= set(ids)
    assert "r" in ids
    assert sum(each[0] in "pc" for each in ids) >= 20 - 20 * UNCERTAIN - 2
    assert all(line["labels"] == "" for line in sheet)


def test_the_sheet_shows_the_masked_text_and_the_tags_of_now(drawn):
    line = next(line for line in drawn("--n", "98") if line["external_id"] == "r")
    assert line["text"] == "avocat saisi, écrivez à [EMAIL]"
    assert (line["source"], line["lang"], line["channel"], line["tags"]) == (
        "reviews",
        "fr",
        "review",
        "escalation",
    )


def test_a_seed_draws_the_same_texts_again_and_another_seed_others(drawn):
    first = drawn("--n", "15")
    assert drawn("--n", "15") == first
    assert drawn("--n", "15", "--seed", "2") != first


def test_the_sheet_holds_no_more_than_there_is(drawn):
    assert len(drawn("--n", "5000")) == 98


def test_nothing_is_scored_for_a_sheet(drawn, monkeypatch):
    monkeypatch.setattr(Model, "score", lambda *_: pytest.fail("scored"))
    assert drawn("--n", "3")


def test_only_named_sources_are_drawn_from_and_an_unknown_one_is_refused(drawn, small_room, ressenti):
    small_room.feed(row("x", "Merci"), source="other")
    small_room.night()
    assert [line["external_id"] for line in drawn("--n", "9", "--source", "other")] == ["x"]
    said = ressenti("sample", "--source", "othr")
    assert said.code == 2
    assert "accepted: other, reviews" in said.err


def test_before_the_first_night_there_is_nothing_to_draw(ressenti):
    said = ressenti("sample")
    assert said.code == 2
    assert "nothing is scored yet" in said.err


def test_a_filled_sheet_is_read_back_with_the_very_text_that_was_scored(drawn, ressenti, small_room):
    file = small_room.folder / "sheet.csv"
    assert ressenti("sample", "--n", "98", "--out", file).code == 0
    with file.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream))
    formula = next(line for line in lines if "SOMME" in line["text"])
    assert formula["text"].startswith("'=")
    assert formula["external_id"] == "'=f"
    for line in lines:
        line["labels"] = "anger, joy" if line is formula else ""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, lines[0], delimiter=";")  # as a French spreadsheet saves it
        writer.writeheader()
        writer.writerows(lines)
    assert is_sheet(file)
    examples = read_examples(file, prepared=lambda cell: prepare(sheet_text(cell)))
    found = [example for example in examples if example.labels]
    assert [(each.text, set(each.labels)) for each in found] == [
        ("=SOMME(A1) bof, j'attends", {"anger", "joy"})
    ]
    assert found[0].lang == "fr"


def test_a_file_of_ones_own_is_no_sheet(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("text,labels\n'tis fine,joy\n", encoding="utf-8")
    assert not is_sheet(file)
    assert not is_sheet(tmp_path / "absent.csv")


def test_a_draw_keeps_the_highest_whatever_their_order():
    keys = [(random.Random(n).random(), n) for n in range(200)]
    draw = Draw(5)
    for key, number in keys:
        draw.offer(key, number)
    assert draw.best() == [number for _, number in sorted(keys, reverse=True)[:5]]
    assert Draw(0).best() == []
