"""Probabilities that mean what they say, and thresholds that fit them: never measured on the rows they came from.

Calibration is affine per label on the logit (scale and offset), so that it folds into the head and every engine, and
`transformers.pipeline`, gives calibrated scores without knowing of it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from nlp.thresholds import DEFAULT_BAND, DEFAULT_SURE, DEFAULT_TAG, Cut, Thresholds

Array = npt.NDArray[np.float64]
FOLDS = 5
EXPERIMENTAL_BELOW = 20  # real dev cases
_SURE_PRECISION = 0.84
_RESAMPLES = 25


class Affine(NamedTuple):
    """Calibrated logit = scale * logit + offset; each float64 [labels]."""

    scale: Array
    offset: Array

    def __call__(self, logits: Array) -> Array:
        """Calibrated probabilities of raw logits, [texts, labels]."""
        return np.asarray(1 / (1 + np.exp(-(self.scale * logits + self.offset))), np.float64)


def fit_affine(logits: Array, goal: Array, *, steps: int = 50, ridge: float = 1.0) -> Affine:
    """The scale and offset of each label that make the labels most likely; a weak prior keeps the scale near 1.

    Args:
        logits: [texts, labels].
        goal: 0 or 1, the same shape.
        steps: of Newton's method.
        ridge: weight of the prior, in cases.
    """
    scale, offset = np.ones(logits.shape[1]), np.zeros(logits.shape[1])
    for _ in range(steps):
        probability = Affine(scale, offset)(logits)
        error, spread = probability - goal, probability * (1 - probability)
        first = (error * logits).sum(0) + ridge * (scale - 1), error.sum(0) + 0.01 * offset
        a = (spread * logits**2).sum(0) + ridge
        b, c = (spread * logits).sum(0), spread.sum(0) + 0.01
        determinant = a * c - b * b + 1e-9
        scale = scale - np.clip((c * first[0] - b * first[1]) / determinant, -0.5, 0.5)
        offset = offset - np.clip((a * first[1] - b * first[0]) / determinant, -1.0, 1.0)
        scale = scale.clip(0.05, 5.0)  # never turned round: the highest window stays the highest
    return Affine(scale, offset)


def folds_of(count: int, seed: int = 0) -> npt.NDArray[np.int64]:
    """Which of the folds each row belongs to, int64 [count]."""
    return np.random.default_rng(seed).permutation(count) % FOLDS


def best_threshold(scores: Array, goal: Array) -> float:
    """The threshold of the highest F1 on these rows, halfway to the next lower score; 0.5 without any case."""
    if not goal.any():
        return 0.5
    order = np.argsort(-scores, kind="stable")
    found, ranked = goal[order].cumsum(), scores[order]
    f1 = 2 * found / (np.arange(1, len(goal) + 1) + goal.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = 0  # equal scores can't be parted
    best = int(f1.argmax())
    below = ranked[best + 1] if best + 1 < len(ranked) else 0.0
    return float((ranked[best] + below) / 2)


def precise_threshold(
    scores: Array, goal: Array, at_least: float, precision: float = _SURE_PRECISION
) -> float:
    """The lowest threshold from `at_least` up whose precision, taken cautiously, reaches `precision`.

    Cautiously: one case in two is added as wrong, so that three right out of three are not yet sure. Where no
    threshold is precise enough, one above every score of these rows.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    kept = (goal[order].cumsum() + 0.5) / (np.arange(1, len(goal) + 1) + 1)
    good = np.flatnonzero((kept >= precision) & (ranked >= at_least))
    if not len(good):
        return float(max(at_least, min(0.99, ranked[0] + 0.01)))
    return float(max(at_least, ranked[good[-1]]))


def fit_thresholds(
    scores: Array, goal: Array, labels: tuple[str, ...], *, seed: int = 0, few: int = EXPERIMENTAL_BELOW
) -> Thresholds:
    """Both thresholds of each label on these rows: the median over resamples, which a few rows do not move.

    Args:
        scores: calibrated probabilities, [texts, labels].
        goal: 0 or 1, the same shape.
        labels: the columns' ids.
        seed: of the resampling.
        few: a label with fewer cases is experimental and gets the default thresholds: a handful of cases would
            fit one so low that it tags texts by chance.
    """
    rng = np.random.default_rng(seed)
    samples = rng.integers(0, len(goal), (_RESAMPLES, len(goal)))
    cuts = {}
    for column, label in enumerate(labels):
        p, y = scores[:, column], goal[:, column]
        if y.sum() < few:
            cuts[label] = Cut(tag=DEFAULT_TAG, sure=DEFAULT_SURE, band=DEFAULT_BAND, experimental=True)
            continue
        tag = float(np.clip(np.median([best_threshold(p[rows], y[rows]) for rows in samples]), 0.05, 0.95))
        sure = precise_threshold(p, y, tag)
        cuts[label] = Cut(
            tag=round(tag, 4), sure=round(max(sure, tag), 4), band=min(DEFAULT_BAND, round(tag / 2, 4))
        )
    return Thresholds(cuts=cuts)


class CrossFitted(NamedTuple):
    """What dev looks like when no row is measured with what was fitted on it; each [texts, labels]."""

    scores: Array
    tagged: npt.NDArray[np.bool_]
    sure: npt.NDArray[np.bool_]


def cross_fit(logits: Array, goal: Array, labels: tuple[str, ...], *, seed: int = 0) -> CrossFitted:
    """Calibrate and cut each fold by what the other folds say."""
    fold = folds_of(len(goal), seed)
    scores = np.zeros_like(goal, dtype=np.float64)
    tagged, sure = np.zeros(goal.shape, bool), np.zeros(goal.shape, bool)
    few = EXPERIMENTAL_BELOW * (FOLDS - 1) // FOLDS  # what is experimental must not differ between folds
    for number in range(FOLDS):
        rest, here = fold != number, fold == number
        affine = fit_affine(logits[rest], goal[rest])
        cuts = list(
            fit_thresholds(affine(logits[rest]), goal[rest], labels, seed=seed, few=few).cuts.values()
        )
        scores[here] = affine(logits[here])
        tagged[here] = scores[here] >= np.array([cut.tag for cut in cuts])
        sure[here] = scores[here] >= np.array([cut.sure for cut in cuts])
    return CrossFitted(scores, tagged, sure)
