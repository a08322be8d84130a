"""Order, contract and file references, so that contacts about one order can be joined without knowing it."""

import re
from collections.abc import Iterator

from nlp.redaction.spans import Span, before

_WORD = (
    r"(?:bon de )?commandes?|cdes?|dossiers?|contrats?|sinistres?|factures?|r[ée]clamations?|r[ée]servations?|colis"
    r"|suivi|livraisons?|clients?|adh[ée]rents?|soci[ée]taires?|abonn[ée]s?|abonnements?|allocataires?|polices?|devis"
    r"|demandes?|tickets?|r[ée]f(?:[ée]rences?)?|bons? d'achat|avoir|retour|rma|pnr|requests?|incidents?|comptes?"
    r"|orders?|bookings?|confirmation|contracts?|invoices?|claims?|cases?|policy|parcels?|tracking|reference|customer"
    r"|account|membership|bestell(?:ung|nummer)|bestellnr|auftrag(?:snummer)?|vertrag(?:snummer)?|kundennummer"
    r"|rechnung(?:snummer)?|sendungsnummer|schadennummer|vorgang(?:snummer)?|pedidos?|contrato|factura|reserva"
    r"|expediente|ordine|ordini|contratto|fattura|prenotazione|pratica"
)
_MARK = (
    r"(?:n[°º]\.?s?|n ?°|num[ée]ros?|num\b\.?|nr\b\.?|no\b\.?|numbers?|nummer|numero|n[úu]mero|ref\b\.?|r[ée]f\b\.?"
    r"|r[ée]f[ée]rence|reference|id\b|code|#|:)"
)
_TOKEN = r"[A-Za-z0-9](?:[A-Za-z0-9]|[-_/.](?=[A-Za-z0-9]))*"
_JOIN = (
    r"(?:(?:de|du|of|la|ma|mon|my|the|le|client|commande|order|dossier|contrat|suivi|est|is|ist|es|suivante?|avec"
    r"|portant|sous|pour|qui|porte) |d')"
)
_REFERENCE = re.compile(
    rf"\b(?:{_WORD})\b\.?(?P<m>[\s,;(\[]{{0,3}}{_JOIN}{{0,4}}(?:{_MARK}[\s:#.]{{0,4}}){{1,3}}"
    rf"(?:{_JOIN}{{1,2}}(?:{_MARK})?[\s:#]{{0,3}}){{0,2}}|[\s(]{{0,2}})(?P<n>{_TOKEN})",
    re.IGNORECASE,
)
_BARE = re.compile(
    rf"(?<![\w&/])(?:n[°º]s?|n °|num[ée]ro|#|r[ée]f\.? ?:)\s?:?\s?(?P<n>{_TOKEN})", re.IGNORECASE
)
_MORE = re.compile(rf"\s?(?:,|et|and|und|y|e|/|&|ou|or)\s(?:n[°º]\s?)?(?P<n>{_TOKEN})", re.IGNORECASE)
# Amounts and durations that follow such a word: « commande 1500 € », « contrat 2500 euros ».
_AMOUNT = re.compile(
    r"\s?(?:€|\$|£|%|(?:eur|euros?|jours?|mois|ans?|semaines?|heures?|h|fois|articles?|kg|km|days?|weeks?|items?)\b)",
    re.IGNORECASE,
)
_NOT_ONE = re.compile(
    r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}|(?:19|20)\d\d|(?:19|20)\d\d[-/](?:19"
    r"|20)?\d\d"
    r"|\d{1,3}[.,]\d\d?|\d{1,2}[hH:]\d\d|[ABab]\d{3}-\d{3}\w{0,3}"
)
_LAW = re.compile(
    r"\b(?:loi|d[ée]cret|article|art\.?|ordonnance|arr[êe]t[ée]|directive|r[èe]glement)\W{0,3}$"
)
# « 268 927 909 »: groups of digits after a mark are one reference.
_GROUPS = re.compile(r"\d{2,4}(?: \d{2,5}){1,4}(?![\d/:]|[.,]\d| ?(?:€|h\b|eur|\d))", re.IGNORECASE)
_GLUED = re.compile(r"(?<=\d)[A-Z][a-zà-ÿ]{2,}.*")
_PHONE = re.compile(r"(?:0|33)[1-9](?:[-./]?\d\d){4}")
_PHONE_BEFORE = re.compile(r"t[ée]l|phone|mobile|portable|joindre|appel|contact|client\W{0,3}$")


def references(text: str) -> Iterator[Span]:
    """References after the word for what they refer to; `value` is the reference in one spelling."""
    for found in _REFERENCE.finditer(text):
        marked = re.search(r"\w|#|:|°|º", found["m"]) is not None
        groups = _GROUPS.match(text, found.start("n")) if marked else None
        end = groups.end() if groups else found.end("n")
        if span := _span(text, found.start("n"), end, least=3 if marked else 5):
            yield span
            yield from _others(text, end)
    if "°" in text or "#" in text or "º" in text or "num" in text.lower() or "f" in text:
        for found in _BARE.finditer(text):
            if _PHONE.fullmatch(found["n"]) or _LAW.search(before(text, found.start(), 30)):
                continue
            if span := _span(text, found.start("n"), found.end("n"), least=6):
                yield span


def _span(text: str, start: int, end: int, least: int) -> Span | None:
    """The reference at `start`, if it is one: `least` digits, no date, amount, law or phone number."""
    token = _GLUED.sub("", text[start:end])
    end = start + len(token)
    digits = sum(char.isdigit() for char in token)
    if digits < least or digits * 3 < len(token) or _NOT_ONE.fullmatch(token):
        return None
    if digits <= 6 and _AMOUNT.match(text, end):
        return None
    if _PHONE.fullmatch(token) and _PHONE_BEFORE.search(before(text, start, 30)):
        return None
    return Span(start, end, "ORDER", re.sub(r"[^A-Z0-9]", "", token.upper()))


def _others(text: str, end: int) -> Iterator[Span]:
    """« commandes 123456, 123457 et 123458 »."""
    found = _MORE.match(text, end)
    while found and (span := _span(text, found.start("n"), found.end("n"), least=5)):
        yield span
        found = _MORE.match(text, found.end())
