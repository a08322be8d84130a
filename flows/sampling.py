"""`ressenti sample`: a sheet of texts to label by hand, drawn where labels teach most.

Three draws, each with its share: texts with a score near a threshold, texts with rare tags, and texts at random, so
that no kind is left out. All are drawn in one pass over the stored scores, a page in memory at a time: every
text gets a number from its id and the seed, a power of it by its weight (Efraimidis and Spirakis 2006), and each draw
keeps its highest. The same seed over the same predictions draws the same texts.
"""

import csv
import hashlib
import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

import numpy as np
import pyarrow as pa

from configs.errors import ConfigError
from flows.exports.cells import formula_safe, original
from flows.saving import saved
from flows.tagging import UNCLEAR
from flows.workspace import Workspace
from nlp.thresholds import Scores, Thresholds
from storage.database import reading
from storage.registry import DEFAULT, Active, active, thresholds_of
from storage.sampling import SampledText, Scored, sampled_texts, scored, source_names, tag_counts
from storage.tags import current_tags

COLUMNS = ("source", "external_id", "lang", "channel", "text", "tags", "labels")
# The shares of a sheet; what the two draws do not fill goes to chance.
UNCERTAIN, RARE = 0.4, 0.3
_NEAR = 0.05  # so far from its threshold, a score weighs a third of what it weighs at it
_PAGE = 1000


@dataclass
class Draw:
    """The texts of highest key so far, at most `most`."""

    most: int
    _heap: list[tuple[float, int]] = field(default_factory=list)

    def offer(self, key: float, number: int) -> None:
        """Keep the text if its key is among the highest."""
        if len(self._heap) < self.most:
            heapq.heappush(self._heap, (key, number))
        elif self._heap and (key, number) > self._heap[0]:
            heapq.heapreplace(self._heap, (key, number))

    def best(self) -> list[int]:
        """Numbers of the kept texts, the highest first."""
        return [number for _, number in sorted(self._heap, reverse=True)]


def write_sheet(work: Workspace, count: int, seed: int, sources: Sequence[str], out: TextIO) -> int:
    """Draw and write; returns how many texts the sheet holds.

    Raises:
        ConfigError: no such source, or nothing is scored yet.
    """
    with reading(work.engine) as connection:
        names = source_names(connection)
        if unknown := sorted(set(sources) - set(names)):
            raise ConfigError("no such source", place="--source", found=unknown[0], accepted=names)
        shown = active(connection).get(DEFAULT)
    if shown is None:
        raise ConfigError("nothing is scored yet", fix="ressenti run, then sample")
    chosen = _drawn(work, shown, count, seed, sources)
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for start in range(0, len(chosen), _PAGE):
        page = chosen[start : start + _PAGE]
        with reading(work.engine) as connection:
            texts, tags = sampled_texts(connection, page), current_tags(connection, page)
        for number in page:
            if number in texts:  # else erased since it was drawn
                writer.writerow(_row(texts[number], [tag.label for tag in tags.get(number, ())]))
    return len(chosen)


def save_sheet(work: Workspace, count: int, seed: int, sources: Sequence[str], file: Path) -> int:
    """`write_sheet` into a file, whole or not at all; marked as UTF-8 for spreadsheets."""
    with saved(file) as stream:
        stream.write("\ufeff")
        return write_sheet(work, count, seed, sources, stream)


def sheet_text(cell: str) -> str:
    """A cell's text as it was before the sheet was made safe for spreadsheets."""
    return original(cell)


def is_sheet(file: Path) -> bool:
    """Whether a file begins as our sheets do, so that its cells carry our marks."""
    if file.suffix != ".csv" or not file.is_file():
        return False
    with file.open(encoding="utf-8-sig", errors="replace") as stream:
        header = stream.readline().strip().replace('"', "").replace(";", ",").replace("\t", ",")
    return header.split(",")[: len(COLUMNS)] == list(COLUMNS)


def _drawn(work: Workspace, shown: Active, count: int, seed: int, sources: Sequence[str]) -> list[int]:
    """Revisions of the sheet, in an order that tells nothing of how they were drawn."""
    with reading(work.engine) as connection:
        counts = tag_counts(connection, shown.threshold_set)
        cuts = Thresholds.model_validate({"cuts": thresholds_of(connection, shown.threshold_set)})
    uncertain, rare, random = (Draw(count) for _ in range(3))
    for page in _pages(work, shown.model_version, sources):
        near, seldom = _weights(page, cuts, counts)
        for text, closeness, rarity in zip(page, near, seldom, strict=True):
            chance = _chance(seed, text.revision_id)
            random.offer(math.log(chance), text.revision_id)
            uncertain.offer(math.log(chance) / closeness, text.revision_id)
            if rarity > 0:
                rare.offer(math.log(chance) / rarity, text.revision_id)
    chosen: dict[int, None] = {}
    for draw, share in ((uncertain, UNCERTAIN), (rare, RARE), (random, 1.0)):
        fresh = (number for number in draw.best() if number not in chosen)
        wanted = min(math.ceil(share * count), count - len(chosen))
        chosen.update(dict.fromkeys(number for number, _ in zip(fresh, range(wanted), strict=False)))
    return sorted(chosen, key=lambda number: _chance(seed + 1, number))


def _pages(work: Workspace, version: str, sources: Sequence[str]) -> Iterator[list[Scored]]:
    after = 0
    while True:
        with reading(work.engine) as connection:
            page = scored(connection, version, _PAGE, after=after, sources=sources)
        if not page:
            return
        after = page[-1].prediction_id
        yield page


def _weights(page: Sequence[Scored], cuts: Thresholds, counts: Mapping[str, int]) -> tuple[Scores, Scores]:
    """How uncertain each text is (how close its closest score is to a threshold) and how rare its tags are."""
    scores = np.array([[text.scores.get(label, 0.0) for label in cuts.labels] for text in page], np.float64)
    bars = np.array([cuts.cuts[label].tag for label in cuts.labels])
    closeness = np.exp(-np.abs(scores - bars).min(1) / _NEAR)
    rarity = np.array([1 / math.sqrt(counts.get(label, 0) + 1) for label in cuts.labels])
    seldom = ((scores >= bars) * rarity).max(1)
    return closeness, np.asarray(seldom, np.float64) ** 2


def _chance(seed: int, number: int) -> float:
    """A number above 0 and below 1 that only the seed and the text's number decide."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return (int.from_bytes(digest[:7], "big") + 0.5) / 256**7


def _row(text: SampledText, tags: Sequence[str]) -> list[str]:
    told = " ".join(label for label in tags if label != UNCLEAR)
    cells = [text.source, text.external_id, text.language or "", text.channel, text.masked_text, told, ""]
    return [str(cell) for cell in formula_safe(pa.array(cells, pa.string())).to_pylist()]
