"""Score each distinct text once, in batches of like length capped by tokens, and give the answers back in order."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


def distinct(texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """The distinct texts in order of first sight, and for each text its place among them."""
    places: dict[str, int] = {}
    return_places = [places.setdefault(text, len(places)) for text in texts]
    return list(places), return_places


def plan(lengths: Sequence[int], max_tokens: int) -> list[list[int]]:
    """Row numbers of each batch: rising length, rows times longest within `max_tokens`, every row once.

    A row longer than `max_tokens` stands alone. Equal lengths keep their order, so a plan depends on nothing else.
    """
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not batches or (len(batches[-1]) + 1) * lengths[row] > max_tokens:
            batches.append([])
        batches[-1].append(row)
    return batches


def in_batches(
    rows: Sequence[Sequence[int]],
    width: int,
    max_tokens: int,
    answer: Callable[[list[Sequence[int]]], Matrix],
    *,
    workers: int = 1,
) -> Matrix:
    """What `answer` says of every row of token ids, in the order of `rows`.

    Args:
        rows: token ids of each text or window.
        width: columns of an answer.
        max_tokens: padded tokens of a batch, at most.
        answer: takes the rows of one batch, gives float32 [rows, width].
        workers: threads that call `answer`, each with a batch of its own.

    Returns:
        float32 [rows, width].
    """
    answers = np.zeros((len(rows), width), np.float32)

    def fill(batch: list[int]) -> None:
        answers[batch] = answer([rows[row] for row in batch])

    batches = plan([len(row) for row in rows], max_tokens)
    if min(workers, len(batches)) <= 1:
        for batch in batches:
            fill(batch)
        return answers
    with ThreadPoolExecutor(min(workers, len(batches))) as threads:
        # The longest first, so that no thread is left alone with one at the end.
        list(threads.map(fill, reversed(batches)))
    return answers
