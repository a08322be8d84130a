"""Signatures and footers at the end of a message."""

import re

_SENT_FROM = re.compile(
    r"(?:[-—_]{1,3}\s?)?(?:envoy[ée]e?s? (?:de(?:puis)?|[àa] partir d|via)|sent from|sent via|get outlook for"
    r"|obten(?:ir|ez) outlook pour|t[ée]l[ée]charge[rz] outlook pour|gesendet von|von meinem \w+ gesendet"
    r"|enviado desde|enviado do"
    r"|inviato da|verzonden vanaf|provenance\s?: courrier|yahoo mail\s?:)[^\n]{0,70}",
    re.IGNORECASE,
)
_SENT_FROM_TAIL = re.compile(
    r"[\s.!?,;-](?:Envoy[ée]e? (?:de(?:puis)?|[àa] partir de) (?:mon|ma|l'|Outlook|Yahoo|Orange|Proton)"
    r"|Sent from (?:my|Outlook|Yahoo|Mail))"
    r"[^\n.!?]{0,50}\.?$"
)
_DELIMITER = re.compile(r"--|—|_{2,}|-{3,}|\*{3,}")
_FORMULA = (
    r"(?:(?:bien|tr[èe]s|s[ií]nc[èe]rement) )?(?:cordialement|cdt|cdlt|amicalement|respectueusement|sinc[èe]rement)"
    r"|bien [àa] (?:vous|toi)|(?:mes |nos )?(?:sinc[èe]res |meilleures |cordiales "
    r"|respectueuses )?salutations(?: distingu[ée]es)?"
    r"|(?:recevez|veuillez|je vous prie)[^\n.]{0,90}salutations[^\n.,]{0,40}"
    r"|(?:best|kind|warm|kindest|warmest) regards|regards|yours (?:sincerely|faithfully|truly)"
    r"|sincerely(?: yours)?|best wishes"
    r"|(?:viele |mit freundlichen |freundliche |beste )?gr[üu](?:ß|ss)en?|mfg|(?:un )?(?:cordial )?saludos?"
    r"|atentamente"
    r"|(?:cordiali )?saluti|distinti saluti|cordialmente"
)
_FORMULA_LINE = re.compile(rf"(?:{_FORMULA})\s?[,.!;:]*", re.IGNORECASE)
_PERSON = (
    r"(?:(?:M|Mr|Mme|Mlle|Dr|Me|Mrs|Ms)\.?\s)?[A-ZÀ-ÖØ-Þ][\w'.-]{0,25}(?:[ ](?:(?:de|du|des|le|la|d'|von|van"
    r"|di)[ ])?[A-ZÀ-ÖØ-Þ][\w'.-]{0,25}){0,3}"
)
_CONTACT = (
    r"(?:\s?[,/|;–·-]?\s?(?:(?:t[ée]l|mob|port|fixe|fax|phone|e-?mail|mail|adresse|n[°o] ?client"
    r"|client n[°o]?)[\w.]{0,9}\s?:?\s?)?"
    r"(?:\[[A-Z]+(?::[a-z]+)?\]|\+?\d[\d .()/-]{5,20}\d|[\w.+-]{1,40}@[\w.-]{3,40}))"
)
_TAIL = re.compile(
    rf"(?P<before>^|[\s.!?,;)])(?:{_FORMULA})\s?[,.;:!–-]{{0,3}}\s?(?:{_PERSON}{_CONTACT}{{0,4}}"
    rf"|{_CONTACT}{{1,4}})[\s.]*$",
    re.IGNORECASE,
)
_FORMULA_FIRST = re.compile(rf"(?:{_FORMULA})", re.IGNORECASE)
_TAIL_FORMULA = re.compile(
    r"cordialement|cdt|cdlt|bien [àa] (?:vous|toi)|salutations|regards|sincerely|gr[üu](?:ß|ss)e|saludos|saluti"
    r"|atentamente",
    re.IGNORECASE,
)
_MOST_LINES = 8
_MOST_DELIMITED = 15


def without_signature(text: str, found: set[str]) -> str:
    """`text` without signatures at its end; what stands above must still say something."""
    lines = text.split("\n")
    kept = [line for line in lines if not (len(line) < 110 and _SENT_FROM.fullmatch(line))]
    if len(kept) < len(lines):
        found.add("signature")
    cut = _signature_start(kept)
    if cut < len(kept):
        found.add("signature")
        kept = kept[:cut]
    return _without_tail("\n".join(kept).strip(), found)


