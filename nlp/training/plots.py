"""Two drawings of a report, as SVG: do probabilities mean what they say, and what does a stricter threshold buy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from configs.errors import ConfigError
from nlp.evaluation import Report
from nlp.figures import equal_mass_bins
from nlp.training.calibrate import EXPERIMENTAL_BELOW

RELIABILITY, PRECISION = "reliability.svg", "precision.svg"
_COLUMNS = 5
# Text stays text, and equal figures give equal files.
_SVG: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ressenti",
    "font.size": 8,
    "path.simplify_threshold": 1.0,
}


def draw(report: Report, folder: Path) -> None:
    """Write `reliability.svg` and `precision.svg`: a small square for each label with 20 cases or more.

    Raises:
        ConfigError: the folder cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError("the plots cannot be written", place=folder, found=error.strerror) from None
    _grid(report, folder / RELIABILITY, _reliability, "predicted probability", "share that carries the label")
    _grid(report, folder / PRECISION, _precision, "share of the texts that are tagged", "precision")


def _grid(
    report: Report, path: Path, paint: Callable[[Axes, Report, int], None], x_label: str, y_label: str
) -> None:
    columns = [column for column, cases in enumerate(report.goal.sum(0)) if cases >= EXPERIMENTAL_BELOW]
    lines = max(1, -(-len(columns) // _COLUMNS))
    with mpl.rc_context(_SVG):
        figure = Figure(figsize=(1.9 * _COLUMNS, 1.8 * lines + 0.4), layout="constrained")
        squares = figure.subplots(lines, _COLUMNS, squeeze=False).flatten()
        for square, column in zip(squares, columns, strict=False):
            paint(square, report, column)
            square.set_title(report.labels[column], fontsize=8)
            square.set_ylim(0, 1.02)
            square.set_yticks((0, 0.5, 1))
            square.locator_params(axis="x", nbins=3)
        for square in squares[len(columns) :]:
            square.set_axis_off()
        if not columns:
            squares[0].text(0, 0.5, f"no label has {EXPERIMENTAL_BELOW} cases or more")
        figure.supxlabel(x_label, fontsize=8)
        figure.supylabel(y_label, fontsize=8)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _reliability(square: Axes, report: Report, column: int) -> None:
    """The ten bins of equal mass against the diagonal."""
    scores, goal = report.scores[:, column], report.goal[:, column]
    bins = equal_mass_bins(scores)
    square.plot([0, 1], [0, 1], color="0.8", linewidth=0.8)
    square.plot([scores[part].mean() for part in bins], [goal[part].mean() for part in bins],
                marker="o", markersize=2.5, linewidth=0.8)  # fmt: skip
    square.set_xlim(0, 1)


def _precision(square: Axes, report: Report, column: int) -> None:
    """Precision as more texts are tagged, best scores first; the two thresholds are marked."""
    goal = report.goal[:, column]
    order = np.argsort(-report.scores[:, column], kind="stable")
    most = min(len(goal), max(20, 3 * int(goal.sum())))
    given = np.arange(1, len(goal) + 1)
    square.plot((given / len(goal))[:most], (goal[order].cumsum() / given)[:most], linewidth=0.8)
    square.axhline(float(goal.mean()), color="0.8", linewidth=0.8)
    for said, marker in ((report.tagged[:, column], "o"), (report.sure[:, column], "^")):
        if said.any():
            square.plot([said.mean()], [goal[said].mean()], marker, color="black", markersize=3)
