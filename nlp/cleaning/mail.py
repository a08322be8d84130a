"""Mail: quoted replies, forwarded heads, signatures and legal footers, French and English ones first.

Works on lines, each looked at a bounded number of times; masked text passes as well as raw (`[EMAIL]`, `[PHONE]`).
"""

import re

from nlp.cleaning.heads import head_end, inline_head
from nlp.cleaning.signature import without_footer, without_signature


def own_words(text: str, found: set[str]) -> str:
    """`text` without what the mail client or the company's template added; names what it met in `found`."""
    lines = _without_quotes(text.split("\n"), found)
    lines = without_footer(lines, found)
    return without_signature("\n".join(lines).strip(), found)


def _without_quotes(lines: list[str], found: set[str]) -> list[str]:
    """The lines above the first head of an older message; below it only where nothing stands above.

    A forwarded message without a word above it is kept without its head: it is then the feedback itself.
    """
    kept: list[str] = []
    at = 0
    while at < len(lines):
        end, kind = head_end(lines, at)
        if not kind:
            if cut := inline_head(lines[at]):
                found.add("quoted_reply")
                return [*kept, lines[at][:cut]]
            kept.append(lines[at])
            at += 1
            continue
        found.add(kind)
        if any(line.strip() for line in kept) and not _answers_below(lines, end):
            break
        at = end
    return _without_marked(kept, found)


def _answers_below(lines: list[str], at: int) -> bool:
    """Whether the lines after a head are all marked `>` up to words of the writer's own."""
    marked = False
    for line in lines[at:]:
        if line.startswith(">"):
            marked = True
        elif line.strip():
            return marked
    return False


_MARK = re.compile(r">(?![\d<>=]|\s?\d)")


def _without_marked(lines: list[str], found: set[str]) -> list[str]:
    """No line that a mail client marked with `>`; a lone `> 30 min d'attente` is the customer's own."""
    kept = []
    for index, line in enumerate(lines):
        beside = any(0 <= other < len(lines) and lines[other].startswith(">") for other in (index - 1, index + 1))
        if line.startswith(">") and (beside or _MARK.match(line)):
            found.add("quoted_reply")
        else:
            kept.append(line)
    return kept