def _signature_start(lines: list[str]) -> int:
    """The line where the last signature begins; the number of lines where there is none."""
    for index in range(len(lines) - 1, max(0, len(lines) - 1 - _MOST_DELIMITED), -1):
        line, below = lines[index], [line for line in lines[index + 1 :] if line]
        if not any(lines[:index]):
            break
        if line in ("--", "—") and below:
            return index
        if (
            below
            and len(below) <= _MOST_LINES
            and _FORMULA_LINE.fullmatch(line)
            and all(map(_is_label, below))
        ):
            return index
        if len(below) <= 5 and _DELIMITER.fullmatch(line) and below and all(map(_is_label, below)):
            return index
    return len(lines)


_ENDS_SENTENCE = re.compile(r"[!?…]$|\w{3,}\.$")
_SENTENCE = re.compile(
    r"\b(?:je|j'|nous|vous|ne|pas|est|sont|suis|avez|merci|mais|car|que|qui|i|i'm|you|we|is|are|not|please|thanks"
    r"|the)\b",
    re.IGNORECASE,
)


def _is_label(line: str) -> bool:
    """Whether `line` could stand in a signature: a name, a function, a firm, a number, an address; no sentence."""
    return len(line) <= 70 and not _ENDS_SENTENCE.search(line) and not _SENTENCE.search(line)


def _without_tail(text: str, found: set[str]) -> str:
    """« … merci. Cordialement, Jeanne Dupont, tél. [PHONE] » within the last line."""
    start = text.rfind("\n") + 1
    last = text[max(start, len(text) - 260) :]
    offset = len(text) - len(last)
    if sent := _SENT_FROM_TAIL.search(last):
        found.add("signature")
        return text[: offset + sent.start() + 1].strip()
    if _TAIL_FORMULA.search(last) and (tail := _tail(last)) and text[: offset + tail].strip():
        found.add("signature")
        return text[: offset + tail].strip()
    return text


def _tail(last: str) -> int:
    """Where the formula with a name begins; 0 without one. Capitals decide, so the name is checked again."""
    found = _TAIL.search(last)
    if not found:
        return 0
    name = _FORMULA_FIRST.sub("", found[0].lstrip(" .!?,;)")).lstrip(" ,.;:!–-")
    return found.end("before") if name[:1].isupper() or name[:1] in "[+0123456789" else 0


_LEGAL_START = re.compile(
    r"(?:ce (?:message|courriel|mail|m[ée]l|e-mail)|cet? e-?mail|cette (?:communication|transmission)"
    r"|les informations contenues"
    r"|le contenu de ce|l'int[ée]grit[ée] de ce|this (?:e-?mail|message|communication|electronic)"
    r"|the (?:information|contents?) "
    r"(?:contained|of|in)|confidentialit|avis de confid|disclaimer|important\s?:|avertissement|notice\s?:"
    r"|diese e-?mail|si vous avez re[çc]u ce"
    r"|if you (?:have received|are not the intended)|este (?:mensaje|correo)|questo messaggio"
    r"|p?\s?(?:avant d'imprimer|pensez? (?:[àa] l'|vert))"
    r"|merci de (?:penser|ne pas imprimer)|please (?:consider|think)|n'imprimez)",
    re.IGNORECASE,
)
_LEGAL_WORDS = re.compile(
    r"confiden\w+|destinataires?|intended|recipient|privileged|legally|unauthori[sz]ed|divulgation"
    r"|non autoris[ée]e?|erreur|in error"
    r"|pi[èe]ces? jointes?|attachments?|exp[ée]diteur|sender|d[ée]truire|supprimer|delete|destroy|vertraulich"
    r"|empf[äa]nger|virus|strictement"
    r"|imprimer|print(?:ing)?|environnement|environment",
    re.IGNORECASE,
)


def without_footer(lines: list[str], found: set[str]) -> list[str]:
    """No confidentiality notice, no plea not to print; from its first line to the end of its paragraph."""
    kept, inside = [], False
    for index, line in enumerate(lines):
        if inside and line:
            continue
        inside = _LEGAL_START.match(line.lstrip("*_-– ")) is not None and _is_legal(lines, index)
        if inside:
            found.add("legal_footer")
        else:
            kept.append(line)
    return kept


def _is_legal(lines: list[str], at: int) -> bool:
    paragraph = ""
    for line in lines[at : at + 12]:
        if not line or len(paragraph) > 2000:
            break
        paragraph += f"{line} "
    words = {found[0].lower() for found in _LEGAL_WORDS.finditer(paragraph[:3000])}
    about_paper = {"imprimer", "print", "printing"} & words and {"environnement", "environment"} & words
    return len(words) >= 3 or bool(about_paper)
