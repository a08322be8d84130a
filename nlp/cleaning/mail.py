"""Mail: quoted replies, forwarded heads, signatures and legal footers, French and English ones first.

Works on lines, each looked at a bounded number of times; masked text passes as well as raw (`[EMAIL]`, `[PHONE]`).
"""

from nlp.cleaning.heads import head_end, inline_head
from nlp.cleaning.signature import without_footer, without_signature

# Without one of these there is nothing to cut; looking for them costs a twentieth of the rules themselves.
_HEAD_HINTS = (
    ">", "crit", "wrote", "schrieb", "escrib", "scritto", "schreef", "escreveu", "message", "nachricht", "mensaje",
    "messaggio", "mensagem", "bericht", "forward", "appointment", "de :", "de:", "from:", "from :", "von:", "da:",
    "expéditeur",
)  # fmt: skip
_HINTS = (
    *_HEAD_HINTS, "envoy", "sent ", "outlook", "gesendet", "enviad", "inviato", "verzonden", "provenance",
    "yahoo mail", "--", "—", "__", "***", "cordialement", "cdt", "cdlt", "amicalement", "respectueusement",
    "ncèrement", "ncerement", "bien à", "bien a ", "salutations", "regards", "yours", "sincerely", "best wishes",
    "grü", "gruß", "mfg", "saludo", "atentamente", "saluti", "cordialmente", "confiden", "imprime", "print",
    "disclaimer",
)  # fmt: skip


def own_words(text: str, found: set[str]) -> str:
    """`text` without what the mail client or the company's template added; names what it met in `found`."""
    low = text.lower()
    if not any(hint in low for hint in _HINTS):
        return text
    lines = text.split("\n")
    if any(hint in low for hint in _HEAD_HINTS):
        lines = _without_quotes(lines, found)
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
        while at < len(lines) and lines[at].startswith(">"):  # the answer stands below what it answers
            at += 1
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


def _without_marked(lines: list[str], found: set[str]) -> list[str]:
    """No lines that a mail client marked with `>`; a lone `> 30 min d'attente`, or nothing else, is a list."""
    marked = [line.startswith(">") for line in lines]
    kept = [
        line
        for at, line in enumerate(lines)
        if not (marked[at] and (marked[at - 1 : at] == [True] or marked[at + 1 : at + 2] == [True]))
    ]
    if len(kept) == len(lines) or not any(kept):
        return lines
    found.add("quoted_reply")
    return kept
