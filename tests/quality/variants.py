"""Ways in which the same words come: without accents, in capitals, mistyped, about other people and places."""

import random
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "Oe", "æ": "ae", "ø": "o", "ł": "l"})
_KEYBOARDS = {
    "fr": ("azertyuiop", "qsdfghjklm", "wxcvbn"),
    "en": ("qwertyuiop", "asdfghjkl", "zxcvbnm"),
}
_WORDS_A_SLIP = 8
_WOMEN = (
    ("Marie", "Aïcha", "Chloé", "Fatoumata", "Nathalie", "Mei", "Inès", "Svetlana", "Maëlys", "Yasmina"),
    ("Emily", "Aisha", "Grace", "Priya", "Olivia", "Mei", "Shanice", "Svetlana", "Siobhan", "Yasmin"),
)
_MEN = (
    ("Thomas", "Mamadou", "Hugo", "Karim", "Jean-Luc", "Wei", "Enzo", "Dimitri", "Loïc", "Mehdi"),
    ("James", "Kwame", "Oliver", "Imran", "Jack", "Wei", "Deshawn", "Dmitri", "Callum", "Mehdi"),
)
_LAST = (
    ("Dupont", "Diallo", "Lefèvre", "Nguyen", "Le Goff", "Benali", "Martinez", "Kowalski", "Da Silva", "Haddad"),
    ("Smith", "Okafor", "Taylor", "Nguyen", "MacLeod", "Khan", "Martinez", "Kowalski", "O'Brien", "Haddad"),
)  # fmt: skip
_CITIES = (
    ("Paris", "Roubaix", "Annecy", "Bobigny", "Pointe-à-Pitre", "Quimper", "Casablanca", "Dakar", "Mulhouse", "Pau"),
    ("London", "Bradford", "Bath", "Detroit", "Kingston", "Aberdeen", "Lagos", "Karachi", "Boise", "Cork"),
)  # fmt: skip


def without_accents(text: str) -> str:
    """The text as typed on a keyboard without accents."""
    spelt = unicodedata.normalize("NFD", text.translate(_LIGATURES))
    return "".join(letter for letter in spelt if unicodedata.category(letter) != "Mn")


def mistyped(text: str, language: str) -> str:
    """One slip in about eight words, at least one: a letter dropped, doubled, swapped, or its neighbour's key hit.

    The same text always gets the same slips.
    """
    rng = random.Random(text)
    words = text.split(" ")
    long = [place for place, word in enumerate(words) if len(word) > 3 and word.isalpha()]
    for place in rng.sample(long, min(len(long), max(1, len(words) // _WORDS_A_SLIP))):
        words[place] = _slip(words[place], language, rng)
    return " ".join(words)


def _slip(word: str, language: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:place], word[place], word[place + 1 :]
    slips = (
        before + after,
        before + letter + letter + after,
        before + after[0] + letter + after[1:],
        before + _beside(letter, language, rng) + after,
    )
    return rng.choice([slip for slip in slips if slip != word])


def _beside(letter: str, language: str, rng: random.Random) -> str:
    """A key next to the letter's own; the letter itself where it has no key."""
    for row in _KEYBOARDS[language]:
        place = row.find(letter)
        if place >= 0:
            return rng.choice(row[max(0, place - 1) : place] + row[place + 1 : place + 2])
    return letter


def two_casts(text: str, language: str) -> tuple[str, str]:
    """The text with its slots {first}, {man}, {last}, {city} filled twice, with nobody and no place in common."""
    rng = random.Random(text)
    which = 0 if language == "fr" else 1
    women, men, last, cities = (
        rng.sample(names[which], len(names[which])) for names in (_WOMEN, _MEN, _LAST, _CITIES)
    )
    casts = (
        {
            "first": women[turn],
            "first2": women[turn + 2],
            "man": men[turn],
            "last": last[turn],
            "city": cities[turn],
            "city2": cities[turn + 2],
        }
        for turn in (0, 1)
    )
    one, other = (text.format(**cast) for cast in casts)
    return one, other
