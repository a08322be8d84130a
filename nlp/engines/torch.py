"""Torch with transformers (extra `ressenti[torch]`): any classifier of the hub, on a processor or a GPU.

Float32 on a processor, as `transformers.pipeline` computes; bfloat16 on a GPU.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from nlp.engines import Matrix, padded


class TorchEngine:
    """A sequence classifier loaded from a folder or, when the hub may be asked, from a hub id."""

    batch_tokens = 2048
    workers = 1  # torch divides a batch among the cores itself

    def __init__(self, place: str, *, pad_id: int, threads: int | None = None) -> None:
        """Load safetensors weights only (never a pickle, never remote code)."""
        if threads:
            torch.set_num_threads(threads)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        precision = torch.bfloat16 if self._device == "cuda" else torch.float32
        model: Any = AutoModelForSequenceClassification.from_pretrained(
            place, dtype=precision, use_safetensors=True, trust_remote_code=False
        )
        self._model = model.to(self._device).eval()
        self._pad_id = pad_id

    @property
    def width(self) -> int:
        """How many logits a row gets."""
        return int(self._model.config.num_labels)

    def logits(self, rows: Sequence[Sequence[int]]) -> Matrix:
        """float32 [rows, width]."""
        ids, mask = (torch.from_numpy(part).to(self._device) for part in padded(rows, self._pad_id))
        with torch.inference_mode():
            answer = self._model(input_ids=ids, attention_mask=mask).logits
        return np.asarray(answer.float().cpu().numpy(), np.float32)


def describe(place: str) -> dict[str, Any]:
    """The configuration of a folder or hub id, as plain data; no remote code is run."""
    return dict(AutoConfig.from_pretrained(place, trust_remote_code=False).to_dict())


def tokenizer_json(place: str) -> str:
    """The fast tokenizer of a folder or hub id, as the JSON that `tokenizers` reads."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(place, use_fast=True, trust_remote_code=False)
    return str(tokenizer.backend_tokenizer.to_str())
