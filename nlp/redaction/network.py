"""IP addresses and links that lead to a person."""

import ipaddress
import re
from collections.abc import Iterator

from nlp.redaction.spans import Span, before

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{0,4}(?![\w:])")
_IP_WORD = re.compile(
    r"\b(?:ip|adresse|address|connexion|connect\w*|log(?:in|ged)|depuis|from|serveurs?|server)\b"
)
_VERSION_WORD = re.compile(
    r"(?:\bv(?:ersions?)?|\bver|\bbuild|\bapp\w*|\bandroid|\bios|\bupdate\w*|\bwindows|\bspotify|[/_@-])\W{0,3}$"
)


def addresses(text: str) -> Iterator[Span]:
    """IPv4 and IPv6; four-part version numbers (`8.4.15.62`) are told apart by what stands before them."""
    if text.count(".") >= 3:
        for found in _IPV4.finditer(text):
            if _parses(found[0]) and _meant_as_address(text, found):
                yield Span(found.start(), found.end(), "IP")
    if "::" in text or text.count(":") >= 7:
        for found in _IPV6.finditer(text):
            if len(found[0]) > 6 and _parses(found[0]):
                yield Span(found.start(), found.end(), "IP")


def _parses(written: str) -> bool:
    try:
        ipaddress.ip_address(written)
    except ValueError:
        return False
    return True


def _meant_as_address(text: str, found: re.Match[str]) -> bool:
    context = before(text, found.start(), 30)
    if _IP_WORD.search(context) and not _VERSION_WORD.search(context):
        return True
    return int(found[0].split(".")[0]) >= 10 and not _VERSION_WORD.search(context)


_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s<>\"«»”]{1,2000}", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w@./-])(?:[\w-]{1,63}\.){1,5}[a-z]{2,10}/[^\s<>\"«»”]{1,2000}", re.IGNORECASE)
# Links of these hosts lead to one person's page or message whatever their path looks like.
_PERSONAL_HOSTS = re.compile(
    r"(?:^|\.)(?:t\.co|bit\.ly|goo\.gl|tinyurl\.com|ow\.ly|fb\.me|fb\.com|facebook\.com|instagram\.com|instagr\.am"
    r"|twitter\.com|x\.com|linkedin\.com|lnkd\.in|tiktok\.com|youtu\.be|wa\.me|t\.me|pic\.twitter\.com"
    r"|snapchat\.com)$"
)
_END = ".,;:!?)]}'\"…”’"


def links(text: str) -> Iterator[Span]:
    """Links that may identify: user info, query, fragment, digits in the path, social networks, shortened ones.

    Others (`https://www.exemple.fr/aide/retours`) stay: they say what the customer talks about.
    """
    if "://" in text or "www." in text or "WWW." in text or "Www." in text:
        yield from _identifying(text, _URL)
    if "/" in text and "." in text:
        yield from _identifying(text, _BARE)


def _identifying(text: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    for found in pattern.finditer(text):
        written = found[0].rstrip(_END)
        if _identifies(written):
            yield Span(found.start(), found.start() + len(written), "URL")


def _identifies(url: str) -> bool:
    rest = url.split("://", 1)[-1]
    host, _, path = rest.partition("/")
    if any(sign in rest for sign in "@?#=") or re.search(r"[\d%]", path):
        return True
    if path and _PERSONAL_HOSTS.search(host.lower()):
        return True
    return bool(re.search(r"\d", host)) or any(len(part) > 30 and "-" not in part for part in path.split("/"))
