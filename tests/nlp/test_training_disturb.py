"""Training texts are typed badly and told of other people; what they mean stays, and the seed decides all."""

import random
import re

import yaml

from configs.settings import PROJECT
from nlp.training.disturb import disturb
from tests.quality import variants

NAMES = yaml.safe_load((PROJECT / "nlp" / "training" / "names.yml").read_text(encoding="utf-8"))


def test_the_same_seed_disturbs_alike_and_others_differently():
    text = "Très déçu par la qualité, réponse inutile"
    first, second = ([disturb(text, 1.0, random.Random(seed)) for seed in range(40)] for _ in range(2))
    assert first == second
    assert {"Tres decu par la qualite, reponse inutile", text.lower()} < set(first)
    assert len(set(first)) > 15  # the others hold slips


def test_without_a_chance_a_text_stays():
    assert disturb("Très déçu", 0.0, random.Random(1)) == "Très déçu"


def test_slots_are_always_filled_each_with_its_kind():
    for seed in range(30):
        made = disturb("{woman} {last} de {city}", 0.0, random.Random(seed))
        assert "{" not in made
        assert any(made.startswith(name) for name in NAMES["women"])
        assert any(made.endswith(name) for name in NAMES["cities"])


def test_names_inside_a_sentence_become_others_of_their_kind():
    city, woman = NAMES["cities"][0], NAMES["women"][0]
    made = {disturb(f"Merci à {woman} de {city}", 0.0, random.Random(seed)) for seed in range(60)}
    assert len(made) > 10
    for text in made:
        found = re.fullmatch("Merci à (.+) de (.+)", text)
        assert found[1] in NAMES["women"]
        assert found[2] in NAMES["cities"]


def test_a_name_that_starts_a_sentence_may_be_a_word_and_stays():
    assert {disturb("Nice place. Rose wine", 0.0, random.Random(seed)) for seed in range(20)} == {
        "Nice place. Rose wine"
    }


def test_texts_without_words_are_left_alone():
    for text in ("", "!!", "12 34", "a"):
        for seed in range(20):
            assert disturb(text, 1.0, random.Random(seed)).lower() == text


def test_no_name_of_the_behavioural_suite_is_trained_on():
    suite = {
        name
        for group in (variants._WOMEN, variants._MEN, variants._LAST, variants._CITIES)
        for language in group
        for name in language
    }
    assert suite.isdisjoint(name for names in NAMES.values() for name in names)
