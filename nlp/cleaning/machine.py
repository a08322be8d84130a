"""Texts that no customer wrote: auto-replies, bounces, notices of ticket systems."""

import re

_PLACEHOLDER = re.compile(r"\[[A-Z]+(?::[a-z]+)?\]")
_SAYS_SOMETHING = re.compile(r"[^\s.,;\-_/\\*'\"|<>()\[\]{}=+~#•·]")


def skip_reason(text: str) -> str | None:
    """`auto_reply`, `machine_written`, or None for a text that a person wrote."""
    return None


def nothing_left(text: str) -> bool:
    """Whether `text` says nothing: no letter, digit, emoji or mark of feeling outside placeholders."""
    return not _SAYS_SOMETHING.search(_PLACEHOLDER.sub("", text) if "[" in text else text)
