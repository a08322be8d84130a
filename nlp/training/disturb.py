"""Texts as other people would have typed them: with slips, without accents, about other people and other places.

A new draw every epoch, decided by the seed; what a text means, and so its labels, stays.
"""

import random
import re
import unicodedata
from functools import cache
from pathlib import Path

import yaml

_NAMES = Path(__file__).with_name("names.yml")
_SLOT = re.compile(r"\{(first|man|woman|last|city)\}")
# A name inside a sentence: at its start `Nice` and `Rose` are mostly words.
_CAPITALISED = re.compile(r"(?<=[\w,;:] )[A-ZÀ-Ý][\w'’-]+")
_KEYBOARDS = (("azertyuiop", "qsdfghjklm", "wxcvbn"), ("qwertyuiop", "asdfghjkl", "zxcvbnm"))
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "Oe", "æ": "ae"})
_LETTERS_A_SLIP = 40


def disturb(text: str, chance: float, rng: random.Random) -> str:
    """The text with other names, and by `chance` typed as hurried people do.

    Slots {first}, {man}, {woman}, {last}, {city} are always filled; names and cities that stand in `names.yml` are
    changed in half of the texts that hold one.
    """
    text = _with_other_names(text, rng)
    if rng.random() >= chance:
        return text
    way = rng.choice(("slips", "slips", "slips", "slips", "accents", "small"))
    if way == "slips":
        return _with_slips(text, rng)
    if way == "accents":
        return _without_accents(text)
    return text.lower()  # capitals come to the model in small letters too (`calm`)


@cache
def _names() -> dict[str, list[str]]:
    """The names that fill each slot."""
    names: dict[str, list[str]] = yaml.safe_load(_NAMES.read_text(encoding="utf-8"))
    return {
        "first": names["women"] + names["men"],
        "woman": names["women"],
        "man": names["men"],
        "last": names["last"],
        "city": names["cities"],
    }


@cache
def _slot_of() -> dict[str, str]:
    """Which slot a name that stands in a text would fill."""
    return {name: slot for slot in ("last", "city", "woman", "man") for name in _names()[slot]}


def _with_other_names(text: str, rng: random.Random) -> str:
    if "{" in text:
        text = _SLOT.sub(lambda found: rng.choice(_names()[found[1]]), text)
    slots = _slot_of()
    if any(name in slots for name in _CAPITALISED.findall(text)) and rng.random() < 0.5:
        return _CAPITALISED.sub(
            lambda found: rng.choice(_names()[slots[found[0]]]) if found[0] in slots else found[0], text
        )
    return text


def _without_accents(text: str) -> str:
    spelt = unicodedata.normalize("NFD", text.translate(_LIGATURES))
    return "".join(letter for letter in spelt if unicodedata.category(letter) != "Mn")


def _with_slips(text: str, rng: random.Random) -> str:
    """About one letter in forty (a word in eight) dropped, doubled, swapped or its neighbour's key; at least one."""
    letters = list(text)
    inner = [
        place for place in range(1, len(letters) - 1) if all(map(str.isalpha, letters[place - 1 : place + 2]))
    ]
    count = min(len(inner), max(1, round(len(letters) / _LETTERS_A_SLIP)))
    for place in sorted(rng.sample(inner, count), reverse=True):
        slip = rng.randrange(4)
        if slip == 0:
            del letters[place]
        elif slip == 1:
            letters.insert(place, letters[place])
        elif slip == 2:
            letters[place], letters[place + 1] = letters[place + 1], letters[place]
        else:
            letters[place] = _beside(letters[place], rng)
    return "".join(letters)


def _beside(letter: str, rng: random.Random) -> str:
    """A key next to the letter's own, on a French or an English keyboard; the letter itself where it has no key."""
    for row in rng.choice(_KEYBOARDS):
        place = row.find(letter)
        if place >= 0:
            return rng.choice(row[max(0, place - 1) : place] + row[place + 1 : place + 2])
    return letter
