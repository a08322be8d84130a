"""The difference report of a reprocess: on a terminal, as a file, and as an artifact of Prefect's interface.

The artifact has no texts, and no ids: Prefect's own database is out of reach when a customer is to be forgotten.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from flows.difference import Change, Difference, FollowUpEffect
from flows.progress import plain_table
from flows.saving import saved
from storage.registry import Active

LONGEST = 300  # characters of a text that are shown
LABELS = ("label", "before", "after", "gained", "lost", "share before", "share after")
RULES = ("rule", "would open", "would link", "open, reason gone", "taken, reason gone")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&])")


def as_markdown(title: str, facts: Sequence[str], found: Difference, *, texts: bool) -> str:
    """The whole report. `texts`: with the largest changes, one by one."""
    lines = [f"# {title}", "", *(f"- {_escaped(fact)}" for fact in (*facts, *_facts(found))), ""]
    lines += ["## Tags", "", *_markdown_table(LABELS, label_rows(found)), ""]
    lines += ["## Follow-ups", "", *(f"- {fact}" for fact in _follow_up_facts(found.follow_ups)), ""]
    if rows := rule_rows(found.follow_ups):
        lines += [*_markdown_table(RULES, rows), ""]
    if texts and found.largest:
        lines += ["## The largest changes", ""]
        lines += [
            line for number, each in enumerate(found.largest, 1) for line in _change_lines(number, each)
        ]
    return "\n".join(lines)


def print_difference(found: Difference, console: Console) -> None:
    """Tables for a terminal."""
    for fact in _facts(found):
        console.print(fact, markup=False)
    console.print()
    console.print(_table(LABELS, label_rows(found)))
    console.print()
    for fact in _follow_up_facts(found.follow_ups):
        console.print(fact, markup=False)
    if rows := rule_rows(found.follow_ups):
        console.print(_table(RULES, rows))
    if found.largest:
        console.print("\n[bold]The largest changes[/]")
    for each in found.largest:
        console.print(Text(f"{_named(each)}  {_signed(each)}\n    {_short(each.text)}"))


def save_report(file: Path, title: str, facts: Sequence[str], found: Difference) -> None:
    """Write the report, whole or not at all, readable by its owner alone."""
    with saved(file) as stream:
        stream.write(as_markdown(title, facts, found, texts=True))


def report_file(folder: Path, run_id: str, moment: datetime) -> Path:
    """Where the report of a run goes unless a place is given."""
    return folder / "reports" / f"reprocess-{moment:%Y%m%d-%H%M}-{run_id[:8]}.md"


def label_rows(found: Difference) -> list[tuple[str, ...]]:
    """A row a label, the most changed first."""
    labels = sorted(
        found.before.keys() | found.after.keys(),
        key=lambda label: (-found.gained[label] - found.lost[label], label),
    )
    return [
        (
            label,
            *(f"{counts[label]:,}" for counts in (found.before, found.after, found.gained, found.lost)),
            *(f"{100 * counts[label] / found.compared:.1f} %" for counts in (found.before, found.after)),
        )
        for label in labels
    ]


def rule_rows(effect: FollowUpEffect) -> list[tuple[str, ...]]:
    """A row a rule that anything happens to."""
    parts = (effect.opened, effect.linked, effect.open_without_reason, effect.taken_without_reason)
    rules = sorted({rule for part in parts for rule in part})
    return [(rule, *(f"{part[rule]:,}" for part in parts)) for rule in rules]


def _facts(found: Difference) -> Iterator[str]:
    before, after = found.before_and_after
    shown = ", ".join(map(_pair, before)) or "nothing"
    yield f"{found.compared:,} feedback compared, the tags of {found.changed:,} differ"
    yield f"before: {shown}; after: {_pair(after)}"
    if found.unknown:
        yield f"model {after.model_version} has no {', '.join(found.unknown)}: such tags go, but for people's own"
    if found.unscored:
        yield f"{found.unscored:,} chosen ones are left out: model {after.model_version} has not scored them"


def _follow_up_facts(effect: FollowUpEffect) -> Iterator[str]:
    yield (
        f"would open {effect.opened.total():,} and link {effect.linked.total():,} feedback to open ones; "
        f"{effect.too_old:,} are too old to open one"
    )
    gone = effect.open_without_reason.total(), effect.taken_without_reason.total()
    if any(gone):
        yield (
            f"{gone[0]:,} open and {gone[1]:,} taken ones rest on a feedback that would not ask for them any more; "
            "none of them is changed"
        )


def _change_lines(number: int, each: Change) -> list[str]:
    told = f"{number}. {_escaped(_named(each))}: {_escaped(_signed(each))}"
    return [told, "", f"   > {_escaped(_short(each.text))}", ""]


def _named(each: Change) -> str:
    return f"{each.source}/{each.external_id}"


def _signed(each: Change) -> str:
    return " ".join([*(f"+{label}" for label in each.gained), *(f"-{label}" for label in each.lost)])


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _escaped(text: str) -> str:
    """What customers wrote is text, whatever it looks like in Markdown or HTML."""
    return _MARKDOWN.sub(r"\\\1", text)


def _pair(shows: Active) -> str:
    return f"model {shows.model_version} with thresholds {shows.threshold_set}"


def _markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---|" + "---:|" * (len(head) - 1)
    yield from (f"| {' | '.join(map(_escaped, row))} |" for row in rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    table = plain_table(head[0], numbers=head[1:])
    for row in rows:
        table.add_row(*row)
    return table
