"""Speed of cleaning, masking and language on the real feeds, or on generated texts where the feeds are absent.

    python -m benchmarks.text [TEXTS]      # default 6,000; median of 5 runs, one core

Prints texts a second of the whole way, its share of a night, and where the time goes.
"""

import csv
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from configs.settings import PROJECT, Settings
from nlp.cleaning.clean import readable, strip
from nlp.intake import prepare
from nlp.language import Detector
from nlp.redaction import Redactor

FEEDS = PROJECT.parent / "shared" / "data" / "feeds"
RUNS = 5
# The column that holds the text in each feed that is a CSV; most of all texts.
COLUMNS = {
    "survey_meal_boxes.csv": "commentaire", "reviews_phones.csv": "Commentaire",
    "reviews_private_sales.csv": "COMMENTAIRE", "tickets_airlines.csv": "text",
    "tickets_music_app.csv": "text", "tickets_public_services.csv": "Description",
}  # fmt: skip


def feed_texts(folder: Path) -> list[str]:
    """Texts of the real feeds; empty without them."""
    texts: list[str] = []
    for name, column in COLUMNS.items():
        if (folder / name).is_file():
            with (folder / name).open(encoding="utf-8-sig", newline="") as file:
                dialect = csv.Sniffer().sniff(file.readline(), delimiters=",;\t")
                file.seek(0)
                texts += [row[column] for row in csv.DictReader(file, dialect=dialect) if row.get(column)]
    return texts


def made_texts(count: int) -> list[str]:
    """Generated texts with identifiers, for machines without the feeds: slower, a third of them hold numbers."""
    from tests.nlp.made_identifiers import texts

    return [made.text for made in texts(count, seed=3)]


def median_seconds(work: Callable[[], object]) -> float:
    """Median processor time of `RUNS` runs: other work on the machine counts less so."""
    times = []
    for _ in range(RUNS):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def measure(texts: Sequence[str]) -> dict[str, float]:
    """Seconds of the whole way and of its parts over `texts`."""
    redactor, detector = Redactor(lambda _: "a1b2c3"), Detector(Settings.model_fields["languages"].default)
    detector.detect("Une phrase assez longue pour charger les tables")
    plain = [readable(text)[0] for text in texts]
    masked = [redactor.mask(text).text for text in plain]
    clean = [strip(text).text for text in masked]

    def whole() -> None:
        for text in texts:
            detector.detect(prepare(text, redactor).clean)

    return {
        "whole way": median_seconds(whole),
        "readable (encoding, HTML, characters)": median_seconds(lambda: [readable(text) for text in texts]),
        "mask": median_seconds(lambda: [redactor.mask(text) for text in plain]),
        "strip (mail, machines)": median_seconds(lambda: [strip(text) for text in masked]),
        "language": median_seconds(lambda: [detector.detect(text) for text in clean]),
    }


def main(count: int = 6000) -> None:
    """Print the figures."""
    texts = feed_texts(FEEDS)
    source = "real feeds" if texts else "generated texts"
    texts = texts or made_texts(count)
    texts = random.Random(5).sample(texts, min(count, len(texts)))
    seconds = measure(texts)
    letters = sum(map(len, texts)) / len(texts)
    print(
        f"{len(texts):,} texts of {letters:.0f} characters ({source}), median of {RUNS}, processor time of one core"
    )
    for part, spent in seconds.items():
        print(f"  {part:<40} {1e6 * spent / len(texts):>7.0f} µs a text {len(texts) / spent:>9,.0f} texts/s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
