"""The nearest word that would have been accepted."""

import re
from collections.abc import Sequence
from difflib import get_close_matches


def did_you_mean(word: str, known: Sequence[str]) -> str | None:
    """« did you mean `x`? » when one of `known` is near to `word`, case and spaces aside."""
    plain = {re.sub(r"\W+", " ", item).casefold().strip(): item for item in known}
    near = get_close_matches(re.sub(r"\W+", " ", word).casefold().strip(), list(plain), n=1, cutoff=0.6)
    return f"did you mean `{plain[near[0]]}`?" if near else None
