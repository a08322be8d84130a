"""Which sentences and words of a text move a label's score most.

Each sentence is left out once and the rest scored again: how far the score falls is what the sentence moves. Then the
words of the sentence that matters most are left out in turn. All variants of a step are scored in one call.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlp.model import Model
from nlp.thresholds import Tag, Thresholds, rounded

# What bounds the work: of a longer text only the beginning is taken apart, and of many sentences neighbours go
# together. A text of this length costs as much as some hundred texts of a night.
MOST_CHARACTERS, MOST_SENTENCES, MOST_WORDS = 1500, 20, 30
_SENTENCE = re.compile(r"\S.*?(?:[.!?…]+(?=\s|$)|\n|$)", re.DOTALL)
_WORD = re.compile(r"\w+['’]?|[^\w\s]+")
_SPACES = re.compile(r"[ \t]{2,}")
Scores = npt.NDArray[np.float64]


class Part(NamedTuple):
    """A stretch of the text, `start` included and `end` left out, and how far its removal lets the score fall."""

    start: int
    end: int
    moves: float


@dataclass(frozen=True)
class Reason:
    """What moves one label: sentences and words, the strongest first; words are of the first sentence."""

    label: str
    sentences: list[Part]
    words: list[Part]


@dataclass(frozen=True)
class Explanation:
    """What the model says of a text, and why.

    Attributes:
        text: what was scored.
        scores: label -> score, rounded as scores are stored.
        tags: the labels over their threshold.
        unclear: no tag, but a score just below one.
        reasons: one per tag, or per label that was asked for; where there is none, of the label that comes nearest.
        taken_apart: how many characters of the text, from its beginning, the reasons are about.
    """

    text: str
    scores: Mapping[str, float]
    tags: list[Tag]
    unclear: bool
    reasons: list[Reason]
    taken_apart: int


def explain(
    model: Model, text: str, thresholds: Thresholds, *, labels: Sequence[str] = (), known: Mapping[str, float] = {}
) -> Explanation:  # fmt: skip
    """Score a text, derive its tags, and find what moves them.

    Args:
        model: what scores.
        text: cleaned and masked.
        thresholds: of the model's labels.
        labels: which labels to explain; the tags where empty.
        known: label -> score that is stored of this text by this model; scored anew where empty.
    """
    excerpt = text[: _end(text)]
    sentences = _together(_spans(_SENTENCE, excerpt), MOST_SENTENCES)
    scored = _scored(model, [text, excerpt, *(_without(excerpt, span) for span in sentences)])
    whole = np.array([known.get(label, scored[0, at]) for at, label in enumerate(model.labels)])
    decision = thresholds.ordered(model.labels).apply(whole[None])
    wanted = list(labels) or [tag.label for tag in decision.tags[0]] or [_nearest(whole, thresholds, model)]
    columns = [model.labels.index(label) for label in wanted]
    falls = {column: scored[1, column] - scored[2:, column] for column in columns}
    words = _words(model, excerpt, scored[1], {column: _most(sentences, falls[column]) for column in columns})
    return Explanation(
        text=text,
        scores=dict(zip(model.labels, whole.tolist(), strict=True)),
        tags=decision.tags[0],
        unclear=decision.unclear[0],
        reasons=[
            Reason(model.labels[column], _strongest(sentences, falls[column]), words.get(column, []))
            for column in columns
        ],
        taken_apart=len(excerpt),
    )


def _words(
    model: Model, text: str, base: Scores, sentence_of: Mapping[int, tuple[int, int] | None]
) -> dict[int, list[Part]]:
    """{column: the words of its sentence, the strongest first}."""
    spans = {
        sentence: [(sentence[0] + start, sentence[0] + end) for start, end in _spans(_WORD, text[slice(*sentence)])]
        for sentence in sentence_of.values()
        if sentence is not None
    }  # fmt: skip
    spans = {sentence: _together(found, MOST_WORDS) for sentence, found in spans.items()}
    variants = [_without(text, span) for found in spans.values() for span in found]
    rest = iter(_scored(model, variants))
    scored = {sentence: np.array([next(rest) for _ in found]) for sentence, found in spans.items()}
    return {
        column: _strongest(spans[sentence], base[column] - scored[sentence][:, column])
        for column, sentence in sentence_of.items()
        if sentence is not None
    }


def _scored(model: Model, texts: Sequence[str]) -> Scores:
    return np.asarray(rounded(model.score(texts)), np.float64)


def _nearest(scores: Scores, thresholds: Thresholds, model: Model) -> str:
    """The label whose score comes nearest to its threshold."""
    bars = np.array([thresholds.cuts[label].tag for label in model.labels])
    return model.labels[int(np.argmax(scores - bars))]


def _end(text: str) -> int:
    """Where the part of a text ends that is taken apart: at a word's end."""
    if len(text) <= MOST_CHARACTERS:
        return len(text)
    space = text.rfind(" ", MOST_CHARACTERS // 2, MOST_CHARACTERS)
    return space if space > 0 else MOST_CHARACTERS


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [found.span() for found in pattern.finditer(text)]


def _together(spans: Sequence[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """At most so many stretches: neighbours go together where there are more."""
    step = -(-len(spans) // most)
    return [
        (spans[at][0], spans[min(at + step, len(spans)) - 1][1]) for at in range(0, len(spans), max(1, step))
    ]


def _without(text: str, span: tuple[int, int]) -> str:
    return _SPACES.sub(" ", text[: span[0]] + text[span[1] :]).strip()


def _most(spans: Sequence[tuple[int, int]], falls: Scores) -> tuple[int, int] | None:
    return spans[int(np.argmax(falls))] if spans else None


def _strongest(spans: Sequence[tuple[int, int]], falls: Scores) -> list[Part]:
    order = np.argsort(-falls, kind="stable")
    return [Part(spans[at][0], spans[at][1], round(float(falls[at]), 5)) for at in order]
