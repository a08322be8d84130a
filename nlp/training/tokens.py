"""A folder's tokenizer with its list of accents: training reads texts as the model will."""

from pathlib import Path
from typing import Any, Protocol

from tokenizers import Encoding, Tokenizer

from nlp.accents import Accents, read_accents


class TextTokenizer(Protocol):
    """What turns texts into token ids: a `Tokenizer`, or one behind a list of accents."""

    def encode_batch(self, input: Any, /) -> list[Encoding]:  # noqa: ANN401
        """The tokens of each text, special ones included."""


class AccentingTokenizer:
    """A tokenizer that reads the words of a list with their accents."""

    def __init__(self, tokenizer: Tokenizer, accents: Accents) -> None:
        self._tokenizer, self._accents = tokenizer, accents

    def encode_batch(self, texts: list[str], /) -> list[Encoding]:
        """The tokens of each text, special ones included."""
        return self._tokenizer.encode_batch([self._accents.restore(text) for text in texts])


def open_tokenizer(folder: Path) -> TextTokenizer:
    """The tokenizer of a base or a trained model, with the folder's accents."""
    return AccentingTokenizer(Tokenizer.from_file(str(folder / "tokenizer.json")), read_accents(folder))
