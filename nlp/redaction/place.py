"""Postal addresses: number, kind of street, name, and postcode with town where they follow."""

import re
from collections.abc import Iterator

from nlp.redaction.spans import Span

_SURE = (
    "rue|avenue|av|ave|boulevard|bd|bld|blvd|bvd|chemin|impasse|imp|allées?|quai|faubourg|fbg|lotissement|sentier"
    "|ruelle|esplanade|rond-point|venelle|hameau|résidence|square|sq|promenade|traverse|lieu-dit|cité"
)
_DOUBTFUL = (
    "place|pl|route|rte|cours|passage|villa|montée|voie|clos|domaine|parvis|mail"
    "|côte|porte|pont|ch|lot|all|res|rés"
)
_NUMBER = r"(?<![\d.,/€$-])\d{1,4}(?:\s?(?:bis|ter|quater)\b|\s?[A-Ea-e]\b)?(?:\s?[-/]\s?\d{1,4})?,?\s{1,2}"
_LINK = r"(?:de la|de l'|de|du|des|d'|la|le|les|l'|aux?|à|en|sur|sous|saint|sainte|st|ste)"
_WORD = r"[A-ZÀ-ÖØ-Þ](?:[\w'-]{1,30}|\.(?=[ -]?[A-ZÀ-Þ]))"
_CAPITAL = rf"(?:{_WORD}|\d{{1,2}}(?![\d€%])(?:er)?|1[89]\d\d(?!\d))"
_NAME = (
    rf"(?:(?i:{_LINK})(?:[ -]{{1,2}}|(?<='))){{0,3}}{_CAPITAL}"
    rf"(?:(?:[ -]|(?<=\.))(?:(?i:{_LINK})(?:[ -]{{1,2}}|(?<='))){{0,3}}{_CAPITAL}){{0,4}}"
)
_CODE = r"(?:F-?)?(?:\d{5}|\d\d \d{3})(?!\d)"
_TOWN_WORD = r"(?:[A-ZÀ-ÖØ-Þ]|[dlDL]'[A-ZÀ-Þ])[^\W\d_]{1,30}"
_TOWN = (
    rf"(?:[\s,–-]|\bà\b){{1,4}}{_CODE}(?:[\s,-]{{1,2}}{_TOWN_WORD}(?:['-][^\W\d_]{{1,30}}){{0,6}}"
    rf"(?: (?:(?:sur|sous|en|le|la|les|de|du|des|lès|et|aux?) ){{0,2}}{_TOWN_WORD}"
    rf"(?:['-][^\W\d_]{{1,30}}){{0,4}}){{0,2}}"
    r"(?: \d{1,2}(?!\d))?(?: (?i:cedex)(?: \d{1,2}(?!\d))?)?)?"
)
_FRENCH = re.compile(rf"{_NUMBER}(?i:{_SURE}|{_DOUBTFUL})\.? {_NAME}(?:{_TOWN})?")
_SMALL_TOWN = r"(?:[\s,]{1,2}[^\W\d_](?:[^\W\d_]|['-]){2,30})?"
_SMALL_WITH_CODE = re.compile(
    rf"{_NUMBER}(?:{_SURE}|{_DOUBTFUL})\.?(?: [\w'-]{{1,30}}){{1,6}}?[\s,]{{1,3}}\d{{5}}(?!\d){_SMALL_TOWN}",
    re.IGNORECASE,
)
_SMALL = re.compile(
    rf"{_NUMBER}(?:{_SURE})\.? (?:{_LINK}(?:[ -]{{1,2}}|(?<='))){{0,3}}(?!{_LINK}\b)[^\W\d_][\w'-]{{1,30}}",
    re.IGNORECASE,
)
_BOX = re.compile(r"\b(?:BP|CS|TSA) ?\d{2,6}\b(?:[\s,-]{1,3}\d{5} [A-ZÀ-Þ][\w'-]{1,30})?")

_WAY = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Close|Crescent|Cres|Square|Sq|Terrace"
    "|Place|Pl|Parkway|Pkwy|Gardens|Gdns|Grove|Hill|Row|Mews|Circle|Highway|Hwy|Trail|Walk|Park|Green|Rise|View|Wharf"
)
_POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|(?:[A-Z]{2},? )?\d{5}(?:-\d{4})?)(?!\w)"
_ENGLISH = re.compile(
    r"(?<![\d.,/$£€-])\d{1,5}[A-Za-z]?,? (?:[NSEW]\.? )?"
    rf"(?:[A-Z][\w'-]{{1,25}} |\d{{1,3}}(?:st|nd|rd|th) ){{1,3}}(?:{_WAY})\b\.?"
    r"(?:,? (?:Apt|Apartment|Flat|Unit|Suite|#)\.? ?\w{1,5}\b)?"
    rf"(?:,?\s(?:[A-Z][\w'-]{{1,25}},?\s){{1,3}}{_POSTCODE}|, [A-Z][\w'-]{{2,25}}|,?\s{_POSTCODE})?"
)
_GERMAN = re.compile(
    r"(?<!\w)[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm) \d{1,4} ?[a-z]?(?!\w)"
    r"(?:,? (?:D-)?\d{5} [A-ZÄÖÜ][\wäöüß-]{1,30}(?: (?:am|an der|im) [A-ZÄÖÜ]\w+)?)?"
)
_SOUTHERN = re.compile(
    r"(?<!\w)(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Via|Viale|Piazza|Corso) (?:(?:de|del|la|las|los|di|della"
    r"|dei) ){0,2}"
    r"[A-ZÀ-Þ][\w'.-]{1,25}(?: (?:(?:de|del|la|di|della) )?[A-ZÀ-Þ][\w'.-]{1,25}){0,3},? (?:n[º°.]? ?)?\d{1,4}(?!\d)"
    r"(?:,? \d{5} [A-ZÀ-Þ][\w'-]{1,30})?"
)
_FRENCH_HINTS = tuple(f" {hint}" for hint in re.sub(r"s\?|\?", "", f"{_SURE}|{_DOUBTFUL}").split("|"))
_RULES = (
    (_FRENCH_HINTS, (_FRENCH, _SMALL, _SMALL_WITH_CODE)),
    (tuple(f" {way.lower()}" for way in _WAY.split("|")), (_ENGLISH,)),
    (("straße", "strasse", "str.", "weg ", "platz ", "allee ", "gasse ", "ufer ", "damm "), (_GERMAN,)),
    (
        ("calle ", "c/ ", "avenida ", "avda", "plaza ", "paseo ", "via ", "viale ", "piazza ", "corso "),
        (_SOUTHERN,),
    ),
    (("bp", "cs", "tsa"), (_BOX,)),
)
_NUMBERED = re.compile(r"\d[\dA-Za-z]{0,4},? [A-Za-zÀ-ÿ]|[A-Za-zÀ-ÿ.],? (?:n[º°.]? ?)?\d|(?:BP|CS|TSA)\d")


def streets(text: str) -> Iterator[Span]:
    """French, English, German, Spanish and Italian street addresses with a house number."""
    if not _NUMBERED.search(text):
        return
    low = text.lower()
    patterns = [pattern for hints, some in _RULES if any(hint in low for hint in hints) for pattern in some]
    spans = [Span(*found.span(), "ADDRESS") for pattern in patterns for found in pattern.finditer(text)]
    yield from sorted(spans, key=lambda span: span.start - span.end)  # the longest first: it wins
