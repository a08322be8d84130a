"""What people said of tags: shown, held against the models, given out for training."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import Connection

from flows.progress import plain_table
from flows.saving import saved
from flows.tagging import UNCLEAR, corrected, tags_by
from flows.workspace import Workspace
from storage.corrections import (
    Agreement,
    Judged,
    Listed,
    agreement,
    judged_texts,
    list_corrections,
)
from storage.database import reading
from storage.registry import DEFAULT, Active, active, overrides
from storage.tags import corrections_of

PAGE = 500


def listed(work: Workspace) -> Iterator[str]:
    """A line a correction: who said what of which label of which text, and whether it is in force."""
    yield "number\tat\tauthor\tsource\texternal_id\tlabel\tpresent\tcounts\torigin\tnote"
    after = 0
    while True:
        with reading(work.engine) as connection:
            page = list_corrections(connection, PAGE, after=after)
        if not page:
            return
        after = page[-1].id
        yield from (_line(work, each) for each in page)


def _line(work: Workspace, each: Listed) -> str:
    counts = "yes" if each.newest_text and each.in_force else "text changed" if each.in_force else "replaced"
    at = each.corrected_at.astimezone(work.settings.zone).strftime("%Y-%m-%d %H:%M")
    present = "yes" if each.present else "no"
    facts = (
        *(each.id, at, each.author, each.source, each.external_id, each.label, present, counts),
        *(each.origin, each.note or ""),
    )
    return "\t".join(" ".join(str(fact).split()) for fact in facts)


def figures(work: Workspace) -> list[Agreement]:
    """How often each model version and threshold set says what people say, label by label."""
    with reading(work.engine) as connection:
        return agreement(connection)


def export_corrections(work: Workspace, file: Path) -> int:
    """Write every text that people judged as a line of training data; returns how many.

    Its `labels` are the shown model's tags with people's words over them, its `judged` what people said. Texts of
    which the shown model has not spoken are left out: nothing is known of their other labels.
    """
    with saved(file) as stream:
        count = 0
        for record in _training_records(work):
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")
            count += 1
    return count


def _training_records(work: Workspace) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with reading(work.engine) as connection:
            page = judged_texts(connection, PAGE, after=after)
            if not page:
                return
            after = page[-1].revision_id
            said = corrections_of(connection, [text.revision_id for text in page])
            tags = {
                number: found
                for shows, texts in _by_scope(connection, page)
                for number, found in tags_by(connection, shows, texts).items()
            }
        for text in page:
            if text.revision_id in tags:
                judged = said.get(text.revision_id, {})
                labels = [tag.label for tag in corrected(tags[text.revision_id], judged)]
                yield {
                    "text": text.text,
                    "lang": text.language or "",
                    "channel": text.channel,
                    "source": text.source,
                    "labels": sorted(set(labels) - {UNCLEAR}),
                    "judged": dict(judged),
                }


def _by_scope(connection: Connection, page: Iterable[Judged]) -> Iterator[tuple[Active, list[int]]]:
    shown = active(connection)
    own = overrides(shown)
    by: dict[Active, list[int]] = {}
    for text in page:
        shows = own.get(text.batch or "") or shown.get(DEFAULT)
        if shows is not None:
            by.setdefault(shows, []).append(text.revision_id)
    yield from by.items()


def print_agreement(found: Sequence[Agreement], console: Console) -> None:
    """A table for a terminal, of the labels that people or the model found at all."""
    if not found:
        console.print("No text that people corrected has been scored.")
        return
    table = plain_table(
        "model", "thresholds", "label", numbers=("judged", "present", "missed", "wrong", "agreement")
    )
    told = [row for row in found if row.present or row.wrong]
    for row in told:
        counts = (f"{n:,}" for n in (row.judged, row.present, row.missed, row.wrong))
        share = f"{100 * row.agreed / row.judged:.0f} %"
        table.add_row(row.model_version, row.threshold_set, row.label, *counts, share)
    console.print(table)
    if absent := len(found) - len(told):
        console.print(f"{absent:,} more lines: judged, and neither people nor the model found the label.")
