"""Language of a text: the declared one first, else detected where the text is long enough to tell."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal, NamedTuple

UNKNOWN = "unknown"
MIN_LETTERS = 20
MIN_CONFIDENCE = 0.80
# Detection chooses among these: what customers of European companies write.
CANDIDATES = ("fr", "en", "es", "de", "it", "pt", "nl")
_IGNORED = re.compile(r"\[[A-Z]+(?::[a-z]+)?\]|(?:https?://|www\.)\S+|[@#]\w+|[^\w\s'’-]+|[\d_]+")


class Language(NamedTuple):
    """The language of one text.

    Attributes:
        code: ISO 639-1 in lower case, or `unknown`.
        confidence: 0..1; 1 for a declared language, 0 for one that was assumed or is unknown.
        source: who says so.
    """

    code: str
    confidence: float
    source: Literal["declared", "detected", "otherwise", "unknown"]


class Detector:
    """Tells languages apart; loads its tables (1 s, 100 MB) on first need.

    Args:
        supported: ISO 639-1 codes of the languages that are scored; always among the candidates.
    """

    def __init__(self, supported: Sequence[str]) -> None:
        self.supported = tuple(supported)
        self._candidates = tuple(dict.fromkeys((*self.supported, *CANDIDATES)))
        self._identifier: Any = None

    def detect(self, text: str, declared: str | None = None, otherwise: str | None = None) -> Language:
        """The language of `text`: `declared`, else detected, else `otherwise`, else unknown. Never raises."""
        if code := _code(declared):
            return Language(code, 1.0, "declared")
        words = " ".join(_IGNORED.sub(" ", text).split())
        if len(words) >= MIN_LETTERS:
            found, confidence = self._identify(words)
            if confidence >= MIN_CONFIDENCE:
                return Language(found, confidence, "detected")
        if code := _code(otherwise):
            return Language(code, 0.0, "otherwise")
        return Language(UNKNOWN, 0.0, "unknown")

    def detect_all(self, texts: Iterable[str], otherwise: str | None = None) -> list[Language]:
        """`detect` for many texts of one source."""
        return [self.detect(text, otherwise=otherwise) for text in texts]

    def _identify(self, words: str) -> tuple[str, float]:
        if self._identifier is None:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier  # 1 s: only when a text needs it

            self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
            self._identifier.set_languages(list(self._candidates))
        code, confidence = self._identifier.classify(words)
        return str(code), float(confidence)


def _code(name: str | None) -> str | None:
    """`fr-FR`, `FR_fr`, ` fr ` -> `fr`; None for nothing or `unknown`."""
    code = re.split(r"[-_]", (name or "").strip().lower())[0]
    return code if code and code not in (UNKNOWN, "und") else None
