"""How good a model's tags and probabilities are on labelled texts, with how sure we can be of each figure.

    report = evaluate(load(), Path("real.dev.jsonl"), cross_fitted=True)
    print(overview(report))

`cross_fitted` is for the very rows that calibration and thresholds came from: each fifth of them is then calibrated
and cut by what the other four fifths say, so that no row is measured with what was tuned on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from configs.taxonomy import Kind, load_taxonomy
from nlp.thresholds import Thresholds, rounded
from nlp.training.calibrate import EXPERIMENTAL_BELOW, Array, cross_fit
from nlp.training.data import Example, read_examples, targets

Bools = npt.NDArray[np.bool_]
LEAST_CASES = 8  # labels with fewer cases are left out of macro figures
BINS = 10
_RESAMPLES = 1000


class Scorer(Protocol):
    """What can be evaluated: our `Model`, or any peer that scores texts in 0..1 by our labels."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Our label ids, in the order of the columns."""

    def score(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """float32 [texts, labels]."""


@dataclass(frozen=True)
class Report:
    """What was predicted and what is true; every matrix is [texts, labels]."""

    labels: tuple[str, ...]
    examples: list[Example]
    goal: Bools
    scores: Array
    tagged: Bools
    sure: Bools

    def columns(self, kind: Kind, *, headline: bool = True) -> list[int]:
        """The columns of one kind of label; for the headline, only those with `LEAST_CASES` cases or more."""
        wanted = set(load_taxonomy().of_kind(kind))
        cases = self.goal.sum(0)
        return [c for c, label in enumerate(self.labels)
                if label in wanted and (not headline or cases[c] >= LEAST_CASES)]  # fmt: skip

    def named(self, *labels: str) -> list[int]:
        """The columns of these labels."""
        return [self.labels.index(label) for label in labels]


class F1(NamedTuple):
    """Averages over labels, each 0..1 (NaN without any case)."""

    macro: float
    micro: float
    precision: float  # micro
    recall: float  # micro


class Interval(NamedTuple):
    """A figure with the 95 % interval of its bootstrap."""

    value: float
    low: float
    high: float


def evaluate(
    model: Scorer, data: Path, *, thresholds: Thresholds | None = None, cross_fitted: bool = False
) -> Report:
    """Score a labelled file (.jsonl, or .csv with `text` and `labels`) and compare.

    Args:
        model: what is measured; its labels may be some of ours (the others are then left out).
        data: the labelled file; its texts pass the product's cleaning and masking.
        thresholds: for the model's labels; the model's own, or the default ones, where None.
        cross_fitted: calibrate and cut by cross-fitting on this very file instead.
    """
    examples = read_examples(data)
    taxonomy = load_taxonomy()
    chosen = [taxonomy.ids.index(label) for label in model.labels]
    goal = targets(examples, taxonomy.ids)[:, chosen].astype(np.float64)
    scores = np.asarray(rounded(model.score([example.text for example in examples])), np.float64)
    if cross_fitted:
        fitted = cross_fit(logit(scores), goal, model.labels)
        return Report(model.labels, examples, goal > 0, fitted.scores, fitted.tagged, fitted.sure)
    cuts = (
        thresholds or getattr(model, "thresholds", None) or Thresholds.default(model.labels)
    ).cuts.values()
    tagged = scores >= np.round([cut.tag for cut in cuts], 5)
    sure = scores >= np.round([cut.sure for cut in cuts], 5)
    return Report(model.labels, examples, goal > 0, scores, tagged, sure)


def logit(scores: Array) -> Array:
    """The logits behind probabilities, kept finite."""
    inside = np.asarray(scores, np.float64).clip(1e-5, 1 - 1e-5)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)


def f1(goal: Bools, tagged: Bools, columns: Sequence[int]) -> F1:
    """Averages over these columns; both matrices [texts, labels]."""
    right, given, present = _counts(goal, tagged, columns, np.ones((1, len(goal))))
    return F1(*(float(part[0]) for part in _averages(right, given, present)))


def intervals(goal: Bools, tagged: Bools, columns: Sequence[int], *, seed: int = 0) -> dict[str, Interval]:
    """The fields of `F1` with their 95 % intervals over resampled texts."""
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(goal), np.full(len(goal), 1 / len(goal)), _RESAMPLES).astype(np.float64)
    here = f1(goal, tagged, columns)
    draws = _averages(*_counts(goal, tagged, columns, weights))
    known = [part[~np.isnan(part)] for part in draws]
    edges = [np.percentile(part, (2.5, 97.5)) if len(part) else (np.nan, np.nan) for part in known]
    return {name: Interval(value, float(low), float(high))
            for name, value, (low, high) in zip(F1._fields, here, edges, strict=True)}  # fmt: skip


def _counts(goal: Bools, tagged: Bools, columns: Sequence[int], weights: Array) -> tuple[Array, Array, Array]:
    """Right tags, given tags and cases, each [resamples, labels]."""
    truth, said = goal[:, columns].astype(np.float64), tagged[:, columns].astype(np.float64)
    return weights @ (truth * said), weights @ said, weights @ truth


