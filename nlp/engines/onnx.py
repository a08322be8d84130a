"""ONNX Runtime on the processor: what the bundled model runs on, without torch."""

import os
from collections.abc import Sequence
from pathlib import Path

import onnxruntime

from configs.errors import ModelMismatch
from nlp.engines import Matrix, padded


class OnnxEngine:
    """A graph with inputs `input_ids` and `attention_mask` (int64 [rows, tokens]) and output `logits`.

    Each core computes a batch of its own: threads that share one batch wait for each other at every operator.
    """

    # A layer's activations then stay in a core's own cache.
    batch_tokens = 512

    def __init__(self, path: Path, *, pad_id: int, threads: int | None = None) -> None:
        """Open the graph; `threads` is how many cores it may use, all that the process has where None.

        Raises:
            ModelMismatch: ONNX Runtime cannot read the graph.
        """
        self.workers = threads or _cores()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # The graph is written in the operators that are fastest; further levels would fuse them into slower ones.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its exceptions share no other base
            raise ModelMismatch(
                "ONNX Runtime cannot read the graph", place=path, found=str(error)[:200]
            ) from error
        self._pad_id = pad_id
        self._width = int(self._session.get_outputs()[0].shape[-1])

    @property
    def width(self) -> int:
        """How many logits a row gets."""
        return self._width

    def logits(self, rows: Sequence[Sequence[int]]) -> Matrix:
        """float32 [rows, width]."""
        ids, mask = padded(rows, self._pad_id)
        answer: Matrix = self._session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
        return answer


def _cores() -> int:
    """Cores that this process may use; Linux tells, elsewhere it is all of them."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
