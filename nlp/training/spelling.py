"""Which words are read with their accents though written without: those that people nearly always mean.

Learnt from the texts that choose the vocabulary. An accented word is taken when its bare spelling is rare beside it,
when no other accented word has the same bare spelling, and when no other language we read writes that spelling.
"""

import json
import logging
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import yaml

from configs.settings import Settings
from nlp.accents import ACCENTS, bare
from nlp.language import UNKNOWN, Detector
from nlp.windows import calm

log = logging.getLogger(__name__)
_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST, _FEWEST, _FEWEST_TEXTS = 3, 8, 5
_OF_ITS_BARE_SPELLING = 0.85  # the word's share among the accented words that are bare alike
_BARE = 0.2  # how often at most the bare spelling occurs beside it; more often, it is a word or the model knows it
_FOREIGN = 0.08  # what share of the bare spellings may be of a language that writes them so


@dataclass
class Words:
    """How often each word occurs in small letters, by language; with a capital; and in how many texts."""

    small: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    capital: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)


def count_words(texts: Iterable[tuple[str, str]]) -> Words:
    """Count the words of (language, text); where a text has no capital at all, nobody can tell names from words."""
    words = Words()
    for language, text in texts:
        written = _WORD.findall(calm(unicodedata.normalize("NFC", text)))
        small = [word for word in written if word.islower()]
        words.small[language].update(small)
        words.capital.update(word.lower() for word in written if not word.islower())
        if len(small) < len(written):
            words.texts.update(set(small))
    return words


def choose_words(words: Words, as_written: Iterable[str]) -> list[str]:
    """The accented words of the list, sorted; never one whose bare spelling is in `as_written`."""
    total = sum(words.small.values(), Counter[str]())
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for word in total:
        if not word.isascii() and (spelt := bare(word)).isascii() and len(spelt) >= _SHORTEST:
            alike[spelt].append(word)
    for spelt in as_written:
        alike.pop(spelt, None)
    return sorted(filter(None, (_meant(spelt, found, words, total) for spelt, found in alike.items())))


def _meant(spelt: str, alike: list[str], words: Words, total: Counter[str]) -> str | None:
    """The one word that the bare spelling stands for, if there is one."""
    word = max(alike, key=total.__getitem__)
    often = total[word]
    foreign = sum(
        count[spelt]
        for language, count in words.small.items()
        if language != UNKNOWN and count[spelt] > _BARE * count[word]
    )
    unambiguous = (
        often >= _FEWEST
        and words.texts[word] >= _FEWEST_TEXTS
        and often >= _OF_ITS_BARE_SPELLING * sum(total[other] for other in alike)
        and total[spelt] <= _BARE * often
        and words.capital[word] <= often  # else a name
        and foreign <= _FOREIGN * total[spelt]
    )
    return word if unambiguous else None


@cache
def as_written() -> frozenset[str]:
    """Spellings that are words without accents too, in one of our languages, though our texts hardly show it."""
    lists = yaml.safe_load(Path(__file__).with_name("as_written.yml").read_text(encoding="utf-8"))
    return frozenset(word for words in lists.values() for word in words.split())


def write_accents(folder: Path, texts: Iterable[str]) -> int:
    """Write the list that `texts` give into a base's folder; returns how many words it has."""
    chosen = choose_words(count_words(_with_languages(texts)), as_written())
    (folder / ACCENTS).write_text(json.dumps(chosen, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    log.info("%s: %d words that are read with their accents", folder / ACCENTS, len(chosen))
    return len(chosen)


def _with_languages(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    detector = Detector(Settings.model_fields["languages"].default)
    return ((detector.detect(text).code, text) for text in texts)


def keep_accents(base: Path, folder: Path) -> None:
    """Give a folder the list of the one that it goes on from, where that has one."""
    if (base / ACCENTS).is_file():
        (folder / ACCENTS).write_bytes((base / ACCENTS).read_bytes())
