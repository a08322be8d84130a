"""Order, contract and file references, so that contacts about one order can be joined without knowing it."""

import re
from collections.abc import Iterator

from nlp.redaction.spans import Span

_WORD = (
    r"commandes?|cdes?|dossiers?|contrats?|sinistres?|factures?|r[ée]clamations?|r[ée]servations?|colis|suivi|livraisons?"
    r"|clients?|adh[ée]rents?|soci[ée]taires?|abonn[ée]s?|allocataires?|polices?|devis|demandes?|tickets?|r[ée]f(?:[ée]rences?)?"
    r"|orders?|bookings?|confirmation|contracts?|invoices?|claims?|cases?|policy|parcels?|tracking|reference|customer"
    r"|bestell(?:ung|nummer)|bestellnr|auftrag(?:snummer)?|vertrag(?:snummer)?|kundennummer|rechnung(?:snummer)?"
    r"|sendungsnummer|schadennummer|pedidos?|contrato|factura|reserva|expediente|ordine|ordini|contratto|fattura|prenotazione|pratica"
    r"|bon de commande|bons? d'achat|avoir|retour|rma|pnr"
)
_MARK = r"(?:n[°ºo]\.?s?|n\s?°|num[ée]ros?|num\.?|nr\.?|no\.?|number|numbers|nummer|numero|n[úu]mero|ref\.?|r[ée]f\.?|id|code|#|:)"
_TOKEN = r"[A-Za-z0-9](?:[A-Za-z0-9]|[-_/.](?=[A-Za-z0-9]))*"
_JOIN = r"(?:de |du |d'|of |la |ma |mon |my |client |commande |order |dossier |contrat |est |is |le |the |suivant\w* |avec )"
_REFERENCE = re.compile(
    rf"\b(?:{_WORD})\b(?P<m>[\s,(\[]{{0,3}}{_JOIN}{{0,2}}(?:(?:{_MARK})[\s:#.]{{0,4}}){{1,3}}(?:{_JOIN}(?:{_MARK})?[\s:#]{{0,3}}){{0,2}}|\s?)"
    rf"(?P<n>{_TOKEN})",
    re.IGNORECASE,
)
_BARE = re.compile(rf"(?<![\w&/])(?:n[°º]|n\s°|num[ée]ro|#|r[ée]f\s?:)\s?:?\s?(?P<n>{_TOKEN})", re.IGNORECASE)
_MORE = re.compile(rf"\s?(?:,|et|and|und|y|e|/|&|ou|or)\s(?:n[°º]\s?)?(?P<n>{_TOKEN})", re.IGNORECASE)
_AMOUNT = re.compile(
    r"\s?(?:€|eur|\$|£|%|euros?|jours?|mois|ans?|semaines?|heures?|h\b|fois|articles?|kg|days?|weeks?|items?|months?)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}|(?:19|20)\d\d")
_PLAIN_AMOUNT = re.compile(r"\d{1,3}[.,]\d\d?")


def references(text: str) -> Iterator[Span]:
    """References after the word for what they refer to; `value` is the reference in one spelling."""
    for found in _REFERENCE.finditer(text):
        marked = re.search(r"\w|#|:|°", found["m"]) is not None
        if _is_reference(text, found.start("n"), found.end("n"), least=3 if marked else 5):
            yield _span(found)
            yield from _others(text, found.end())
    for found in _BARE.finditer(text):
        if _is_reference(text, found.start("n"), found.end("n"), least=5):
            yield _span(found)


def _span(found: re.Match[str]) -> Span:
    value = re.sub(r"[^A-Z0-9]", "", found["n"].upper())
    return Span(found.start("n"), found.end("n"), "ORDER", value)


def _is_reference(text: str, start: int, end: int, least: int) -> bool:
    token = text[start:end]
    digits = sum(char.isdigit() for char in token)
    if digits < least or digits * 3 < len(token):
        return False
    if _DATE.fullmatch(token) or _PLAIN_AMOUNT.fullmatch(token):
        return False
    return not (digits <= 6 and _AMOUNT.match(text, end))


def _others(text: str, end: int) -> Iterator[Span]:
    """« commandes 123456, 123457 et 123458 »."""
    found = _MORE.match(text, end)
    while found and _is_reference(text, found.start("n"), found.end("n"), least=5):
        yield _span(found)
        found = _MORE.match(text, found.end())
