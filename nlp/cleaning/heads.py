"""Heads that mail clients put above an older message: « Le … a écrit : », Outlook's blocks, forwarded messages."""

import re
from typing import Literal

Kind = Literal["quoted_reply", "forwarded", ""]

_LONGEST = 400  # characters of a head that runs over several lines
_DATED = r"(?=[^\n]{0,200}\d)"
_WROTE = re.compile(
    rf"(?:>\s?)*(?:(?:Le|Am|El|Il|Op|Em)\s{_DATED}|On\s{_DATED}|\d{{1,4}}[-/.]\d{{1,2}}[-/.]\d{{1,4}}\s)[^\n]{{3,300}}?"
    r"(?:a [ée]crit|wrote|schrieb|escribi[óo]|ha scritto|schreef|escreveu)\s?(?:[^\n:]{0,80}?)?:$"
)
_WROTE_WORD = re.compile(r"a [ée]crit|wrote|schrieb|escribi|ha scritto|schreef|escreveu")
_RULED = re.compile(
    r"(?:>\s?)*[-_*=\s]{0,40}(?P<what>"
    r"message d.origine|message original|message initial|message pr[ée]c[ée]dent|original message"
    r"|original appointment"
    r"|urspr[üu]ngliche nachricht|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht"
    r"|forwarded message|message transf[ée]r[ée]|message r[ée]exp[ée]di[ée]|weitergeleitete nachricht"
    r"|mensaje reenviado|messaggio inoltrato|d[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])"
    r"|begin forwarded message|message transf[ée]r[ée] par [^\n]{1,60}|forwarded by [^\n]{1,60})[-_*=\s:]{0,40}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"forward|transf|exp[ée]di|weiter|reenv|inoltr", re.IGNORECASE)
_FIRST = re.compile(r"(?:>\s?)*\**(?:De|From|Von|Da|Van|Exp[ée]diteur)\s?:\**\s*\S", re.IGNORECASE)
_FIELD = re.compile(
    r"(?:>\s?)*\**(?:De|From|Von|Da|Van|Exp[ée]diteur|Envoy[ée](?: le)?|Date|Sent|Gesendet|Datum|Enviado|Inviato"
    r"|[ÀA]|To|An|Para"
    r"|Cc|Cci|Bcc|Objet|Sujet|Subject|Betreff|Asunto|Oggetto|R[ée]pondre [àa]|Reply-To|Destinataires?|Importance"
    r"|Pi[èe]ces? jointes?|Attachments?|Priorit[ée])\s?:\**(?:\s|$)",
    re.IGNORECASE,
)
_DATE_FIELD = re.compile(
    r"(?:>\s?)*\**(?:Envoy[ée](?: le)?|Date|Sent|Gesendet|Datum|Enviado(?: el)?|Inviato)\s?:", re.IGNORECASE
)
_BLANK_RULE = re.compile(r"[_\-=]{5,}|\s*")


def head_end(lines: list[str], at: int) -> tuple[int, Kind]:
    """Where the head that begins at line `at` ends (first line after it) and its kind; `at` and "" without a head."""
    line = lines[at]
    if not line:
        return at, ""
    if ruled := _RULED.fullmatch(line):
        end, _ = _block_end(lines, at + 1)
        return end, "forwarded" if _FORWARDED.search(ruled["what"]) else "quoted_reply"
    end, fields = _block_end(lines, at)
    if fields:
        return end, "quoted_reply"
    if end := _wrote_end(lines, at):
        return end, "quoted_reply"
    return at, ""


def _block_end(lines: list[str], at: int) -> tuple[int, int]:
    """The end of a block of `De : / Envoyé : / À : / Objet :` lines from `at` on, and how many fields it has."""
    start = at
    while start < len(lines) and start - at < 3 and _BLANK_RULE.fullmatch(lines[start]):
        start += 1
    if start >= len(lines) or not _FIRST.match(lines[start]):
        return at, 0
    end, fields, dated = start, 0, False
    while end < len(lines) and fields < 12 and _FIELD.match(lines[end]):
        dated = dated or _DATE_FIELD.match(lines[end]) is not None
        fields += 1
        end += 1
    return (end, fields) if fields >= 3 or (dated and fields >= 2) else (at, 0)


def _wrote_end(lines: list[str], at: int) -> int:
    """The end of « Le 3 mars à 10:12, X a écrit : », which clients wrap over up to three lines; 0 without one."""
    joined = ""
    for end in range(at, min(at + 3, len(lines))):
        joined = f"{joined} {lines[end]}".strip()
        if len(joined) > _LONGEST or not lines[end]:
            return 0
        if lines[end].endswith(":") and _WROTE_WORD.search(joined) and _WROTE.fullmatch(joined):
            return end + 1
    return 0


# Exports that lose line ends leave the head in the middle of a line: only forms that nobody types by hand.
_INLINE = (
    re.compile(
        r"(?:(?<=\s)|^)Le\s(?:\w{2,9}\.?,?\s)?\d{1,2}(?:er)?[\s/.-]\S{2,9}[\s/.-]\d{4}\b[^\n:]{0,20}"
        r"(?::\d\d)?[^\n:]{0,120}?"
        r"\ba [ée]crit\s?:"
    ),
    re.compile(r"(?:(?<=\s)|^)On\s(?:\w{3,9},?\s)?[^\n]{5,60}?\b\d{4}\b[^\n]{0,140}?\bwrote:"),
    re.compile(r"-{3,}\s?(?:Message d.origine|Message original|Original Message)\s?-{3,}", re.IGNORECASE),
)
_INLINE_BLOCK = re.compile(r"(?:(?<=\s)|^)(?:De|From)\s?:\s")
_INLINE_HINT = re.compile(r"a [ée]crit|wrote:|Envoy[ée]\s?:|Sent:|riginal|d.origine", re.IGNORECASE)


def inline_head(line: str) -> int:
    """Where in `line`, after words of the writer, a head begins; 0 where none does."""
    if len(line) < 40 or not _INLINE_HINT.search(line):
        return 0
    places = [found.start() for pattern in _INLINE if (found := pattern.search(line))]
    for found in _INLINE_BLOCK.finditer(line):
        rest = line[found.end() : found.end() + 600]
        if re.search(r"\b(?:Envoy[ée]|Sent)\s?:", rest) and re.search(r"\b(?:Objet|Subject)\s?:", rest):
            places.append(found.start())
            break
    return min(places, default=0)
