"""What a reprocess is to take, with what, how many that is and how long it will take: found out before it begins."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from datetime import time as clock

from configs.errors import ConfigError
from flows.scoring import by_tokens
from flows.sources.suggest import did_you_mean
from flows.versions import no_such_batch, refuse_hiding
from flows.workspace import Workspace
from storage.database import reading
from storage.reader import PendingText, Selection, batches, count_revisions, select_revisions
from storage.registry import DEFAULT, batch_scope
from storage.speed import scoring_speed
from storage.status import source_ids

PROBE = 64  # texts that are scored to see how long the others take, where no run tells


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What a person asks for; None leaves nothing out."""

    batch: str | None = None
    source: str | None = None
    since: date | None = None
    until: date | None = None
    language: str | None = None
    where_tag: str | None = None

    def __str__(self) -> str:
        """The options as they are typed."""
        given = {name: value for name, value in vars(self).items() if value is not None}
        words = [f"--{name.replace('_', '-')} {value}" for name, value in given.items()]
        return " ".join(words) or "everything"

    @property
    def scope(self) -> str:
        """Where the result is shown: in its batch alone, else everywhere."""
        return DEFAULT if self.batch is None else batch_scope(self.batch)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What will be done: how many feedback, how many of them to score, and how fast that goes."""

    choice: Choice
    selection: Selection
    chosen: int
    to_score: int
    model: str
    texts_per_second: float | None
    measured: str
    beside: int = 0  # feedback that is not chosen, of which another version will be shown too

    @property
    def lacking(self) -> Selection:
        """What is to be scored."""
        return replace(self.selection, lacking=self.model)

    def __str__(self) -> str:
        """One sentence."""
        told = f"{self.chosen:,} feedback chosen ({self.choice})"
        if self.beside:
            told += (
                f", and what is shown changes for {self.beside:,} others too, of which nothing is told here"
            )
        if not self.to_score:
            return f"{told}; model {self.model} has scored them all: tags come from stored scores"
        speed = self.texts_per_second or 1.0
        return (
            f"{told}, {self.to_score:,} to score with model {self.model}: about {_span(self.to_score / speed)} "
            f"({speed:,.0f} texts a second, {self.measured})"
        )


def make_plan(work: Workspace, choice: Choice, *, activate: bool = False) -> Plan:
    """`check_choice`, and how long it will take; nothing is written."""
    selection, chosen = check_choice(work, choice, activate=activate)
    version = work.configured.model_version
    with reading(work.engine) as connection:
        to_score = count_revisions(connection, replace(selection, lacking=version))
        in_scope = count_revisions(connection, Selection(batch=choice.batch)) if activate else chosen
    speed, measured = _speed(work, selection) if to_score else (None, "")
    return Plan(
        choice=choice,
        selection=selection,
        chosen=chosen,
        to_score=to_score,
        model=version,
        texts_per_second=speed,
        measured=measured,
        beside=in_scope - chosen,
    )


def check_choice(work: Workspace, choice: Choice, *, activate: bool = False) -> tuple[Selection, int]:
    """What is chosen, and how many feedback that is.

    Raises:
        ConfigError: an unknown batch, source or label, nothing chosen, or readers would lose tags.
    """
    selection = _selection(work, choice)
    with reading(work.engine) as connection:
        chosen = count_revisions(connection, selection)
    if not chosen:
        raise _nothing_chosen(work, choice)
    if activate:
        refuse_hiding(work, work.configured, choice.scope, choice.batch, selection)
    return selection, chosen


def unseen(work: Workspace, plan: Plan) -> Iterator[list[PendingText]]:
    """The chosen texts that the model has not seen, cut into chunks by count and by tokens."""
    after = 0
    while True:
        with reading(work.engine) as connection:
            texts = select_revisions(connection, plan.lacking, work.settings.chunk_texts, after=after)
        if not texts:
            return
        after = texts[-1].revision_id
        yield from by_tokens(work, texts)


def _selection(work: Workspace, choice: Choice) -> Selection:
    with reading(work.engine) as connection:
        sources, known = source_ids(connection), batches(connection)
    if choice.batch is not None and choice.batch not in known:
        raise no_such_batch(choice.batch, known)
    _known("source", choice.source, list(sources))
    _known("where-tag", choice.where_tag, list(work.taxonomy.ids))
    return Selection(
        batch=choice.batch,
        sources=(sources[choice.source],) if choice.source else (),
        since=_midnight(work, choice.since),
        until=_midnight(work, choice.until),
        language=choice.language,
        tag=choice.where_tag,
    )


def _known(name: str, value: str | None, known: list[str]) -> None:
    if value is not None and value not in known:
        raise ConfigError(
            f"no such {'label' if name == 'where-tag' else name}",
            place=f"--{name}",
            found=value,
            accepted=known or "none is stored yet",
            fix=did_you_mean(value, known),
        )


def _nothing_chosen(work: Workspace, choice: Choice) -> ConfigError:
    with reading(work.engine) as connection:
        within = count_revisions(connection, Selection(batch=choice.batch))
    where = "the database" if choice.batch is None else f"batch {choice.batch}"
    fix = f"{where} holds {within:,} feedback: leave an option out" if within else f"{where} holds none yet"
    return ConfigError("nothing is chosen", place="ressenti reprocess", found=str(choice), fix=fix)


def _speed(work: Workspace, selection: Selection) -> tuple[float, str]:
    """Texts a second, and where that is known from."""
    version = work.configured.model_version
    with reading(work.engine) as connection:
        known = scoring_speed(connection, version)
        if known is not None:
            return known, "as in earlier runs"
        texts = select_revisions(connection, replace(selection, lacking=version), PROBE)
    words = [text.clean_text for text in texts if text.refusal is None]
    model = work.model
    begun = time.perf_counter()
    model.score(words)
    return max(len(words), 1) / (time.perf_counter() - begun), f"as a probe of {len(words)} texts says"


def _midnight(work: Workspace, day: date | None) -> datetime | None:
    return None if day is None else datetime.combine(day, clock(), work.settings.zone)


def _span(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
