"""`ressenti explain`: what the model says of one text, by which thresholds, and which words move it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from configs.errors import ConfigError
from configs.settings import Settings, load_settings
from flows.classification import keyed_redactor
from flows.workspace import Workspace, load_model, open_workspace, settled
from nlp.explanation import Explanation, Part, Reason, explain
from nlp.intake import prepare
from nlp.language import Detector
from nlp.model import Model
from nlp.thresholds import Cut, Thresholds
from storage.database import reading
from storage.lookup import StoredText, find_text
from storage.scores import scores_of

_SHOWN_PARTS = 3
_FAINTEST = 0.005  # a part that moves a score by less is not shown
_FEWEST_ROWS = 5


@dataclass(frozen=True)
class Explained:
    """An explanation with what it is of and what it was made by."""

    explanation: Explanation
    thresholds: Thresholds
    model_version: str
    threshold_set: str
    feedback: dict[str, Any] = field(default_factory=dict)  # empty for words given on the command line
    notes: tuple[str, ...] = ()


def is_id(what: str) -> bool:
    """A word without blanks is an id, `#12` our own number of a feedback; anything else is a text."""
    return not any(map(str.isspace, what)) and what != ""


def explain_words(config: Path | None, words: str, labels: Sequence[str]) -> Explained:
    """Explain words that are not stored, after the cleaning and masking of a night.

    Raises:
        ConfigError: nothing is left of the words, or the model lacks a label.
    """
    settings = load_settings(config)
    prepared = prepare(words, keyed_redactor())
    if prepared.skip:
        raise ConfigError("there is nothing to score", place="TEXT", found=prepared.skip)
    model = load_model(settings)
    cuts = settled(settings, model.thresholds)
    found = explain(model, prepared.clean, cuts, labels=_known(labels, model))
    return Explained(found, cuts, model.version, cuts.id, notes=_language_note(settings, prepared.clean))


def explain_stored(config: Path | None, key: str, source: str | None, labels: Sequence[str]) -> Explained:
    """Explain a stored feedback: its cleaned text, with the scores and thresholds that are shown of it.

    Raises:
        ConfigError: no feedback or several have this id, or its text is never scored.
    """
    with open_workspace(config) as work:
        stored = _find(work, key, source)
        if stored.refusal:
            raise ConfigError(
                "this text is not scored", place=f"{stored.source} {stored.external_id}", found=stored.refusal
            )
        shows = stored.shows or work.configured
        model, notes = work.model, tuple[str, ...]()
        known: dict[str, float] = {}
        if shows.model_version == model.version:
            cuts, known = work.cuts(shows.threshold_set), _stored_scores(work, stored, model.version)
        else:
            cuts = work.thresholds
            notes = (f"shown are the tags of model {shows.model_version}, explained is the configured one",)
        found = explain(model, stored.clean_text, cuts, labels=_known(labels, model), known=known)
        keys = ("source", "external_id", "feedback_id", "revision_id")
        return Explained(
            found, cuts, model.version, cuts.id, {key: getattr(stored, key) for key in keys}, notes
        )


def _find(work: Workspace, key: str, source: str | None) -> StoredText:
    with reading(work.engine) as connection:
        found = find_text(connection, external_id=key, source_name=source)
        if not found and key.startswith("#") and key[1:].isdecimal():
            found = find_text(connection, number=int(key[1:]), source_name=source)
    if not found:
        raise ConfigError(
            "no stored feedback has this id",
            place="ID",
            found=key,
            accepted="a source's id, #NUMBER of the table feedback, or a text",
            fix="add --text if this is a text of one word",
        )
    if len(found) > 1:
        raise ConfigError(
            "several sources have this id",
            place="ID",
            found=key,
            accepted=[f"--source {each.source}" for each in found],
        )
    return found[0]


def _stored_scores(work: Workspace, stored: StoredText, version: str) -> dict[str, float]:
    with reading(work.engine) as connection:
        found = scores_of(connection, version, [stored.revision_id]).get(stored.revision_id)
    return dict(found.scores) if found else {}


def _known(labels: Sequence[str], model: Model) -> Sequence[str]:
    if unknown := sorted(set(labels) - set(model.labels)):
        raise ConfigError(
            "the model has no such label", place="--label", found=unknown[0], accepted=model.labels
        )
    return labels


def _language_note(settings: Settings, text: str) -> tuple[str, ...]:
    language = Detector(settings.languages).detect(text, None, None)
    if language.code in settings.languages or language.source == "unknown":
        return ()
    return (f"a night would refuse this text: its language seems to be {language.code}",)


def as_data(told: Explained) -> dict[str, Any]:
    """Everything, as plain data: what `--json` prints."""
    found = told.explanation
    return {
        **told.feedback,
        "text": found.text,
        "model_version": told.model_version,
        "threshold_set": told.threshold_set,
        "scores": dict(found.scores),
        "thresholds": {label: told.thresholds.cuts[label].model_dump() for label in found.scores},
        "tags": [tag._asdict() for tag in found.tags],
        "unclear": found.unclear,
        "taken_apart": found.taken_apart,
        "reasons": {
            reason.label: {
                "sentences": [_part(found.text, part) for part in reason.sentences],
                "words": [_part(found.text, part) for part in reason.words],
            }
            for reason in found.reasons
        },
        "notes": list(told.notes),
    }


def _part(text: str, part: Part) -> dict[str, Any]:
    return {"text": text[part.start : part.end], **part._asdict()}


def print_explained(told: Explained, console: Console) -> None:
    """A table of scores, then the text and what moves each label; colours on a terminal only."""
    found = told.explanation
    where = f"{told.feedback['source']} {told.feedback['external_id']}, " if told.feedback else ""
    console.print(f"{where}model {told.model_version}, thresholds {told.threshold_set}")
    for note in told.notes:
        console.print(f"Note: {note}")
    console.print(_scores(told))
    verdict = "unclear: no tag, but a score just below one" if found.unclear else "no tag"
    marked = (tag.label + _mark(told.thresholds.cuts[tag.label]) for tag in found.tags)
    console.print(", ".join(marked) or verdict)
    for reason in found.reasons:
        console.print()
        console.print(_highlighted(found.text[: found.taken_apart], reason))
        for line in _lines(found.text, reason):
            console.print(line, markup=False)
    if found.taken_apart < len(found.text):
        console.print(
            f"\nOnly the first {found.taken_apart:,} of {len(found.text):,} characters were taken apart."
        )


def _scores(told: Explained) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("label")
    for name in ("score", "tag from", "sure from", "unclear from"):
        table.add_column(name, justify="right")
    table.add_column("")
    found = told.explanation
    by_label = {tag.label: tag for tag in found.tags}
    asked = {reason.label for reason in found.reasons}
    for rank, label in enumerate(sorted(found.scores, key=lambda name: -found.scores[name])):
        score, cut = found.scores[label], told.thresholds.cuts[label]
        near = max(0.0, cut.tag - cut.band)
        if rank >= _FEWEST_ROWS and score < near and label not in asked:
            continue
        tag = by_label.get(label)
        verdict = "sure" if tag and tag.sure else "tag" if tag else "near" if score >= near else ""
        bars = (f"{value:.3f}" for value in (score, cut.tag, cut.sure, near))
        table.add_row(label, *bars, (verdict + _mark(cut)).strip())
    return table


def _mark(cut: Cut) -> str:
    return " (experimental)" if cut.experimental else ""


def _highlighted(text: str, reason: Reason) -> Text:
    """The text with the label before it; the parts that move it most stand out."""
    shown = Text(text)
    for part in _moving(reason.sentences)[:1]:
        shown.stylize("underline", part.start, part.end)
    for part in _moving(reason.words):
        shown.stylize("bold reverse", part.start, part.end)
    return Text.assemble((reason.label, "bold"), ": ", shown)


def _lines(text: str, reason: Reason) -> Iterator[str]:
    moving = dict.fromkeys((*_moving(reason.sentences), *_moving(reason.words)))  # a sentence may be one word
    for part in moving:
        words = " ".join(text[part.start : part.end].split())
        yield f"  {part.moves:+.3f}  {words}"
    if not moving:
        yield "  no single sentence or word moves it"


def _moving(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts[:_SHOWN_PARTS] if part.moves >= _FAINTEST]
