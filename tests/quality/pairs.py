"""The pairs of every capability, and what a model must do with them to pass."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.quality.variants import mistyped, two_casts, without_accents

FOLDER = Path(__file__).with_name("pairs")
Tags = frozenset[str]
Rule = Callable[[Tags, Tags], bool]

POSITIVE = frozenset({"joy", "gratitude", "trust", "enthusiasm", "relief"})
NEGATIVE = frozenset(
    {"anger", "frustration", "impatience", "disappointment", "injustice", "anxiety", "confusion", "distrust"}
)


@dataclass(frozen=True)
class Pair:
    """Two texts, and the rule that the emotions tagged in them must meet."""

    capability: str
    language: str
    first: str
    second: str
    passes: Rule


def pairs() -> Iterator[Pair]:
    """All pairs, capability by capability, French before English."""
    for capability, make in _CAPABILITIES.items():
        yield from make(capability)


def _lines(name: str) -> Iterator[dict[str, Any]]:
    with (FOLDER / f"{name}.jsonl").open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _same(first: Tags, second: Tags) -> bool:
    return first == second


def _only_first(label: str) -> Rule:
    return lambda first, second: label in first and label not in second


def _told_apart(capability: str) -> Iterator[Pair]:
    """An emotion that the writer has, and one that is denied or somebody else's: only the first is tagged."""
    for line in _lines(capability):
        yield Pair(capability, line["lang"], line["felt"], line["not_felt"], _only_first(line["label"]))


def _sarcasm(capability: str) -> Iterator[Pair]:
    """Praise that is meant carries a positive emotion and no negative one; sarcastic praise the reverse."""

    def passes(sincere: Tags, sarcastic: Tags) -> bool:
        return (
            bool(sincere & POSITIVE)
            and not sincere & NEGATIVE
            and bool(sarcastic & NEGATIVE)
            and not sarcastic & POSITIVE
        )

    for line in _lines(capability):
        yield Pair(capability, line["lang"], line["sincere"], line["sarcastic"], passes)


def _emojis(capability: str) -> Iterator[Pair]:
    """An emoji leaves the emotion that the words say (`kept`), or alone brings it to words that say none."""
    for line in _lines(capability):
        label = line["label"]
        carried = _only_first(label)

        def kept(with_emoji: Tags, text: Tags, label: str = label) -> bool:
            return label in with_emoji & text

        yield Pair(
            capability, line["lang"], line["with_emoji"], line["text"], kept if line["kept"] else carried
        )


def _translation(capability: str) -> Iterator[Pair]:
    for line in _lines(capability):
        yield Pair(capability, "fr = en", line["fr"], line["en"], _same)


def _names(capability: str) -> Iterator[Pair]:
    for line in _lines(capability):
        yield Pair(capability, line["lang"], *two_casts(line["text"], line["lang"]), _same)


def _typed(way: Callable[[str, str], str]) -> Callable[[str], Iterator[Pair]]:
    def make(capability: str) -> Iterator[Pair]:
        for line in _lines("typing"):
            yield Pair(capability, line["lang"], line["text"], way(line["text"], line["lang"]), _same)

    return make


_CAPABILITIES: dict[str, Callable[[str], Iterator[Pair]]] = {
    "negation": _told_apart,
    "sarcasm": _sarcasm,
    "others": _told_apart,
    "accents": _typed(lambda text, _: without_accents(text)),
    "capitals": _typed(lambda text, _: text.upper()),
    "typos": _typed(mistyped),
    "emojis": _emojis,
    "translation": _translation,
    "names": _names,
}
