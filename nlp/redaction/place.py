"""Postal addresses: number, kind of street, name, and postcode with town where they follow."""

import re
from collections.abc import Iterator

from nlp.redaction.spans import Span

_SURE = (
    "rue|avenue|ave?|boulevard|bd|bld|blvd|bvd|chemin|impasse|imp|allées?|quai|faubourg|fbg|lotissement|lot"
    "|sentier|ruelle|esplanade|rond-point|venelle|hameau|résidence|square|sq|promenade|traverse|lieu-dit|cité"
)
_DOUBTFUL = "place|pl|route|rte|cours|passage|villa|montée|voie|clos|domaine|parvis|mail|côte|porte|pont|ch"
_NUMBER = r"(?<![\d.,/€$-])\d{1,4}(?:\s?(?:bis|ter|quater)|\s?[A-Ea-e])?(?:\s?[-/]\s?\d{1,4})?,?\s{1,2}"
_LINK = r"(?:de la|de l'|de|du|des|d'|la|le|les|l'|aux?|à|en|sur|sous|saint|sainte|st|ste)"
_CAPITAL = r"(?:[A-ZÀ-ÖØ-Þ][\w'.-]{0,30}|\d{1,2}(?![\d€%])(?:er)?)"
_NAME = rf"(?:(?i:{_LINK})[\s'-]{{0,2}}){{0,3}}{_CAPITAL}(?:[\s-](?:(?i:{_LINK})[\s'-]{{0,2}}){{0,3}}{_CAPITAL}){{0,4}}"
_TOWN = (
    r"(?:[\s,–-]|\bà\b|\n){1,4}(?:F-?)?(?:\d{5}|\d\d \d{3})(?!\d)(?:[\s,-]{1,2}(?:[A-ZÀ-ÖØ-Þ][\w'.-]{1,30}|[dl]'[A-Z]\w+)"
    r"(?:[\s-](?:(?:sur|sous|en|le|la|les|de|du|des|lès|et|aux?|[dl]')[\s'-]?)?[A-ZÀ-ÖØ-Þ][\w'.-]{1,30}){0,3}(?:\s\d{1,2}(?!\d)|\s(?i:cedex)(?:\s\d{1,2})?)?)?"
)
_FRENCH = re.compile(rf"{_NUMBER}(?i:{_SURE}|{_DOUBTFUL})\.?\s{_NAME}(?:{_TOWN})?")
_LOWER = re.compile(
    rf"{_NUMBER}(?:{_SURE})\.?\s(?:{_LINK}[\s'-]{{0,2}}){{0,3}}(?!{_LINK}\b)[^\W\d_][\w'-]{{1,30}}"
    rf"(?:(?:[\s-][\w'-]{{1,30}}){{0,4}}?[\s,]{{1,3}}\d{{5}}(?!\d)(?:[\s,]{{1,2}}[^\W\d_][\w'-]{{2,30}})?)?",
    re.IGNORECASE,
)
_LOWER_CODE = re.compile(
    rf"{_NUMBER}(?:{_DOUBTFUL})\.?(?:\s[\w'-]{{1,30}}){{1,5}}?[\s,]{{1,3}}\d{{5}}(?!\d)(?:[\s,]{{1,2}}[^\W\d_][\w'-]{{2,30}})?",
    re.IGNORECASE,
)
_BOX = re.compile(r"\b(?:BP|CS|TSA)\s?\d{1,6}\b(?:[\s,-]{1,3}\d{5}\s[A-ZÀ-Þ][\w'-]{1,30})?")
_WAY = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Close|Crescent|Cres|Square|Sq|Terrace|Place|Pl"
    "|Parkway|Pkwy|Gardens|Gdns|Grove|Hill|Row|Mews|Circle|Highway|Hwy|Trail|Walk|Park|Green|Rise|View|Wharf"
)
_POSTCODE = r"(?:[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}|(?:[A-Z]{2},?\s)?\d{5}(?:-\d{4})?)"
_ENGLISH = re.compile(
    rf"(?<![\d.,/$£€-])\d{{1,5}}[A-Za-z]?,?\s(?:[NSEW]\.?\s)?(?:[A-Z][\w'.-]{{1,25}}\s|\d{{1,3}}(?:st|nd|rd|th)\s){{1,3}}(?:{_WAY})\b\.?"
    rf"(?:,?\s(?:Apt|Apartment|Flat|Unit|Suite|#)\.?\s?\w{{1,5}})?(?:(?:,\s?|\s)(?:[A-Z][\w'.-]{{1,25}}(?:[ ,]{{1,2}}|(?=\s))){{1,3}}{_POSTCODE}|,\s[A-Z][\w'-]{{2,25}}|,?\s{_POSTCODE})?"
)
_GERMAN = re.compile(
    r"(?<!\w)[A-ZÄÖÜ][\wäöüß-]{2,30}(?:straße|strasse|str\.|weg|platz|allee|gasse|ufer|damm)\s\d{1,4}\s?[a-z]?(?!\w)"
    r"(?:,?\s(?:D-)?\d{5}\s[A-ZÄÖÜ][\wäöüß-]{1,30}(?:\s(?:am|an der|im)\s[A-ZÄÖÜ]\w+)?)?"
)
_SOUTHERN = re.compile(
    r"(?<!\w)(?:Calle|C/|Avenida|Avda\.?|Plaza|Paseo|Via|Viale|Piazza|Corso)\s(?:(?:de|del|la|las|los|di|della|dei)\s){0,2}"
    r"[A-ZÀ-Þ][\w'.-]{1,25}(?:\s(?:(?:de|del|la|di|della)\s)?[A-ZÀ-Þ][\w'.-]{1,25}){0,3},?\s(?:n[º°.]?\s?)?\d{1,4}(?!\d)"
    r"(?:,?\s\d{5}\s[A-ZÀ-Þ][\w'-]{1,30})?"
)
_HINT = re.compile(rf"\b(?:{_SURE}|{_DOUBTFUL})\b", re.IGNORECASE)


def streets(text: str) -> Iterator[Span]:
    """French, English, German, Spanish and Italian street addresses with a house number."""
    patterns = [_ENGLISH, _GERMAN, _SOUTHERN, _BOX]
    if _HINT.search(text):
        patterns += [_FRENCH, _LOWER, _LOWER_CODE]
    for pattern in patterns:
        for found in pattern.finditer(text):
            yield Span(found.start(), found.end(), "ADDRESS")
