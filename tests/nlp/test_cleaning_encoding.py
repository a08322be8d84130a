import pytest

from nlp.cleaning import clean, readable
from tests.nlp.made_texts import CLEAN, TEXTS
from tests.nlp.wrong_encodings import PATHS, TYPED


def spoilt(path):
    """(as read, as meant) of every text that can be written so."""
    for text in TEXTS:
        meant = text.translate(TYPED) if path.startswith("DOS") else text
        try:
            yield PATHS[path](meant), readable(meant)[0]
        except UnicodeEncodeError:
            continue


@pytest.mark.parametrize("path", PATHS)
def test_wrong_encodings_are_put_right(path):
    pairs = list(spoilt(path))
    restored = sum(readable(read)[0] == meant for read, meant in pairs)
    assert len(pairs) >= 20
    assert restored / len(pairs) >= 0.85


def test_ninety_five_of_a_hundred_texts_are_restored_exactly():
    pairs = [pair for path in PATHS for pair in spoilt(path)]
    assert sum(readable(read)[0] == meant for read, meant in pairs) / len(pairs) >= 0.95


def test_mending_is_flagged():
    assert clean("DÃ©Ã§ue").flags == ("mojibake",)
    assert all("mojibake" not in clean(text).flags for text in CLEAN)


@pytest.mark.parametrize(
    "text",
    [
        "c´est ça",
        "er sagte „nein“ dazu",
        "m³ et m²",
        "iPhoneÉcran cassé",
        "¿Qué? ¡Bien!",
        "Łódź, Škoda, Žižek",
        "ÀÉÈ !",
        "naïve Zoë, Noël à Göteborg",
        "5¢ © ® ™ ±2",
    ],
)
def test_unusual_but_right_characters_stay(text):
    assert readable(text)[0] == text
