"""Language detection on all labelled texts, short (at most 60 characters) and longer, per language.

    python -m benchmarks.language [FOLDER]      # default ../shared/data/labelled; 20 s

Texts of one hotel are left out: they are labelled by the source's language, whatever they are written in.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from configs.settings import PROJECT, Settings
from nlp.language import UNKNOWN, Detector

SHORT = 60
MISLABELLED = "fr_hotel_booking_tripadvisor"


def labelled(folder: Path) -> Iterator[tuple[str, str]]:
    """(text, language) of every labelled text whose language can be trusted."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.open(encoding="utf-8"):
            row = json.loads(line)
            if row.get("source") != MISLABELLED:
                yield row["text"], row["lang"]


def main(folder: Path) -> None:
    """Print the table."""
    detector = Detector(Settings.model_fields["languages"].default)
    counts: dict[tuple[bool, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for text, language in labelled(folder):
        found = detector.detect(text).code
        for name in (language, "all"):
            row = counts[len(text) <= SHORT, name]
            row[0] += 1
            row[1] += found != UNKNOWN
            row[2] += found == language
    print(f"{'texts':>12} {'language':>8} {'count':>7} {'answered':>9} {'right of the answers':>21}")
    for (short, name), (total, answered, right) in sorted(
        counts.items(), key=lambda item: (not item[0][0], -item[1][0])
    ):
        length = f"<= {SHORT}" if short else f"> {SHORT}"
        share = right / answered if answered else float("nan")
        print(f"{length:>12} {name:>8} {total:>7,} {answered / total:>9.1%} {share:>21.2%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PROJECT.parent / "shared" / "data" / "labelled")
