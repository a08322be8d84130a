"""What the card says of figures."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from nlp.evaluation import (
    CUTS,
    GROUPS,
    LEAST_CASES,
    LabelFigures,
    Report,
    confusion,
    overview,
    slices,
)
from nlp.figures import Figures, Interval, number
from nlp.model import Model
from nlp.thresholds import DEFAULT_BAND, Thresholds
from nlp.training.calibrate import EXPERIMENTAL_BELOW
from nlp.training.card.table import table

_OTHER_TASK = Path(__file__).parents[1] / "goemotions.yml"


@dataclass(frozen=True)
class Measured:
    """The model on dev, by its two engines, and its peers."""

    model: Model
    report: Report
    in_float32: Report
    peers: Mapping[str, Report]


def figures_section(measured: Measured) -> str:
    """The headline figures, ours and the peers'."""
    report = measured.report
    facts = overview(report)
    groups = [
        (group if cut == CUTS[0] else "", cut, *map(str, facts[group][cut]))
        for group in GROUPS
        for cut in CUTS
    ]
    return f"""## How good it is

On {facts["texts"]:,} real texts (`real.dev`) kept out of training. They served to choose thresholds and calibration,
so every figure here is cross-fitted over five folds: no text is measured with what was tuned on it. Averages are over
labels with {LEAST_CASES} cases or more that are not experimental; precision and recall are micro-averages; brackets
give the 95 % interval over resampled texts.

{table(("", "at", "macro-F1", "micro-F1", "precision", "recall"), groups)}

- `quality` and `experience` together: macro-F1 {number(facts["quality and experience"])}.
- Emotions with {LEAST_CASES} cases in both languages: French {number(facts["French"])}, English
  {number(facts["English"])} macro-F1.
- Worst calibration error of a label with 30 cases: {number(facts["worst calibration error (30 cases or more)"])};
  mean Brier skill over the base rate, experimental labels aside: {number(facts["mean Brier skill"])}.
{_float32_line(measured)}

Beside it, other methods that learnt from the same labelled texts, calibrated and cut alike:

{_peers_table(measured)}

{_lexicon_line(measured.peers)}"""


def _float32_line(measured: Measured) -> str:
    figures: Figures = overview(measured.in_float32)["emotions"]["tag"]
    return (f"- The same weights in float32 instead of 8 bits: emotions macro-F1 {number(figures.macro.value)}, "
            f"micro-F1 {number(figures.micro.value)}.")  # fmt: skip


def _peers_table(measured: Measured) -> str:
    """Peers, and this model on the labels of a peer that has not all of them."""
    rows: list[tuple[object, ...]] = [("**this model**", *_headline(measured.report))]
    for name, peer in measured.peers.items():
        rows.append((name, *_headline(peer)))
        if len(peer.labels) < len(measured.report.labels):
            rows.append((f"this model on the same {len(peer.labels)} labels",
                         *_headline(measured.report.only(peer.labels))))  # fmt: skip
    head = ("", "emotions macro-F1", "micro-F1", "precision", "signals macro-F1", "quality + experience")
    return table(head, rows)


def _headline(report: Report) -> tuple[object, ...]:
    facts = overview(report)
    emotions: Figures = facts["emotions"]["tag"]
    return (
        *map(str, (emotions.macro, emotions.micro, emotions.precision)),
        facts["signals"]["tag"].macro,
        number(facts["quality and experience"]),
    )


def _lexicon_line(peers: Mapping[str, Report]) -> str:
    if any("FEEL" in name for name in peers):
        return ""
    return """No lexicon stands here: FEEL (French) was in no package of the Python registry that was used. With its
file, `ressenti model evaluate --peer lexicon --lexicon FILE` measures it."""


def other_task_section() -> str:
    """What the recipe is worth on GoEmotions, beside published figures."""
    told = yaml.safe_load(_OTHER_TASK.read_text(encoding="utf-8"))
    rows = [
        (
            f"the same recipe and encoder size, thresholds from dev (`{told['recipe']}`)",
            Interval(*told["macro_f1"]),
        ),
        (
            f"… without the {told['also_in_train']} test texts that are also in train",
            Interval(*told["macro_f1_without_those"]),
        ),
        ("BERT-base, the paper (Demszky et al., 2020)", "0.46"),
        ("published with thresholds tuned on test", "0.541, 0.554"),
    ]
    return f"""## GoEmotions

The recipe on another task: English Reddit comments with {told["labels"]} labels, the official test of
{told["texts"]:,} texts.

{table(("", "macro-F1"), rows)}"""


def labels_section(found: Sequence[LabelFigures], thresholds: Thresholds) -> str:
    """Each label's figures and thresholds."""
    rows: list[tuple[object, ...]] = []
    for one in found:
        tag, sure, half = (one.at[cut] for cut in CUTS)
        cut = thresholds.cuts[one.label]
        values = (tag.precision, tag.recall, sure.precision, sure.recall, half.micro)
        rows.append((
            one.label + (" (experimental)" if one.experimental else ""), str(one.cases), number(cut.tag),
            number(cut.sure), tag.micro, *(number(figure.value) for figure in values),
            number(one.calibration_error), number(one.brier_skill),
        ))  # fmt: skip
    head = ("label", "cases", "tag", "sure", "F1", "precision", "recall", "precision at sure", "recall at sure",
            "F1 at 0.5", "calibration error", "Brier skill")  # fmt: skip
    return f"""## Each label

*Experimental*: fewer than {EXPERIMENTAL_BELOW} real cases stand behind the figures; such a label has default
thresholds, stays out of the averages above and opens no follow-up by default. *tag* and *sure* are a label's
thresholds. A text without any tag is *unclear* if a score comes within {DEFAULT_BAND} (or half of *tag*, where that
is less) below the label's *tag*. Calibration error over 10 bins of equal mass.

{table(head, rows)}"""


def slices_section(report: Report) -> str:
    """The emotions by language, channel and length."""
    rows = [
        (name, f"{found.texts:,}", found.at["tag"].macro, found.at["tag"].micro,
         found.at["sure"].precision, found.at["sure"].recall)
        for name, found in slices(report).items()
    ]  # fmt: skip
    head = ("", "texts", "macro-F1", "micro-F1", "precision at sure", "recall at sure")
    return f"## By language, channel and length (emotions)\n\n{table(head, rows)}"


def neighbours_section(report: Report) -> str:
    """Which labels are taken for each other."""
    rows = [(f"{pair.one} / {pair.other}", *map(str, pair[2:])) for pair in confusion(report)]
    head = (
        "one / other",
        "other instead of one",
        "one instead of other",
        "other added to one",
        "one added to other",
    )
    return f"""## What is taken for what

Texts that carry one of two neighbouring labels alone, and were tagged with the other instead, or with both.

{table(head, rows)}"""
