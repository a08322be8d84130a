"""What `ressenti model evaluate` prints."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from nlp.evaluation import CUTS, GROUPS, LEAST_CASES, Report, confusion, overview, per_label, slices
from nlp.figures import Figures, number


def print_report(name: str, report: Report, peers: Mapping[str, Report], console: Console) -> None:
    """Tables for a terminal.

    Args:
        name: of the model.
        report: its figures.
        peers: other methods on the same texts, by name.
        console: where they go.
    """
    facts = overview(report)
    console.print(f"[bold]{name}[/] on {facts['texts']:,} texts, {len(report.labels)} labels")
    console.print(
        f"Averages are over labels with {LEAST_CASES} cases or more that are not experimental; "
        "brackets: 95 % of resamples.\n"
    )
    console.print(_groups(facts))
    console.print(_facts(facts))
    if peers:
        console.print(_peers(name, report, peers))
    console.print(_labels(report))
    console.print(_slices(report))
    console.print(_neighbours(report))


def _groups(facts: Mapping[str, Any]) -> Table:
    table = _table("", "at", "macro-F1", "micro-F1", "precision", "recall")
    for group in GROUPS:
        for cut in CUTS:
            table.add_row(group if cut == CUTS[0] else "", cut, *map(str, facts[group][cut]))
    return table


def _facts(facts: Mapping[str, Any]) -> str:
    names = ("quality and experience", "French", "English", "worst calibration error (30 cases or more)",
             "mean Brier skill")  # fmt: skip
    told = {"French": "emotions macro-F1, French", "English": "emotions macro-F1, English"}
    return "\n".join(f"{told.get(name, name)}: {number(facts[name])}" for name in names) + "\n"


def _peers(name: str, report: Report, peers: Mapping[str, Report]) -> Table:
    """Peers, and the model on the labels that each peer has."""
    table = _table("beside", "labels", "emotions macro-F1", "micro-F1", "precision", "signals macro-F1")
    sizes = {len(peer.labels): peer.labels for peer in peers.values()}
    rows = [(name, report.only(labels)) for labels in sizes.values()]
    for title, each in (*rows, *peers.items()):
        facts = overview(each)
        emotions: Figures = facts["emotions"]["tag"]
        table.add_row(
            title, str(len(each.labels)), str(emotions.macro), str(emotions.micro),
            str(emotions.precision), str(facts["signals"]["tag"].macro),
        )  # fmt: skip
    return table


def _labels(report: Report) -> Table:
    head = (
        "label",
        "cases",
        "F1",
        "precision",
        "recall",
        "at sure",
        "recall",
        "F1 at 0.5",
        "cal. error",
        "skill",
    )
    table = _table(*head)
    for one in per_label(report):
        tag, sure, half = (one.at[cut] for cut in CUTS)
        values = (tag.precision, tag.recall, sure.precision, sure.recall, half.micro)
        table.add_row(
            one.label + (" *" if one.experimental else ""), str(one.cases), str(tag.micro),
            *(number(figure.value) for figure in values),
            number(one.calibration_error), number(one.brier_skill),
        )  # fmt: skip
    table.caption = "* experimental: too few real cases stand behind its thresholds"
    return table


def _slices(report: Report) -> Table:
    table = _table("emotions by", "texts", "macro-F1", "micro-F1", "precision at sure", "recall")
    for name, found in slices(report).items():
        tag, sure = found.at["tag"], found.at["sure"]
        rest = (number(sure.precision.value), number(sure.recall.value))
        table.add_row(name, f"{found.texts:,}", str(tag.macro), str(tag.micro), *rest)
    return table


def _neighbours(report: Report) -> Table:
    head = ("other instead of one", "one instead of other", "other added", "one added")
    table = _table("one / other", *head)
    for pair in confusion(report):
        if any(pair[2:]):
            table.add_row(f"{pair.one} / {pair.other}", *map(str, pair[2:]))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, title="")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place == 0 else "right", no_wrap=True)
    return table
