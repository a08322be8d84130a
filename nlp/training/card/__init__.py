"""The model card, generated: what the model is, what it learnt from, how good it is and where it fails."""

import os
from collections.abc import Mapping
from pathlib import Path

import yaml

from nlp.evaluation import Report, Scorer, evaluate, per_label
from nlp.model import Model, load
from nlp.training.card.figures import (
    Measured,
    figures_section,
    labels_section,
    neighbours_section,
    other_task_section,
    slices_section,
)
from nlp.training.card.origin import data_section, opening, tried_section
from nlp.training.card.table import table
from nlp.training.data import prepare, read_examples
from nlp.training.made import last_recipe
from nlp.training.plots import PRECISION, RELIABILITY, draw
from nlp.training.progress import Shown

_EXAMPLES = Path(__file__).parents[1] / "examples.yml"


def card(model: Path, target: Path, *, data: Path, peers: Mapping[str, Scorer], plots: Path) -> None:
    """Measure on dev, draw, and write the model card.

    Args:
        model: the bundled folder.
        target: the Markdown file.
        data: the data folder, with `labelled/`.
        peers: other methods, by name.
        plots: the folder of the drawings.
    """
    measured = _measure(model, data, peers)
    draw(measured.report, plots)
    sections = [
        opening(model, measured.model),
        data_section(data),
        tried_section(),
        figures_section(measured),
        other_task_section(),
        labels_section(per_label(measured.report), measured.model.thresholds),
        slices_section(measured.report),
        neighbours_section(measured.report),
        _plots_section(os.path.relpath(plots, target.parent)),
        _examples_section(measured.model),
        _LIMITS,
    ]
    target.write_text("\n\n".join(map(str.strip, sections)) + "\n", encoding="utf-8")


def _measure(folder: Path, data: Path, peers: Mapping[str, Scorer]) -> Measured:
    examples = read_examples(data / last_recipe().dev)

    def on_dev(scorer: Scorer) -> Report:
        return evaluate(scorer, examples, cross_fitted=True)

    model, in_float32 = load(folder), load(folder, engine="torch")
    return Measured(
        model,
        on_dev(Shown(model, "scoring")),
        on_dev(Shown(in_float32, "scoring in float32")),
        {name: on_dev(peer) for name, peer in peers.items()},
    )


def _plots_section(folder: str) -> str:
    return f"""## Drawn

Predicted probability against the share of texts that carry the label, ten bins of equal mass:

![Reliability of each label]({folder}/{RELIABILITY})

Precision as more texts are tagged, surest first; a dot is *tag*, a triangle *sure* (off the line where the folds' own
thresholds differ), the grey line the base rate:

![Precision against coverage of each label]({folder}/{PRECISION})"""


def _examples_section(model: Model) -> str:
    """What the model makes, at this very moment, of texts that were written to show where it fails."""
    examples = yaml.safe_load(_EXAMPLES.read_text(encoding="utf-8"))
    tags = model.thresholds.apply(model.score([prepare(one["text"]) for one in examples])).tags
    pairs = [
        (set(one["labels"]), {tag.label for tag in given}) for one, given in zip(examples, tags, strict=True)
    ]
    rows = [
        (one["about"], one["text"], *map(_listed, (wanted & said, wanted - said, said - wanted)))
        for one, (wanted, said) in zip(examples, pairs, strict=True)
    ]
    right = sum(wanted == said for wanted, said in pairs)
    return f"""## Examples, right and wrong

Texts written for this card, hard ones among them, with what a reader tags by the annotation guide. All labels right:
{right} of {len(rows)}.

{table(("about", "text", "found", "missed", "wrongly tagged"), rows)}"""


def _listed(labels: set[str]) -> str:
    return ", ".join(sorted(labels))


_LIMITS = """## Where it fails

- Labels are one model-assisted reading of a text; borders between flat praise and joy, anger and frustration, quality
  and experience are uncertain in the data themselves.
- Sarcasm, quoted words and other people's feelings are often taken at face value.
- Rare reasons (changed needs, slow value, poor fit) have too few real cases to be relied on.
- Spanish, German and Italian are scored, with few real texts behind them; other languages are refused by default.
- Scores are calibrated on texts like those of `real.dev`; on another kind of feedback, check them with
  `ressenti model evaluate --data FILE` before acting on them."""
