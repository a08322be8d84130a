"""What a model makes of the pairs, and the table of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nlp.intake import prepare
from nlp.model import Model
from nlp.redaction import Redactor
from tests.quality.pairs import Pair, Tags

# What the shipped model must reach over both languages; the other capabilities are only told.
BARS = {"negation": 0.75, "accents": 0.90, "capitals": 0.90, "typos": 0.90, "names": 0.97}
WHAT = {
    "negation": "an emotion denied is not tagged, stated it is",
    "sarcasm": "praise that is meant is tagged positive, sarcastic praise negative",
    "others": "quoted, imagined or other people's emotion is not tagged, the writer's own is",
    "accents": "same emotions without accents",
    "capitals": "same emotions in capitals",
    "typos": "same emotions with a slip in eight words",
    "emojis": "an emoji leaves the emotion of words, or brings one to words without",
    "translation": "same emotions in French and English",
    "names": "same emotions with other people's names and other cities",
}


@dataclass(frozen=True)
class Judged:
    """A pair, the emotions that the model tagged in its two texts, and whether that passes."""

    pair: Pair
    first: Tags
    second: Tags

    @property
    def passed(self) -> bool:
        return self.pair.passes(self.first, self.second)


def judge(model: Model, pairs: Sequence[Pair]) -> list[Judged]:
    """Each pair's texts cleaned, masked, scored and tagged as at night."""
    redactor = Redactor()
    texts = [prepare(text, redactor).clean for pair in pairs for text in (pair.first, pair.second)]
    emotions = set(model.taxonomy.of_kind("emotion"))
    tags = [
        frozenset(tag.label for tag in found if tag.label in emotions)
        for found in model.thresholds.apply(model.score(texts)).tags
    ]
    return [
        Judged(pair, first, second) for pair, first, second in zip(pairs, tags[::2], tags[1::2], strict=True)
    ]


def rate(judged: Sequence[Judged], capability: str, language: str | None = None) -> float:
    """Share of a capability's pairs that pass, of both languages where none is named."""
    passed = [
        one.passed
        for one in judged
        if one.pair.capability == capability and language in (None, one.pair.language)
    ]
    return sum(passed) / len(passed)


def table(judged: Sequence[Judged]) -> str:
    """A row per capability: pairs, pass rates by language and over both, bar; Markdown."""
    return "\n".join(_rows(judged))


def _rows(judged: Sequence[Judged]) -> Iterator[str]:
    yield "| capability | pairs | French | English | both | bar | a pair passes when |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for capability, what in WHAT.items():
        languages = {one.pair.language for one in judged if one.pair.capability == capability}
        apart = [
            f"{rate(judged, capability, each):.0%}" if each in languages else "" for each in ("fr", "en")
        ]
        count = sum(one.pair.capability == capability for one in judged)
        bar = f"{BARS[capability]:.0%}" if capability in BARS else ""
        both = f"{rate(judged, capability):.0%}"
        yield f"| {capability} | {count} | {' | '.join(apart)} | {both} | {bar} | {what} |"
