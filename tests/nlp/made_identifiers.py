"""Generated texts with known identifiers: random values in the forms in which people write them, French first.

`texts(count, seed)` yields what `benchmarks/redaction.py` measures and what the tests hold. Values are made here,
from no one's data; every text knows where its identifiers stand.
"""

import random
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tests.nlp.templates import ENGLISH_STREETS, FILLERS, FIRST, LAST, STREETS, TEMPLATES, TOWNS


class Made(NamedTuple):
    """A text and its identifiers as (start, end, kind)."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


Draw = random.Random


def _digits(draw: Draw, count: int) -> str:
    return "".join(str(draw.randrange(10)) for _ in range(count))


def _letters(draw: Draw, count: int, among: str = "ABCDEFGHJKLMNPQRSTVWXYZ") -> str:
    return "".join(draw.choice(among) for _ in range(count))


def _ascii(name: str) -> str:
    return (
        name.lower()
        .translate(str.maketrans("éèêëàâçôîïûü", "eeeeaacoiiuu"))
        .replace("'", "")
        .replace(" ", "-")
    )


def email(draw: Draw) -> str:
    first, last = _ascii(draw.choice(FIRST)), _ascii(draw.choice(LAST))
    local = draw.choice(
        (
            f"{first}.{last}",
            f"{first[0]}{last}",
            f"{first}_{last}{draw.randrange(100)}",
            f"{last}{_digits(draw, 2)}",
            f"{first}+achats",
            f"{first}-{last}",
        )
    )
    host = draw.choice(
        (
            "gmail.com",
            "orange.fr",
            "free.fr",
            "laposte.net",
            "example.co.uk",
            "mairie-exemple.fr",
            "web.de",
            "sav.exemple.fr",
        )
    )
    form = draw.choices(
        ("{0}@{1}", "{0} @{1}", "{0}[at]{1}", "{0} (at) {1}", "{0} arobase {1}"),
        (16, 1 if host in ("gmail.com", "orange.fr", "free.fr") else 0, 1, 1, 1),
    )[0]
    written = form.format(local, host)
    return written.upper() if draw.random() < 0.05 else written


def phone(draw: Draw) -> str:
    if draw.random() < 0.2:
        return _foreign_phone(draw)
    head, rest = draw.choice("1234567699"), _digits(draw, 8)
    pairs = [rest[i : i + 2] for i in range(0, 8, 2)]
    gap = draw.choice((" ", " ", ".", "-", "", "/", ". "))
    national = gap.join((f"0{head}", *pairs))
    return draw.choices(
        (
            national,
            f"+33 {head} {' '.join(pairs)}",
            f"+33{head}{rest}",
            f"0033 {head} {' '.join(pairs)}",
            f"+33 (0){head} {' '.join(pairs)}",
            f"(+33) {head} {' '.join(pairs)}",
            f"0{head} {rest[:3]} {rest[3:6]} {rest[6:]}",
        ),
        (10, 2, 2, 1, 1, 1, 1),
    )[0]


def _foreign_phone(draw: Draw) -> str:
    return draw.choice(
        (
            f"+44 20 7{_digits(draw, 3)} {_digits(draw, 4)}",
            f"+44 7{_digits(draw, 3)} {_digits(draw, 6)}",
            f"+49 171 {draw.randrange(1, 10)}{_digits(draw, 6)}",
            f"+34 6{_digits(draw, 2)} {_digits(draw, 3)} {_digits(draw, 3)}",
            f"+39 33{draw.randrange(10)} {_digits(draw, 7)}",
            f"+32 47{draw.randrange(10)} {_digits(draw, 2)} {_digits(draw, 2)} {_digits(draw, 2)}",
            f"+1 {draw.choice(('212', '415', '305'))} {draw.randrange(2, 10)}{_digits(draw, 2)} {_digits(draw, 4)}",
            f"+41 79 {draw.randrange(2, 10)}{_digits(draw, 2)} {_digits(draw, 2)} {_digits(draw, 2)}",
        )
    )


_IBAN_DIGITS = {"FR": 23, "DE": 18, "BE": 12, "ES": 20, "PT": 21, "LU": 16, "AT": 16, "CH": 17}


def iban(draw: Draw) -> str:
    country = draw.choices(tuple(_IBAN_DIGITS), (10, 1, 2, 1, 1, 1, 1, 1))[0]
    account = _digits(draw, _IBAN_DIGITS[country])
    if country == "FR" and draw.random() < 0.2:  # accounts of some banks hold letters
        account = f"{account[:12]}{_letters(draw, 2)}{account[14:]}"
    number = int("".join(str(int(char, 36)) for char in f"{account}{country}00"))
    plain = f"{country}{98 - number % 97:02d}{account}"
    fours = [plain[i : i + 4] for i in range(0, len(plain), 4)]
    return draw.choice(
        (
            plain,
            " ".join(fours),
            " ".join(fours),
            "-".join(fours),
            f"{plain[:2]} {plain[2:4]} {plain[4:]}",
            plain.lower(),
        )
    )


def card(draw: Draw) -> str:
    head, size = draw.choice(
        (("4", 16), ("4", 16), ("5" + str(draw.randrange(1, 6)), 16), ("37", 15), ("34", 15))
    )
    digits = head + _digits(draw, size - len(head) - 1)
    total = sum(sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    digits += str(-total % 10)
    groups = (
        [digits[:4], digits[4:10], digits[10:]]
        if size == 15
        else [digits[i : i + 4] for i in range(0, 16, 4)]
    )
    return draw.choice((" ", " ", "-", "", ".")).join(groups)


def nir(draw: Draw) -> str:
    department = draw.choice((*(f"{n:02d}" for n in range(1, 96) if n != 20), "2A", "2B", "99"))
    parts = [
        draw.choice("12"),
        _digits(draw, 2),
        f"{draw.randrange(1, 13):02d}",
        department,
        f"{draw.randrange(1, 990):03d}",
        f"{draw.randrange(1, 1000):03d}",
    ]
    number = int("".join(parts).replace("2A", "19").replace("2B", "18"))
    parts.append(f"{97 - number % 97:02d}")
    return draw.choice((" ", " ", "", ".", "-")).join(parts)


def siret(draw: Draw) -> str:
    digits = _digits(draw, 13)
    total = sum(sum(divmod(int(d) * 2, 10)) if i % 2 == 0 else int(d) for i, d in enumerate(reversed(digits)))
    digits += str(-total % 10)
    return draw.choice((digits, f"{digits[:3]} {digits[3:6]} {digits[6:9]} {digits[9:]}"))


def plate(draw: Draw) -> str:
    new = _letters(draw, 2), _digits(draw, 3), _letters(draw, 2)
    while new[0] == "SS" or new[2] in (
        "GB",
        "GO",
        "TB",
        "KM",
        "KG",
        "CM",
        "MM",
        "ML",
        "CL",
        "DE",
        "ET",
        "LE",
    ):
        new = _letters(draw, 2), _digits(draw, 3), _letters(draw, 2)
    old = f"{draw.randrange(10, 9999)} {_letters(draw, draw.choice((2, 3)))} {draw.randrange(10, 95)}"
    return draw.choices(
        ("-".join(new), " ".join(new), "".join(new), "-".join(new).lower(), old), (6, 2, 2, 1, 2)
    )[0]


def document(draw: Draw) -> str:
    return draw.choice(
        (
            f"{_digits(draw, 2)}{_letters(draw, 2)}{_digits(draw, 5)}",
            _digits(draw, 12),
            f"{_digits(draw, 2)} {_letters(draw, 2)} {_digits(draw, 5)}",
            _letters(draw, 1)
            + _digits(draw, 1)
            + _letters(draw, 3)
            + _digits(draw, 2)
            + _letters(draw, 1)
            + _digits(draw, 1),
        )
    )


def address(draw: Draw) -> str:
    number = f"{draw.randrange(1, 250)}{draw.choices(('', ' bis', ' ter', 'B'), (12, 2, 1, 1))[0]}"
    if draw.random() < 0.15:
        street = f"{draw.randrange(1, 999)} {draw.choice(ENGLISH_STREETS)}"
        return draw.choice(
            (
                street,
                f"{street}, London SW1A {draw.randrange(1, 9)}AA",
                f"{street}, Springfield, IL {_digits(draw, 5)}",
            )
        )
    street, (code, town) = draw.choice(STREETS), draw.choice(TOWNS)
    written = draw.choices(
        (
            f"{number} {street}",
            f"{number}, {street}",
            f"{number} {street}, {code} {town}",
            f"{number} {street} {code} {town}",
            f"{number} {street}\n{code} {town.upper()}",
        ),
        (2, 1, 4, 2, 1),
    )[0]
    return written.lower() if draw.random() < 0.1 and code in written else written


def birth(draw: Draw) -> str:
    day, month, year = draw.randrange(1, 29), draw.randrange(1, 13), draw.randrange(1935, 2010)
    name = (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    )[month - 1]
    return draw.choice(
        (
            f"{day:02d}/{month:02d}/{year}",
            f"{day:02d}/{month:02d}/{year}",
            f"{day} {name} {year}",
            f"{day:02d}.{month:02d}.{year}",
            f"{day:02d}-{month:02d}-{year % 100:02d}",
            f"{year}-{month:02d}-{day:02d}",
        )
    )


def ip(draw: Draw) -> str:
    if draw.random() < 0.25:
        return draw.choice(
            (
                f"2001:db8:{draw.randrange(4096):x}::{draw.randrange(1, 65536):x}",
                ":".join(f"{draw.randrange(4096, 65536):x}" for _ in range(8)),
            )
        )
    return ".".join(str(draw.randrange(1, 255)) for _ in range(4))


def url(draw: Draw) -> str:
    token = "".join(draw.choice("abcdef0123456789") for _ in range(20)) + "7"
    return draw.choice(
        (
            f"https://www.exemple.fr/suivi?token={token}",
            f"https://exemple.fr/reset/{token}",
            f"http://exemple.com/c/{_digits(draw, 8)}/facture.pdf",
            f"https://t.co/{_letters(draw, 4)}{_digits(draw, 1)}",
            f"https://www.facebook.com/{_ascii(draw.choice(FIRST))}.{_ascii(draw.choice(LAST))}",
            f"www.exemple.fr/compte?mail={email(Draw(1)).lower().replace(' ', '')}",
        )
    )


def order(draw: Draw) -> str:
    return draw.choice(
        (
            _digits(draw, 8),
            _digits(draw, 9),
            f"{_letters(draw, 2)}{_digits(draw, 6)}",
            f"{_digits(draw, 4)}-{_digits(draw, 6)}",
            f"{_letters(draw, 1)}-{_digits(draw, 7)}-1",
            f"{_letters(draw, 3)}-{draw.randrange(2020, 2027)}-{_digits(draw, 5)}",
        )
    )


MAKERS: dict[str, Callable[[Draw], str]] = {
    "EMAIL": email,
    "PHONE": phone,
    "IBAN": iban,
    "CARD": card,
    "NIR": nir,
    "SIRET": siret,
    "PLATE": plate,
    "ID": document,
    "ADDRESS": address,
    "DOB": birth,
    "IP": ip,
    "URL": url,
    "ORDER": order,
}
_SLOT = re.compile(r"\{(\w+)\}")


def texts(count: int, seed: int) -> Iterator[Made]:
    """`count` texts, a quarter of them with numbers that identify nobody and must stay."""
    draw = Draw(seed)
    kinds = list(TEMPLATES)
    for index in range(count):
        kind = "NOTHING" if index % 4 == 3 else kinds[index % len(kinds)]
        yield make(draw, draw.choice(TEMPLATES[kind]))


def make(draw: Draw, template: str) -> Made:
    """The template filled, with a sentence before or behind it."""
    before, after = (
        draw.choice(("", "", draw.choice(FILLERS) + " ")),
        draw.choice(("", " " + draw.choice(FILLERS))),
    )
    text, spans, at = before, [], 0
    for slot in _SLOT.finditer(template):
        text += template[at : slot.start()]
        value = _harmless(draw, slot[1]) if slot[1] not in MAKERS else MAKERS[slot[1]](draw)
        if slot[1] in MAKERS:
            spans.append((len(text), len(text) + len(value), slot[1]))
        text, at = text + value, slot.end()
    return Made(text + template[at:] + after, tuple(spans))


def _harmless(draw: Draw, slot: str) -> str:
    day, month, year = draw.randrange(1, 29), draw.randrange(1, 13), draw.randrange(2018, 2027)
    return {
        "price": draw.choice(
            (
                f"{draw.randrange(1, 3000)} €",
                f"{draw.randrange(1, 900)},{draw.randrange(10, 99)} €",
                f"{draw.randrange(1, 90)} {_digits(draw, 3)} euros",
                f"{draw.randrange(5, 90)}€{draw.randrange(10, 99)}",
                f"${draw.randrange(5, 900)}.99",
            )
        ),
        "date": draw.choice(
            (
                f"{day:02d}/{month:02d}/{year}",
                f"{day}/{month}",
                f"{day:02d}.{month:02d}.{year}",
                f"{day:02d}-{month:02d}-{year}",
                f"{year}-{month:02d}-{day:02d}",
            )
        ),
        "time": draw.choice(
            (
                f"{draw.randrange(7, 20)}h{draw.randrange(10, 59)}",
                f"{draw.randrange(7, 20):02d}:{draw.randrange(10, 59)}",
                f"{draw.randrange(7, 20)} h {draw.randrange(10, 59)}",
            )
        ),
        "version": ".".join(str(draw.randrange(1, 30)) for _ in range(draw.choice((2, 3)))),
        "model": draw.choice(
            (
                "iPhone XS 256 GB",
                "Galaxy A52",
                "Boeing 737-800",
                "Clio 4",
                "Playstation 5",
                "TX-NR525",
                "RTX 4070",
                "taille 42/44",
            )
        ),
        "amount": str(draw.randrange(2, 40)),
        "percent": f"{draw.randrange(5, 90)} %",
        "year": str(year),
        "first": draw.choice(FIRST),
        "last": draw.choice(LAST),
        "code": _digits(draw, 5),
        "town": draw.choice(TOWNS)[1],
    }[slot]
