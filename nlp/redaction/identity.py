"""Official numbers of people and their firms, licence plates, dates of birth."""

import re
from collections.abc import Iterator

from stdnum import luhn
from stdnum.fr import nir as french_nir

from nlp.redaction.spans import Span, before

_NIR = re.compile(
    r"(?<![\dA-Za-z])[1-478](?P<s>[\s.\-/]{0,2})\d\d[\s.\-/]{0,2}\d\d[\s.\-/]{0,2}(?:\d\d|2[ABab])[\s.\-/]{0,2}\d{3}"
    r"[\s.\-/]{0,2}\d{3}(?:[\s.\-/|]{0,3}\d\d)?(?!\d)"
)
_NIR_GROUPS = re.compile(
    r"\d([\s.\-])\d\d\1\d\d\1(?:\d\d|2[AB])\1\d{3}\1\d{3}(?:[\s.\-/|]{1,3}\d\d)?", re.IGNORECASE
)
_NIR_WORD = re.compile(
    r"\b(?:s[ée]cu(?:rit[ée]\s+sociale)?|nir|n[°o]?\s?ss|num[ée]ro ss|insee|vitale|social security(?: number)?|assur[ée])\b"
    r"[^\d\n]{0,40}(?P<n>\d(?:[\s.\-/]{0,3}[\dABab]){11,15})(?!\d)",
    re.IGNORECASE,
)


def nirs(text: str) -> Iterator[Span]:
    """French social security numbers: by key, by their usual groups, or after a word such as « sécu »."""
    for found in _NIR.finditer(text):
        plain = re.sub(r"[^0-9A-Za-z]", "", found[0]).upper()
        keyed = len(plain) == 15 and french_nir.is_valid(plain)
        if keyed or _NIR_GROUPS.fullmatch(found[0]):
            yield Span(found.start(), found.end(), "NIR")
    for found in _NIR_WORD.finditer(text):
        yield Span(found.start("n"), found.end("n"), "NIR")


_SIRET = re.compile(r"(?<![\d.,])\d{3}([ .\u00a0]?)\d{3}\1\d{3}[ .\u00a0]?\d{5}(?!\d)")
_SIREN_WORD = re.compile(
    r"\b(?:siren|siret|rcs(?: [A-Z]\w+)?|tva(?: intracommunautaire)?|auto-?entrepreneu(?:r|se))\b[^\d\n]{0,15}"
    r"(?P<n>(?:FR\s?\d\d\s?)?\d{3}[ .]?\d{3}[ .]?\d{3}(?:[ .]?\d{5})?)(?!\d)",
    re.IGNORECASE,
)


def sirets(text: str) -> Iterator[Span]:
    """Numbers of firms (a craftsman's firm is a person): SIRET in groups, SIREN and VAT after their word."""
    for found in _SIRET.finditer(text):
        if found[1] and luhn.is_valid(re.sub(r"\D", "", found[0])):
            yield Span(found.start(), found.end(), "SIRET")
    for found in _SIREN_WORD.finditer(text):
        yield Span(found.start("n"), found.end("n"), "SIRET")


_LETTER = "[A-HJ-NP-TV-Z]"
_PLATE = re.compile(rf"(?<![\w-]){_LETTER}{{2}}([- .])\d{{3}}\1{_LETTER}{{2}}(?![\w-])")
_LOW_PLATE = re.compile(rf"(?<![\w-]){_LETTER}{{2}}-\d{{3}}-{_LETTER}{{2}}(?![\w-])", re.IGNORECASE)
_PLATE_WORD = re.compile(
    r"\b(?:immatricul\w*|plaque\w*|v[ée]hicules?|voitures?|autos?|motos?|scooter|camion\w*|plate|registration|reg"
    r"|kennzeichen|matr[íi]cula|targa|car|carte grise)\b(?P<gap>[^\d\n]{0,40}?)"
    rf"(?<![\w-])(?P<n>{_LETTER}{{2}}[- .]?\d{{3}}[- .]?{_LETTER}{{2}}|\d{{1,4}}[ -]?[A-Z]{{2,3}}[ -]?(?:\d\d|2[AB]|97[1-6])"
    r"|[A-Z]{2}\d\d\s?[A-Z]{3}|[A-ZÄÖÜ]{1,3}[- ][A-Z]{1,2}[- ]?\d{1,4}|\d{4}[- ]?[B-DF-HJ-NP-TV-Z]{3})(?![\w-])",
    re.IGNORECASE,
)
_OLD_PLATE = re.compile(
    r"(?<![\w-])\d{2,4}[ -][A-Z]{2,3}[ -](?:0[1-9]|[1-8]\d|9[0-5]|2[AB]|97[1-6])(?![\w-])"
)


