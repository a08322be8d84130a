"""What a model version and threshold set would change of what is shown: tags, texts and follow-ups.

Chosen feedback are gone through page by page, from stored scores: nothing is scored, and memory holds a page, some
counts and the largest changes. What people said of a text stands over both sides, so it never differs.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from flows.followup.policy import Case, decide
from flows.scoring import asked_of, case_of
from flows.tagging import UNCLEAR, corrected, tags_by
from flows.workspace import Workspace, now
from storage.database import reading, writing
from storage.followups import Subject, open_or_link, preview_openings, standing
from storage.predictions import NewTag
from storage.reader import PendingText, Selection, masked_texts, select_revisions
from storage.registry import Active
from storage.runs import NO_SOURCE, add_counts
from storage.tags import Shown, corrections_of, current_tags

LARGEST = 20


@dataclass(frozen=True)
class Compared:
    """A text with the tags that readers see now, and those that they would see."""

    text: PendingText
    before: Sequence[Shown]
    after: Sequence[NewTag]

    @property
    def gained(self) -> set[str]:
        """Labels that are new."""
        return {tag.label for tag in self.after} - {tag.label for tag in self.before}

    @property
    def lost(self) -> set[str]:
        """Labels that are gone."""
        return {tag.label for tag in self.before} - {tag.label for tag in self.after}

    @property
    def size(self) -> float:
        """How large the change is: the scores of the tags gained and lost, added up."""
        scores = {tag.label: tag.score for tag in self.after}
        scores |= {tag.label: 1.0 if tag.score is None else tag.score for tag in self.before}
        return sum(scores[label] for label in (self.gained | self.lost) - {UNCLEAR})


@dataclass(frozen=True)
class Change:
    """One of the largest changes; `text` is masked."""

    source: str
    external_id: str
    gained: list[str]
    lost: list[str]
    text: str


@dataclass
class FollowUpEffect:
    """What new tags mean for follow-ups, counted by rule. Nothing of it is done by counting."""

    opened: Counter[str] = field(default_factory=Counter)
    linked: Counter[str] = field(default_factory=Counter)
    too_old: int = 0
    open_without_reason: Counter[str] = field(default_factory=Counter)
    taken_without_reason: Counter[str] = field(default_factory=Counter)


@dataclass
class Difference:
    """What changes for the chosen feedback."""

    before_and_after: tuple[list[Active], Active]
    compared: int = 0
    changed: int = 0
    unscored: int = 0  # chosen, but the model has not spoken of them
    unknown: list[str] = field(default_factory=list)  # labels shown before that the model after does not have
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    largest: list[Change] = field(default_factory=list)
    follow_ups: FollowUpEffect = field(default_factory=FollowUpEffect)


def compare(work: Workspace, chosen: Selection) -> Difference:
    """What the configured version and thresholds would change of what is shown now; only reads."""
    seen = _Seen(work)
    shown: set[Active] = set()
    found = Difference(([], work.configured))
    for page, unscored in pages(work, chosen):
        found.unscored += unscored
        for each in page:
            _count(found, each)
            if each.text.model_version is not None and each.text.threshold_set is not None:
                shown.add(Active(each.text.model_version, each.text.threshold_set))
        seen.take(page, found.follow_ups)
    ordered = sorted(shown, key=lambda shows: (shows.model_version, shows.threshold_set))
    found.before_and_after = (ordered, work.configured)
    found.unknown = sorted(found.before.keys() - {UNCLEAR, *work.version.labels})
    found.largest = seen.largest()
    return found


def open_follow_ups(work: Workspace, run_id: str, chosen: Selection) -> None:
    """Open what the new tags ask for, page by page; what is open or taken is not changed, reruns open nothing."""
    for page, _ in pages(work, chosen):
        asked = asked_of(work, [each.text for each in page], _cases(work, page))
        with writing(work.engine) as connection:
            open_or_link(connection, run_id, asked.openings)
            if asked.too_old:
                add_counts(connection, run_id, NO_SOURCE, {("followup_too_old", ""): asked.too_old})


def pages(work: Workspace, chosen: Selection) -> Iterator[tuple[list[Compared], int]]:
    """The chosen texts that the configured version has spoken of, and how many of each page it has not."""
    after = 0
    while True:
        with reading(work.engine) as connection:
            texts = select_revisions(connection, chosen, work.settings.chunk_texts, after=after)
            if not texts:
                return
            after = texts[-1].revision_id
            ids = [text.revision_id for text in texts]
            now_shown, said = current_tags(connection, ids), corrections_of(connection, ids)
            tags = tags_by(connection, work.configured, ids, work.thresholds)
        compared = [
            Compared(
                text,
                now_shown.get(text.revision_id, ()),
                corrected(tags[text.revision_id], said.get(text.revision_id, {})),
            )
            for text in texts
            if text.revision_id in tags
        ]
        yield compared, len(texts) - len(compared)


def _count(found: Difference, each: Compared) -> None:
    found.compared += 1
    found.changed += bool(each.gained or each.lost)
    found.before.update(tag.label for tag in each.before)
    found.after.update(tag.label for tag in each.after)
    found.gained.update(each.gained)
    found.lost.update(each.lost)


class _Seen:
    """What is kept from page to page: the largest changes, and which follow-ups were counted."""

    def __init__(self, work: Workspace) -> None:
        self._work = work
        self._heap: list[tuple[float, int, Compared]] = []
        self._subjects: set[Subject] = set()
        self._without_reason: set[int] = set()
        self._rules = {rule.id for rule in work.policy.rules}

    def take(self, page: Sequence[Compared], effect: FollowUpEffect) -> None:
        """Look at a page."""
        for each in page:
            if each.size:
                heapq.heappush(self._heap, (each.size, -each.text.revision_id, each))
                if len(self._heap) > LARGEST:
                    heapq.heappop(self._heap)
        self._foresee(page, effect)

    def largest(self) -> list[Change]:
        """The largest changes first, with their masked texts."""
        kept = [each for _, _, each in sorted(self._heap, key=lambda item: item[:2], reverse=True)]
        with reading(self._work.engine) as connection:
            texts = masked_texts(connection, [each.text.revision_id for each in kept])
        return [
            Change(
                source=each.text.source,
                external_id=each.text.external_id,
                gained=sorted(each.gained),
                lost=sorted(each.lost),
                text=texts.get(each.text.revision_id, ""),
            )
            for each in kept
        ]

    def _foresee(self, page: Sequence[Compared], effect: FollowUpEffect) -> None:
        cases = _cases(self._work, page)
        asked = asked_of(self._work, [each.text for each in page], cases)
        effect.too_old += asked.too_old
        met = {
            (each.text.feedback_id, rule.id)
            for each, case in zip(page, cases, strict=True)
            for rule in decide(self._work.policy, case, now()).rules
        }
        with reading(self._work.engine) as connection:
            opened, linked = preview_openings(connection, asked.openings, self._subjects)
            there = standing(connection, [each.text.feedback_id for each in page])
        effect.opened.update(each.rule for each in opened)
        effect.linked.update(each.rule for each in linked)
        for each in there:
            gone = each.rule in self._rules and (each.feedback_id, each.rule) not in met
            if gone and each.followup_id not in self._without_reason:
                self._without_reason.add(each.followup_id)
                taken = each.state == "taken"
                (effect.taken_without_reason if taken else effect.open_without_reason)[each.rule] += 1


def _cases(work: Workspace, page: Sequence[Compared]) -> list[Case]:
    return [case_of(each.text, each.after, work.thresholds.experimental) for each in page]
