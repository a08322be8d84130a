"""Ways to run a model: ONNX Runtime on a processor (the default install), torch on a processor or a GPU.

An engine turns token ids into logits and knows nothing of texts, labels or thresholds, so all of them decide alike.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]


class Engine(Protocol):
    """What every engine offers.

    Attributes:
        batch_tokens: padded tokens of a batch that it computes fastest.
        workers: how many batches it may be given at once, each from a thread of its own.
    """

    batch_tokens: int
    workers: int

    @property
    def width(self) -> int:
        """How many logits it gives a row."""

    def logits(self, rows: Sequence[Sequence[int]]) -> Matrix:
        """float32 [rows, width] for rows of token ids (special tokens included), padded inside.

        A row's logits do not depend on the rows beside it by more than the noise of float32.
        """


def padded(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Token ids and attention mask, int64 [rows, longest]."""
    lengths = np.array([len(row) for row in rows])
    mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.int64)
    ids = np.full(mask.shape, pad_id, np.int64)
    ids[mask.astype(bool)] = np.concatenate([np.asarray(row, np.int64) for row in rows])
    return ids, mask
