"""Recall and precision of structured masking per kind, on generated texts with known identifiers.

    python -m benchmarks.redaction [COUNT] [SEED]      # default 6,000 texts, seed 2026

An identifier counts as found when a mask of its kind covers it; as survived when any digit run of it of 4 or more is
still there. A mask is right when it overlaps an identifier of its kind.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable

from nlp.redaction import Redactor
from nlp.redaction.redactor import find
from tests.nlp.made_identifiers import Made, texts


def measure(made: Iterable[Made]) -> tuple[dict[str, Counter[str]], list[str]]:
    """Counts per kind (`true`, `found`, `masked`, `right`, `survived`) and the misses, for a look."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    misses = []
    for item in made:
        spans = find(item.text)
        left = Redactor().mask(item.text).text
        for start, end, kind in item.spans:
            covered = any(s.kind == kind and s.start <= start + 1 and s.end >= end - 1 for s in spans)
            counts[kind].update(true=1, found=covered, survived=_survives(item.text[start:end], left))
            if not covered:
                misses.append(f"missed {kind} {item.text[start:end]!r}: {left}")
        for span in spans:
            right = any(
                span.kind == kind and span.start < end and start < span.end for start, end, kind in item.spans
            )
            counts[span.kind].update(masked=1, right=right)
            if not right:
                misses.append(f"false {span.kind} {item.text[span.start : span.end]!r}: {item.text}")
    return counts, misses


def _survives(value: str, left: str) -> bool:
    return any(run in left for run in re.findall(r"\d{4,}", re.sub(r"[^\w]", "", value)))


def main(count: int, seed: int) -> None:
    """Print the table; misses go to standard error."""
    counts, misses = measure(texts(count, seed))
    print(f"{'kind':<8} {'texts':>6} {'recall':>8} {'precision':>10} {'survived':>9}")
    for kind in sorted(counts):
        row = counts[kind]
        recall, precision = row["found"] / max(1, row["true"]), row["right"] / max(1, row["masked"])
        print(f"{kind:<8} {row['true']:>6,} {recall:>8.3f} {precision:>10.3f} {row['survived']:>9}")
    print("\n".join(misses[:60]), file=sys.stderr)


if __name__ == "__main__":
    main(*(int(value) for value in (*sys.argv[1:3], *("6000", "2026")[len(sys.argv) - 1 :])))
