"""How good a model's tags and probabilities are on labelled texts, with how sure we can be of each figure.

    report = evaluate(load(), read_examples(Path("real.dev.jsonl")), cross_fitted=True)
    print(overview(report)["emotions"]["tag"].macro)

`cross_fitted` is for the very texts that calibration and thresholds came from: each fifth of them is then calibrated
and cut by what the other four fifths say, so that no text is measured with what was tuned on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from configs.errors import ConfigError
from configs.taxonomy import Kind, load_taxonomy
from nlp.figures import Array, Bools, Figures, brier_skill, calibration_error, figures
from nlp.thresholds import Thresholds, rounded
from nlp.training.calibrate import EXPERIMENTAL_BELOW, cross_fit
from nlp.training.data import Example, targets

LEAST_CASES = 8  # labels with fewer cases are left out of averages, as experimental ones are
LEAST_TO_CROSS_FIT = 50  # texts
CUTS = ("tag", "sure", "0.5")
GROUPS: dict[str, Kind] = {"emotions": "emotion", "churn reasons": "churn_reason", "signals": "signal"}
# Labels that are taken for one another, by readers too.
NEIGHBOURS = (
    ("joy", "enthusiasm"), ("joy", "trust"), ("joy", "gratitude"), ("gratitude", "relief"),
    ("anger", "frustration"), ("frustration", "impatience"), ("frustration", "disappointment"),
    ("anger", "injustice"), ("injustice", "distrust"), ("anxiety", "distrust"), ("quality", "experience"),
    ("quality", "poor_fit"), ("unresolved", "resolved"), ("unresolved", "repeat_contact"),
    ("churn_intent", "detractor"),
)  # fmt: skip
_CASES_TO_CALIBRATE = 30
_LENGTHS = (0, 100, 300, 700)  # characters from which a text counts as longer


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
    examples: Sequence[Example]
    goal: Bools
    scores: Array
    tagged: Bools
    sure: Bools
    experimental: frozenset[str] = frozenset()  # labels whose thresholds too few real cases stand behind

    def at(self, cut: str) -> Bools:
        """What is tagged at one of `CUTS`: our two thresholds, and the fixed 0.5."""
        return {"tag": self.tagged, "sure": self.sure, "0.5": self.scores >= 0.5}[cut]

    def columns(self, kind: Kind) -> list[int]:
        """The columns of one kind that averages are over: `LEAST_CASES` cases or more, none experimental."""
        wanted = set(load_taxonomy().of_kind(kind)) - self.experimental
        enough = self.goal.sum(0) >= LEAST_CASES
        return [column for column, label in enumerate(self.labels) if label in wanted and enough[column]]

    def named(self, *labels: str) -> list[int]:
        """The columns of those of these labels that the model has."""
        return [self.labels.index(label) for label in labels if label in self.labels]

    def only(self, labels: Sequence[str]) -> "Report":
        """The same report for some of its labels, in their order."""
        columns = self.named(*labels)
        kept = tuple(self.labels[column] for column in columns)
        return Report(kept, self.examples, self.goal[:, columns], self.scores[:, columns],
                      self.tagged[:, columns], self.sure[:, columns], self.experimental)  # fmt: skip


def evaluate(
    model: Scorer,
    examples: Sequence[Example],
    *,
    thresholds: Thresholds | None = None,
    cross_fitted: bool = False,
) -> Report:
    """Score labelled texts and compare.

    Args:
        model: what is measured; its labels may be some of ours (the others are then left out).
        examples: the labelled texts, prepared as the product prepares them.
        thresholds: for the model's labels; the model's own, or the default ones, where None. What they call
            experimental stays out of averages, also where cross-fitting replaces them.
        cross_fitted: calibrate and cut by cross-fitting on these very texts instead.

    Raises:
        ConfigError: there is no text, too few to cross-fit, or one carries an unknown label.
    """
    least = LEAST_TO_CROSS_FIT if cross_fitted else 1
    if len(examples) < least:
        raise ConfigError("too few labelled texts", found=len(examples), accepted=f"{least} or more")
    taxonomy = load_taxonomy()
    chosen = [taxonomy.ids.index(label) for label in model.labels]
    goal = targets(examples, taxonomy.ids)[:, chosen].astype(np.float64)
    scores = np.asarray(rounded(model.score([example.text for example in examples])), np.float64)
    own: Thresholds = thresholds or getattr(model, "thresholds", None) or Thresholds.default(model.labels)
    if cross_fitted:
        fitted = cross_fit(logit(scores), goal, model.labels)
        told = fitted.scores, fitted.tagged, fitted.sure
        return Report(model.labels, examples, goal > 0, *told, own.experimental)
    cuts = own.cuts.values()
    tagged = scores >= rounded(np.array([cut.tag for cut in cuts]))
    sure = scores >= rounded(np.array([cut.sure for cut in cuts]))
    return Report(model.labels, examples, goal > 0, scores, tagged, sure, own.experimental)


def logit(scores: Array) -> Array:
    """The logits behind probabilities, kept finite."""
    inside = np.asarray(scores, np.float64).clip(1e-5, 1 - 1e-5)
    return np.asarray(np.log(inside / (1 - inside)), np.float64)


class LabelFigures(NamedTuple):
    """One label's figures."""

    label: str
    cases: int
    experimental: bool
    at: dict[str, Figures]  # by cut
    calibration_error: float
    brier_skill: float