def plates(text: str) -> Iterator[Span]:
    """Licence plates: AB-123-CD anywhere, the forms before 2009 and of neighbours after a word such as « voiture »."""
    for pattern in (_PLATE, _LOW_PLATE):
        for found in pattern.finditer(text):
            yield Span(found.start(), found.end(), "PLATE")
    for found in _PLATE_WORD.finditer(text):
        plate = found["n"]
        if plate == plate.upper() or "immat" in found[0].lower() or "plaque" in found[0].lower():
            yield Span(found.start("n"), found.end("n"), "PLATE")
    for found in _OLD_PLATE.finditer(text):
        if re.search(r"immat|plaque|voiture|v[ée]hicule|\bauto|moto", before(text, found.start(), 60)):
            yield Span(found.start(), found.end(), "PLATE")


_DOCUMENT = re.compile(
    r"\b(?:cartes? (?:nationales? )?d.identit[ée]|pi[èe]ces? d.identit[ée]|cni|passeports?|passports?|titres? de s[ée]jour"
    r"|permis(?: de conduire)?|identity cards?|id cards?|driving licen[cs]e|driver'?s licen[cs]e|personalausweis\w*"
    r"|reisepass\w*|dni|nie|pasaporte|passaporto|carta d.identit[àa]|codice fiscale|imei)\b"
    r"(?:[^\d\n]{0,30}?)(?P<n>(?<![A-Za-z0-9])(?=(?:[A-Z0-9]\s?){0,14}\d)(?:[A-Z0-9]\s?){7,16}[A-Z0-9])(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def documents(text: str) -> Iterator[Span]:
    """Numbers of identity cards, passports, permits and licences, after the word that names the document."""
    for found in _DOCUMENT.finditer(text):
        if sum(char.isdigit() for char in found["n"]) >= 4:
            yield Span(found.start("n"), found.end("n"), "ID")


_MONTHS = (
    "janv(?:ier)?|f[ée]v(?:r(?:ier)?)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[ûu]t|sept(?:embre)?|oct(?:obre)?"
    "|nov(?:embre)?|d[ée]c(?:embre)?|jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    "|sep(?:tember)?|october|november|dec(?:ember)?|januar|februar|märz|juni|juli|oktober|dezember|enero|febrero"
    "|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|maggio"
    "|giugno|luglio|settembre|ottobre|dicembre"
)
_DAY = (
    rf"(?:\d{{1,2}}\s?[/.\-\s]\s?\d{{1,2}}\s?[/.\-\s]\s?(?:\d{{4}}|\d\d)|\d{{4}}[/.-]\d{{1,2}}[/.-]\d{{1,2}}"
    rf"|\d{{1,2}}(?:er|st|nd|rd|th|\.)?\s(?:de |of )?(?:{_MONTHS})\.?(?:\s(?:de |del )?\d{{2,4}})?"
    rf"|(?:{_MONTHS})\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}}|\d{{8}})"
)
_BIRTH = re.compile(
    r"(?:\bn[ée](?:\(e\)|e|\.e|·e)?s?(?:,)? le|\bnaissance|\bdate of birth|\bd\.?o\.?b\b\.?|\bborn(?: on)?"
    r"|\bgeboren(?: am)?|\bgeburtsdatum|\bgeb\.|\bnacid[oa](?: el)?|\bnacimiento|\bnat[oa] il|\bnascita|\bbirthday|\bbirth date)"
    rf"[^\d\n\w]{{0,6}}(?:(?:est|is|le|du|:|on|the|am|ist|es|è)\b[^\d\n\w]{{0,4}}){{0,3}}(?P<n>{_DAY})(?!\d)",
    re.IGNORECASE,
)


def births(text: str) -> Iterator[Span]:
    """Dates of birth, after the words that say so."""
    for found in _BIRTH.finditer(text):
        yield Span(found.start("n"), found.end("n"), "DOB")
