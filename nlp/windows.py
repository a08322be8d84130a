"""Texts as token ids, a long one cut into windows that overlap, and the windows' answers brought together.

A long complaint says at its end that the customer leaves or calls a lawyer, so nothing of a text goes unread
within reason: windows of the same size, each sharing `overlap` tokens with the one before.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field
from tokenizers import Tokenizer

from configs.errors import ModelMismatch
from nlp.accents import Accents

Matrix = npt.NDArray[np.float32]
# A text of 100,000 characters has about 70 windows; of anything longer the beginning and the end are read.
MOST_WINDOWS = 128
_SENTENCE = re.compile(r"[^.!?\n]+")
# A sentence is shouted with so many capitals at least, and with that share of its letters: SNCF alone is not.
_FEWEST_CAPITALS, _CAPITALS = 8, 0.7


class Windowing(BaseModel):
    """How long texts are read; part of what makes scores."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tokens: int = Field(default=384, ge=16, description="tokens of a window, special ones included")
    overlap: int = Field(default=64, ge=0, description="tokens that a window shares with the one before")
    combine: Literal["max", "mean"] = Field(
        default="max", description="how the windows' logits make the text's"
    )
    capitals: Literal["sentence", "as_written"] = Field(
        default="sentence", description="whether a sentence in capitals is read as any other sentence"
    )


class Reader:
    """Turns texts into windows of token ids; not safe to call from two threads at once."""

    def __init__(
        self, tokenizer_json: str, windowing: Windowing, place: str | Path, accents: Accents | None = None
    ) -> None:
        """Read the tokenizer and learn which special tokens it puts around a text.

        Args:
            tokenizer_json: what `tokenizers` reads.
            windowing: how long texts are read.
            place: of the tokenizer, for messages.
            accents: words read with their accents; all as written where left out.

        Raises:
            ModelMismatch: the text is not a tokenizer, or its special tokens leave no room in a window.
        """
        try:
            self._tokenizer = Tokenizer.from_str(tokenizer_json)
        except Exception as error:  # its exceptions share no other base
            raise ModelMismatch(
                "the tokenizer cannot be read", place=place, found=str(error)[:200]
            ) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        probe = self._tokenizer.encode("a")
        words = [index for index, special in enumerate(probe.special_tokens_mask) if not special] or [
            len(probe.ids)
        ]
        self._before, self._after = probe.ids[: words[0]], probe.ids[words[-1] + 1 :]
        self._calm = windowing.capitals == "sentence"
        self._accents = accents or Accents()
        self._room = windowing.tokens - len(self._before) - len(self._after)
        self._stride = max(1, self._room - windowing.overlap)

    def windows(self, texts: Sequence[str]) -> list[list[list[int]]]:
        """The windows of each text: at least one, each of at most `tokens` ids."""
        calmed = (calm(text) if self._calm else text for text in map(_encodable, texts))
        readable = [self._accents.restore(text) for text in calmed]
        encoded = self._tokenizer.encode_batch(readable, add_special_tokens=False)
        return [[[*self._before, *part, *self._after] for part in self._parts(item.ids)] for item in encoded]

    def _parts(self, ids: list[int]) -> list[list[int]]:
        last = max(0, len(ids) - self._room)
        starts = [*range(0, last, self._stride), last]
        if len(starts) > MOST_WINDOWS:
            starts = starts[: MOST_WINDOWS // 2] + starts[-MOST_WINDOWS // 2 :]
        return [ids[start : start + self._room] for start in starts]


def calm(text: str) -> str:
    """The text with every shouted sentence in sentence case.

    Word pieces are learnt from small letters: in capitals a word falls into single letters and little is understood.
    """
    if sum(map(str.isupper, text)) < _FEWEST_CAPITALS:
        return text
    return _SENTENCE.sub(lambda found: _calm(found[0]), text)


def _calm(sentence: str) -> str:
    capitals = sum(map(str.isupper, sentence))
    if capitals < _FEWEST_CAPITALS or capitals < _CAPITALS * (capitals + sum(map(str.islower, sentence))):
        return sentence
    words = sentence.lstrip()
    return sentence[: len(sentence) - len(words)] + words.capitalize()


def _encodable(text: str) -> str:
    """The text without lone surrogates, which no tokenizer can read."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def combine(logits: Matrix, counts: Sequence[int], windowing: Windowing) -> Matrix:
    """One row a text from one row a window.

    Args:
        logits: float32 [windows, labels], the windows of a text side by side.
        counts: how many windows each text has.
        windowing: says how.

    Returns:
        float32 [texts, labels].
    """
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int64)
    if windowing.combine == "max":
        return np.asarray(np.maximum.reduceat(logits, starts, axis=0), np.float32)
    sums = np.add.reduceat(logits, starts, axis=0)
    return np.asarray(sums / np.asarray(counts, np.float32)[:, None], np.float32)
