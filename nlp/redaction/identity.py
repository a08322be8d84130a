"""Official numbers of people and their firms, and dates of birth."""

import re
from collections.abc import Iterator

from stdnum import luhn
from stdnum.fr import nir as french_nir

from nlp.redaction.spans import Span

_NIR = re.compile(r"(?<!\w)[1-478](?:[\s.\-/|]{0,2}[\dABab]){12,14}(?!\d)")
_NIR_GROUPS = re.compile(
    r"[1-478]([\s.\-])\d\d\1\d\d\1(?:\d\d|2[AB])\1\d{3}\1\d{3}(?:[\s.\-/|]{1,3}\d\d)?", re.IGNORECASE
)
_NIR_AFTER_WORD = re.compile(
    r"\b(?:s[ée]cu(?:rit[ée]\s+sociale)?|nir|n[°o]?\s?ss|num[ée]ro ss|insee|carte vitale|social security(?: number)?"
    r"|assur[ée])\b[^\d\n]{0,40}(?P<n>\d(?:[\s.\-/|]{0,3}[\dABab]){11,15})(?!\d)",
    re.IGNORECASE,
)
_REST = re.compile(r"(?:[ .\-]?\d{1,3}(?![\d/:,%]|[.]\d| ?(?:€|eur|fois|mois|jours|h\b))){1,2}")
_PHONE = re.compile(r"0[1-9](?:[\s.\-/]?\d\d){4}")


def nirs(text: str) -> Iterator[Span]:
    """French social security numbers: by key, by their usual groups, or after a word such as « sécu »."""
    for found in _NIR.finditer(text):
        plain = re.sub(r"[^0-9A-Za-z]", "", found[0]).upper()
        # 3, 4, 7 and 8 are for people not yet registered; cards of 15 digits begin so, too: their groups decide.
        if (len(plain) == 15 and plain[0] in "12" and french_nir.is_valid(plain)) or _NIR_GROUPS.fullmatch(
            found[0]
        ):
            rest = None if len(plain) == 15 else _REST.match(text, found.end())
            yield Span(found.start(), rest.end() if rest else found.end(), "NIR")
    for found in _NIR_AFTER_WORD.finditer(text):
        if not _PHONE.match(found["n"]):
            yield Span(found.start("n"), found.end("n"), "NIR")


_SIRET = re.compile(r"(?<![\d.,])\d{3}([ .])\d{3}\1\d{3}[ .]?\d{5}(?!\d)")
_FIRM = re.compile(
    r"\b(?:siren|siret|rcs(?: [A-Z]\w+)?|tva(?: intracommunautaire)?|auto-?entrepreneu(?:r|se))\b[^\d\n]{0,15}?"
    r"(?P<n>(?:FR\s?\d\d\s?)?\d{3}[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d{5})?)(?!\d)",
    re.IGNORECASE,
)


def sirets(text: str) -> Iterator[Span]:
    """Numbers of firms (a craftsman's firm is a person): SIRET in groups, SIREN and VAT after their word."""
    for found in _SIRET.finditer(text):
        if luhn.is_valid(re.sub(r"\D", "", found[0])):
            yield Span(found.start(), found.end(), "SIRET")
    for found in _FIRM.finditer(text):
        yield Span(found.start("n"), found.end("n"), "SIRET")


_DOCUMENT = re.compile(
    r"\b(?:cartes? (?:nationales? )?d.identit[ée]|pi[èe]ces? d.identit[ée]|cni|passeports?|passports?"
    r"|titres? de s[ée]jour|permis(?: de conduire)?|identity cards?|id cards?|driving licen[cs]e|driver'?s licen[cs]e"
    r"|personalausweis\w*|reisepass\w*|dni|nie|pasaporte|passaporto|carta d.identit[àa]|codice fiscale|imei)\b"
    r"(?P<gap>[^\d\n]{0,40}?)(?<!\w)(?P<n>(?-i:[A-Z](?=[A-Z]{0,6}\d)[A-Z0-9]{8})"
    r"|(?:(?-i:[A-Z]{1,3})\s?|[A-Z]{1,3})?\d(?:[\s-]?[A-Z0-9]){5,15})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NUMBER_WORDS = re.compile(r"\s[A-Za-z]{3,}.*|\s[A-Za-z]{2}\b(?!\s?\d).*")
_EXPIRY = re.compile(r"\d{1,2}[ -]\d{1,2}[ -](?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d")
_DOCUMENT_HINTS = ("ident", "cni", "pass", "séjour", "sejour", "permis", "id card", "licen", "ausweis", "dni", "nie ",
                   "codice", "imei")  # fmt: skip


def documents(text: str) -> Iterator[Span]:
    """Numbers of identity cards, passports, permits and licences, after the word that names the document."""
    low = text.lower()
    if not any(hint in low for hint in _DOCUMENT_HINTS):
        return
    for found in _DOCUMENT.finditer(text):
        number = _NUMBER_WORDS.sub("", found["n"]).rstrip()
        digits = 0 if _EXPIRY.match(number) else sum(char.isdigit() for char in number)
        if digits >= 5 or (digits >= 2 and len(number) == 9 and number.isupper()):
            yield Span(found.start("n"), found.start("n") + len(number), "ID")


_MONTHS = (
    "janv(?:ier)?|f[ée]v(?:r(?:ier)?)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[ûu]t|sept(?:embre)?|oct(?:obre)?"
    "|nov(?:embre)?|d[ée]c(?:embre)?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:tember)?|october|november|dec(?:ember)?|januar|februar|märz|juni|juli|oktober|dezember|enero|febrero"
    "|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio"
    "|giugno|luglio|settembre|ottobre|dicembre"
)
_DAY = (
    rf"(?:\d{{1,2}}\s?[/.\-\s]\s?\d{{1,2}}\s?[/.\-\s]\s?(?:\d{{4}}|\d\d)|\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}}"
    rf"|\d{{1,2}}(?:er|st|nd|rd|th|\.)?\s(?:de |of )?(?:{_MONTHS})\b\.?(?:\s(?:de |del )?\d{{2,4}})?"
    rf"|(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{8}})"
)
_BIRTH = re.compile(
    r"(?:\bn[ée](?:\(e\)|e|\.e|·e)?s?,? le|\bnaissance|\bdate of birth|\bd\.?o\.?b\b\.?|\bborn(?: on)?"
    r"|\bgeboren(?: am)?|\bgeburtsdatum|\bgeb\.|\bnacid[oa](?: el)?|\bnacimiento|\bnat[oa] il|\bnascita|\bbirthday"
    r"|\bbirth date)[^\d\n\w]{0,6}(?:(?:est|is|le|du|on|the|am|ist|es|è)\b[^\d\n\w]{0,4}){0,3}"
    rf"(?P<n>{_DAY})(?!\d)",
    re.IGNORECASE,
)
_BIRTH_HINTS = ("né", "ne le", "nee", "nai", "birth", "born", "dob", "d.o.b", "geb", "naci", "nat", "nasc")


def births(text: str) -> Iterator[Span]:
    """Dates of birth, after the words that say so."""
    low = text.lower()
    if any(hint in low for hint in _BIRTH_HINTS):
        for found in _BIRTH.finditer(text):
            yield Span(found.start("n"), found.end("n"), "DOB")
