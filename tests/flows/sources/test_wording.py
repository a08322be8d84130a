"""Several columns as one text."""

import pytest

from flows.sources.wording import plain, repeats
from tests.flows.sources.helpers import mapped

HALVES = {
    "columns": [{"column": "good", "label": "+"}, {"column": "bad", "label": "-"}],
    "empty": ["Rien", "N/A"],
}


def text(cells, told):
    item = mapped(cells, text=told)
    return getattr(item, "text", item.__class__.__name__)


@pytest.mark.parametrize("word", ["Rien", "rien.", " RIEN !", "Rïen", "n/a", ""])
def test_words_that_say_nothing_leave_their_column_out(word):
    assert text({"good": "La vue", "bad": word}, HALVES) == "+ La vue"
    assert text({"good": word, "bad": word}, HALVES) == "Skipped"


def test_columns_are_joined_in_the_declared_order():
    assert text({"bad": "le bruit", "good": "la vue"}, HALVES) == "+ la vue\n- le bruit"
    assert text({"a": "1", "b": "2"}, {"columns": ["b", "a"], "join": " / "}) == "2 / 1"


@pytest.mark.parametrize(
    ("title", "body", "expected"),
    [
        ("Belle surprise", "Je recommande", "Belle surprise\nJe recommande"),
        ("Très contente de…", "Très contente de ma commande", "Très contente de ma commande"),
        ("Service au top", "SERVICE AU TOP ! Merci", "SERVICE AU TOP ! Merci"),
        ("Quoi de neuf…", "Quoi de neuf ?Rien", "Quoi de neuf ?Rien"),
        ("Parfait", "", "Parfait"),
        ("", "Parfait", "Parfait"),
        ("👍", "👍 super", "👍\n👍 super"),
        ("Cut at another place…", "Said otherwise", "Cut at another place…\nSaid otherwise"),
    ],
)
def test_a_title_that_only_repeats_is_dropped(title, body, expected):
    assert text({"t": title, "b": body}, {"title": "t", "columns": ["b"]}) == expected


def test_an_automatic_title_says_nothing():
    told = {"title": {"column": "t", "empty": ["Fabuleux"]}, "columns": ["b"]}
    assert text({"t": "Fabuleux ", "b": "Rien à redire"}, told) == "Rien à redire"


def test_a_single_sign_keeps_its_meaning_when_compared():
    assert plain(" . ") == "."
    assert not repeats("…", "anything")