def _averages(right: Array, given: Array, present: Array) -> tuple[Array, Array, Array, Array]:
    """Macro-F1, micro-F1, micro-precision, micro-recall, each [resamples]."""
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(present > 0, 2 * right / (given + present), 0.0)
        micro = 2 * right.sum(1) / (given + present).sum(1)
        macro = each.sum(1) / (present > 0).sum(1)
        return macro, micro, right.sum(1) / given.sum(1), right.sum(1) / present.sum(1)


def calibration_error(scores: Array, goal: Bools) -> float:
    """Mean distance between what was said and what was so, over 10 bins of equal mass; both [texts]."""
    parts = np.array_split(np.argsort(scores, kind="stable"), BINS)
    gaps = [abs(scores[part].mean() - goal[part].mean()) * len(part) for part in parts if len(part)]
    return float(sum(gaps) / max(1, len(scores)))


def brier_skill(scores: Array, goal: Bools) -> float:
    """How much of the base rate's squared error the scores take away (1 all, 0 none); NaN without cases; [texts]."""
    base = float(goal.mean())
    if base in (0.0, 1.0):
        return float("nan")
    return float(1 - np.mean((scores - goal) ** 2) / (base * (1 - base)))


class LabelFigures(NamedTuple):
    """One label's figures, in 0..1 but `cases`."""

    label: str
    cases: int
    f1: float
    precision: float
    recall: float
    sure_precision: float
    sure_recall: float
    half_f1: float
    calibration_error: float
    brier_skill: float
    experimental: bool


def per_label(report: Report) -> list[LabelFigures]:
    """Every label's figures at `tag`, at `sure` and at 0.5."""
    return [_one_label(report, column) for column in range(len(report.labels))]


def _one_label(report: Report, column: int) -> LabelFigures:
    goal, scores = report.goal, report.scores
    tag, sure = f1(goal, report.tagged, [column]), f1(goal, report.sure, [column])
    cases = int(goal[:, column].sum())
    return LabelFigures(
        report.labels[column], cases, tag.micro, tag.precision, tag.recall, sure.precision, sure.recall,
        f1(goal, scores >= 0.5, [column]).micro, calibration_error(scores[:, column], goal[:, column]),
        brier_skill(scores[:, column], goal[:, column]), cases < EXPERIMENTAL_BELOW,
    )  # fmt: skip


def slices(report: Report) -> dict[str, tuple[int, F1]]:
    """Emotions' figures by language, channel and length: name -> (texts, figures)."""
    examples = report.examples
    groups = {"language fr": [example.lang == "fr" for example in examples]}
    groups["language en"] = [example.lang == "en" for example in examples]
    groups["other languages"] = [example.lang not in ("fr", "en") for example in examples]
    for channel in ("review", "survey", "ticket"):
        groups[f"channel {channel}"] = [example.channel == channel for example in examples]
    for low, high in ((0, 100), (100, 300), (300, 700), (700, 10**9)):
        name = f"{low} to {high} characters" if high < 10**9 else f"{low} characters and more"
        groups[name] = [low <= len(example.text) < high for example in examples]
    return {name: _slice(report, np.array(rows, bool)) for name, rows in groups.items() if any(rows)}


def _slice(report: Report, rows: Bools) -> tuple[int, F1]:
    goal = report.goal[rows]
    columns = [column for column in report.columns("emotion") if goal[:, column].sum() >= LEAST_CASES]
    return int(rows.sum()), f1(goal, report.tagged[rows], columns)


def french_and_english(report: Report) -> tuple[float, float]:
    """Macro-F1 of the emotions that have `LEAST_CASES` cases in both languages: French, English."""
    french = np.array([example.lang == "fr" for example in report.examples], bool)
    english = np.array([example.lang == "en" for example in report.examples], bool)
    fewest = np.minimum(report.goal[french].sum(0), report.goal[english].sum(0))
    both = [column for column in report.columns("emotion") if fewest[column] >= LEAST_CASES]
    of_french, of_english = (
        f1(report.goal[rows], report.tagged[rows], both).macro for rows in (french, english)
    )
    return of_french, of_english


def overview(report: Report) -> dict[str, Any]:
    """The headline figures, as plain numbers."""
    emotions, signals = report.columns("emotion"), report.columns("signal")
    labels = per_label(report)
    french, english = french_and_english(report)
    sure = f1(report.goal, report.sure, emotions)
    skills = [one.brier_skill for one in labels if not one.experimental]
    return {
        "texts": len(report.examples),
        "emotions": intervals(report.goal, report.tagged, emotions),
        "emotions at 0.5": f1(report.goal, report.scores >= 0.5, emotions),
        "emotions, sure": sure,
        "signals": intervals(report.goal, report.tagged, signals),
        "quality and experience": f1(report.goal, report.tagged, report.named("quality", "experience")).macro,
        "French, English": (french, english),
        "worst calibration error (30 cases or more)": max(
            (one.calibration_error for one in labels if one.cases >= 30), default=float("nan")
        ),
        "mean Brier skill": float(np.mean(skills)) if skills else float("nan"),
    }