def per_label(report: Report) -> list[LabelFigures]:
    """Every label's figures at `tag`, at `sure` and at 0.5."""
    return [_one_label(report, column) for column in range(len(report.labels))]


def _one_label(report: Report, column: int) -> LabelFigures:
    goal, scores = report.goal[:, column], report.scores[:, column]
    cases = int(goal.sum())
    return LabelFigures(
        report.labels[column], cases, report.labels[column] in report.experimental,
        {cut: figures(report.goal, report.at(cut), [column]) for cut in CUTS},
        calibration_error(scores, goal), brier_skill(scores, goal),
    )  # fmt: skip


class Slice(NamedTuple):
    """The emotions' figures on some of the texts."""

    texts: int
    at: dict[str, Figures]  # by cut


def slices(report: Report) -> dict[str, Slice]:
    """Emotions by language, channel and length, where it is known: {name: figures}."""
    examples = report.examples
    groups = {f"language {lang}": [example.lang == lang for example in examples] for lang in ("fr", "en")}
    groups["other languages"] = [example.lang not in ("fr", "en", "") for example in examples]
    for channel in sorted({example.channel for example in examples if example.channel}):
        groups[f"channel {channel}"] = [example.channel == channel for example in examples]
    for low, high in zip(_LENGTHS, (*_LENGTHS[1:], None), strict=True):
        name = f"{low} to {high - 1} characters" if high else f"{low} characters and more"
        groups[name] = [low <= len(example.text) < (high or 10**9) for example in examples]
    return {name: _slice(report, np.array(rows, bool)) for name, rows in groups.items() if any(rows)}


def _slice(report: Report, rows: Bools) -> Slice:
    goal = report.goal[rows]
    columns = [column for column in report.columns("emotion") if goal[:, column].sum() >= LEAST_CASES]
    return Slice(int(rows.sum()), {cut: figures(goal, report.at(cut)[rows], columns) for cut in CUTS})


class Confusion(NamedTuple):
    """How often two labels are taken for each other, in texts."""

    one: str
    other: str
    one_read_as_other: int  # carries the one alone, is tagged with the other alone
    other_read_as_one: int
    other_added_to_one: int  # carries the one alone, is tagged with both
    one_added_to_other: int


def confusion(report: Report) -> list[Confusion]:
    """What is tagged instead of what, or beside it, among `NEIGHBOURS`."""
    pairs = [pair for pair in NEIGHBOURS if set(pair) <= set(report.labels)]
    return [_confusion(report, *pair) for pair in pairs]


def _confusion(report: Report, one: str, other: str) -> Confusion:
    a, b = report.named(one, other)
    goal, tagged = report.goal, report.tagged

    def count(is_a: bool, is_b: bool, said_a: bool, said_b: bool) -> int:
        truth = (goal[:, a] == is_a) & (goal[:, b] == is_b)
        return int((truth & (tagged[:, a] == said_a) & (tagged[:, b] == said_b)).sum())

    return Confusion(
        one, other, count(True, False, False, True), count(False, True, True, False),
        count(True, False, True, True), count(False, True, True, True),
    )  # fmt: skip


def french_and_english(report: Report) -> tuple[float, float]:
    """Macro-F1 of the emotions that have `LEAST_CASES` cases in both languages: French, English."""
    french = np.array([example.lang == "fr" for example in report.examples], bool)
    english = np.array([example.lang == "en" for example in report.examples], bool)
    if not french.any() or not english.any():
        return float("nan"), float("nan")
    fewest = np.minimum(report.goal[french].sum(0), report.goal[english].sum(0))
    both = [column for column in report.columns("emotion") if fewest[column] >= LEAST_CASES]
    of_french, of_english = (
        figures(report.goal[rows], report.tagged[rows], both).macro.value for rows in (french, english)
    )
    return of_french, of_english


def overview(report: Report) -> dict[str, Any]:
    """The headline figures: groups of labels by cut, and plain numbers."""
    parts = [
        (report.scores[:, column], report.goal[:, column])
        for column, label in enumerate(report.labels)
        if label not in report.experimental
    ]
    errors = [calibration_error(*part) for part in parts if part[1].sum() >= _CASES_TO_CALIBRATE]
    skills = [brier_skill(*part) for part in parts if part[1].sum() >= EXPERIMENTAL_BELOW]
    french, english = french_and_english(report)
    of_two = figures(report.goal, report.tagged, report.named("quality", "experience"))
    groups = {
        name: {cut: figures(report.goal, report.at(cut), report.columns(kind)) for cut in CUTS}
        for name, kind in GROUPS.items()
    }
    return groups | {
        "texts": len(report.examples),
        "quality and experience": of_two.macro.value,
        "French": french,
        "English": english,
        f"worst calibration error ({_CASES_TO_CALIBRATE} cases or more)": max(errors, default=float("nan")),
        "mean Brier skill": float(np.mean(skills)) if skills else float("nan"),
    }


def as_data(report: Report) -> dict[str, Any]:
    """Everything that is told of a report, as plain data for JSON; what has no value is None."""
    told = {
        "overview": overview(report),
        "labels": {one.label: one._asdict() for one in per_label(report)},
        "slices": slices(report),
        "neighbours": confusion(report),
    }
    return dict(_plain(told))


def _plain(value: Any) -> Any:  # noqa: ANN401
    if hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and value != value else value
