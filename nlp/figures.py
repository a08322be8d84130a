"""Numbers that say how good tags and probabilities are, from matrices alone; the 95 % intervals by bootstrap."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.float32]
BINS = 10
_RESAMPLES = 1000


def number(value: float) -> str:
    """Three decimals, or a dash for what has no value."""
    return "–" if value != value else f"{value:.3f}"


class Interval(NamedTuple):
    """A figure with the 95 % interval of its bootstrap."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """0.657 [0.636, 0.675], or a dash for what has no value."""
        if self.value != self.value:
            return number(self.value)
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


class Figures(NamedTuple):
    """Averages over labels, each 0..1 (NaN without any case); of one label, macro and micro are the same."""

    macro: Interval  # F1
    micro: Interval  # F1
    precision: Interval  # micro
    recall: Interval  # micro


def figures(goal: Bools, tagged: Bools, columns: Sequence[int], *, seed: int = 0) -> Figures:
    """Averages over these columns, with the intervals over resampled texts; both matrices [texts, labels]."""
    truth, said = goal[:, columns].astype(np.float32), tagged[:, columns].astype(np.float32)
    here = _averages(truth, said, np.ones((1, len(goal)), np.float32))
    draws = _averages(truth, said, _weights(len(goal), seed))
    return Figures(*(_interval(float(value[0]), draw) for value, draw in zip(here, draws, strict=True)))


def _interval(value: float, draws: Array) -> Interval:
    known = draws[~np.isnan(draws)]
    low, high = np.percentile(known, (2.5, 97.5)) if len(known) else (np.nan, np.nan)
    return Interval(value, float(low), float(high))


@lru_cache(maxsize=2)  # 40 MB each for 10,000 texts
def _weights(count: int, seed: int) -> Counts:
    """How often each text is drawn in each resample, [resamples, texts]."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(count, np.full(count, 1 / count), _RESAMPLES).astype(np.float32)


def _averages(truth: Counts, said: Counts, weights: Counts) -> tuple[Array, Array, Array, Array]:
    """Macro-F1, micro-F1, micro-precision, micro-recall, each [resamples]; float32 holds whole counts exactly."""
    right, given, present = (
        (weights @ part).astype(np.float64) for part in (truth * said, said, truth)
    )  # [resamples, labels]
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(present > 0, 2 * right / (given + present), 0.0)
        micro = 2 * right.sum(1) / (given + present).sum(1)
        macro = each.sum(1) / (present > 0).sum(1)
        return macro, micro, right.sum(1) / given.sum(1), right.sum(1) / present.sum(1)


def equal_mass_bins(scores: Array) -> list[npt.NDArray[np.int64]]:
    """Rows in rising order of score, cut into 10 bins of equal mass; empty bins are left out."""
    return [part for part in np.array_split(np.argsort(scores, kind="stable"), BINS) if len(part)]


def calibration_error(scores: Array, goal: Bools) -> float:
    """Mean distance between what was said and what was so, over 10 bins of equal mass; both [texts]."""
    gaps = [abs(scores[part].mean() - goal[part].mean()) * len(part) for part in equal_mass_bins(scores)]
    return float(sum(gaps) / max(1, len(scores)))


def brier_skill(scores: Array, goal: Bools) -> float:
    """How much of the base rate's squared error the scores take away (1 all, 0 none); NaN without cases; [texts]."""
    base = float(goal.mean())
    if base in (0.0, 1.0):
        return float("nan")
    return float(1 - np.mean((scores - goal) ** 2) / (base * (1 - base)))
