"""Texts are scored once each, in batches of like length, and answered in order."""

import threading
import time

import numpy as np
import pytest

from nlp.batching import distinct, in_batches, plan


def test_each_distinct_text_is_scored_once():
    assert distinct(["a", "b", "a", "a"]) == (["a", "b"], [0, 1, 0, 0])


def test_a_plan_holds_every_row_once_within_the_token_limit():
    lengths = [5, 300, 7, 7, 2, 90, 64, 64]
    batches = plan(lengths, 128)
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[row] for row in batch) <= 128


def test_a_row_longer_than_a_batch_stands_alone():
    assert plan([1000, 3], 10) == [[1], [0]]


def test_no_rows_make_no_batches():
    assert plan([], 10) == []
    assert in_batches([], 3, 10, lambda rows: np.zeros((len(rows), 3), np.float32)).shape == (0, 3)


def test_answers_come_back_in_the_order_of_the_rows():
    rows = [[9] * length for length in (4, 1, 3, 2, 8, 1)]
    answers = in_batches(rows, 1, 6, lambda batch: np.array([[len(row)] for row in batch], np.float32))
    assert answers[:, 0].tolist() == [4, 1, 3, 2, 8, 1]


def test_workers_share_the_batches_and_give_the_same_answers():
    rows = [[length] * length for length in (4, 1, 3, 2, 8, 1, 5, 5)]
    seen = set()

    def answer(batch):
        seen.add(threading.get_ident())
        time.sleep(0.01)
        return np.array([[sum(row)] for row in batch], np.float32)

    alone = in_batches(rows, 1, 6, answer)
    seen.clear()
    assert np.array_equal(in_batches(rows, 1, 6, answer, workers=2), alone)
    assert len(seen) == 2


def test_an_error_in_a_worker_is_not_swallowed():
    def answer(batch):
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        in_batches([[1], [2, 2]], 1, 2, answer, workers=2)
