"""A first description of a new file, with a comment at each guess."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from configs.errors import ConfigError, RessentiError
from flows.sources.preview import preview
from flows.sources.profile import Column, columns_of, date_block, is_relative, sniff
from flows.sources.registry import parse_source
from flows.sources.wording import repeats

PROJECT = Path(__file__).resolve().parents[2]
_REPLY = (r"r[ée]pon[sd]", r"\brepl(?:y|ies)\b", r"response_?(?:text|body)", r"owner", r"\banswer")
_TRANSLATED = re.compile(r"(?:_|\b)(?:en|fr|es|de|it|translated|translation|traduction)$")
_TITLE = (r"tit(?:re|le)", r"subject", r"objet", r"summary", r"\bopinion\b", r"^content$", r"sujet")
_PERSON = (
    r"auteur",
    r"author",
    r"client",
    r"customer",
    r"\buser",
    r"e-?mail",
    r"qui a comment",
    r"^name$",
    r"\bnom\b",
)
_RATING = (r"\bnote", r"note_", r"rating", r"score", r"stars?\b", r"[ée]toile", r"\bmark")
_NO_RATING = ("nps", "nombre (?!d'[ée]toile)", r"count\b", "confidence", "moyenne", "global", "average")
_NO_PERSON = ("nombre", r"count\b", "pays", "country", "timezone", r"\bavis\b")
_HALVES = (
    r"positi",
    r"negati",
    r"n[ée]gati",
    r"points? fort",
    r"points? faible",
    r"\bpros?\b",
    r"\bcons\b",
    r"plus|moins",
)


@dataclass
class _Draft:
    """What has been guessed so far: the YAML's keys, a comment for each, and what was left out and why."""

    columns: list[Column]
    told: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def put(self, key: str, value: Any, note: str = "") -> None:  # noqa: ANN401
        self.told[key] = value
        if note:
            self.notes[key] = note

    def free(self) -> list[Column]:
        """Columns with values that nothing uses yet."""
        used = set(re.findall(r"'([^']*)'|\"([^\"]*)\"", repr(self.told)))
        names = {name for pair in used for name in pair}
        return [each for each in self.columns if each.cells and each.name not in names | set(self.left_out)]


def draft(file: Path, root: Path = PROJECT) -> str:
    """A commented YAML for `file`, its path written from `root`; it loads, and its `check` has been tried.

    Raises:
        ConfigError, SourceUnavailable: the file can't be read as a feed.
    """
    if re.match(r"[a-z][a-z0-9+]+:/", str(file)):
        fix = "copy one object here, draft that, and write the URL into `path`"
        raise ConfigError("a draft needs a file on this machine", place="draft", found=str(file), fix=fix)
    form = sniff(file)
    guess = _Draft(columns_of(file, form))
    guess.put("path", Path(os.path.relpath(file.resolve(), root.resolve())).as_posix())
    guess.put("channel", _channel(file), "review, survey or ticket: check this guess")
    if told := form.model_dump(exclude_defaults=True):
        guess.put("format", told)
    _leave_out(guess)
    for step in (_date, _text, _rating, _nps, _language, _customer, _id):
        step(guess)
    return _tried(guess, file, root)


def _channel(file: Path) -> str:
    name = file.stem.casefold()
    if re.search(r"survey|enqu[eê]te|sondage|nps|verbatim|csat", name):
        return "survey"
    return "ticket" if re.search(r"ticket|support|demande|case|tweet", name) else "review"


def _leave_out(guess: _Draft) -> None:
    names = {column.name.casefold() for column in guess.columns}
    for column in guess.columns:
        stem = _TRANSLATED.sub("", column.name.casefold())
        if not column.cells:
            guess.left_out[column.name] = "empty"
        elif column.counts_rows():
            guess.left_out[column.name] = "numbers the rows of this export, changes with the next one"
        elif column.named(*_REPLY) and not column.named(r"_id\b", r"\bid_"):
            guess.left_out[column.name] = "looks like the company's reply, not the customer's words"
        elif stem != column.name.casefold() and stem in names:
            guess.left_out[column.name] = f"looks like a translation of {stem}"
        elif (
            column.rows > 20
            and len(set(column.texts)) == 1
            and column.filled > 0.99
            and not _is_language(column)
        ):
            guess.left_out[column.name] = "the same on every row"


def _date(guess: _Draft) -> None:
    likely = [each for each in guess.free() if each.length < 60 and each.filled > 0.5]
    likely.sort(key=lambda each: not each.named("publi", "creat", "cré", "sent", "envoi"))
    likely.sort(key=lambda each: not each.named("date", "creat", "time", "jour", "day", r"_at\b"))
    for column in likely:
        named = column.named("date", "creat", "time", "publi", r"_at\b", "jour", "day")
        block = date_block(column) if named or not all(text.isdigit() for text in column.texts) else None
        if block is not None:
            note = (
                "relative: add `relative_to: YYYY-MM-DD`, the day of the export"
                if is_relative(column)
                else ""
            )
            guess.put("date", {"column": column.name, **block}, note)
            return


def _text(guess: _Draft) -> None:
    said = [each for each in guess.free() if each.words >= 2.5 and each.distinct > 0.2 and each.length > 12]
    said.sort(key=lambda each: each.length * each.filled, reverse=True)
    said = said or sorted(guess.free(), key=lambda each: each.words, reverse=True)
    main = said[0] if said else guess.columns[0]
    halves = [each for each in guess.columns if each.named(*_HALVES) and each in said]
    columns = halves if main in halves else [main]
    titles = [
        each for each in guess.free() if each not in columns and each.named(*_TITLE) and each.distinct > 0.05
    ]
    titles += [each for each in said if each not in columns and _heads(each, main)]
    block: dict[str, Any] = {"title": titles[0].name} if titles else {}
    guess.put("text", block | {"columns": [each.name for each in columns]}, "what the customer wrote")
    for other in said:
        if other not in columns and other not in titles[:1]:
            guess.left_out[other.name] = "could be text too: add it under `text`, or keep it as an attribute"


def _heads(column: Column, main: Column) -> bool:
    pairs = list(zip(column.texts, main.texts, strict=False))[:200] if column.filled > 0.99 else []
    return bool(pairs) and sum(repeats(title, text) for title, text in pairs) > len(pairs) / 3


def _rating(guess: _Draft) -> None:
    for column in guess.free():
        numbers = column.numbers()
        plain = len(numbers) == len(column.cells) and column.length < 40
        if not (column.named(*_RATING) and plain and column.filled > 0.3 and len(set(numbers)) <= 101):
            continue
        if max(numbers) > 100 or column.named(*_NO_RATING):
            continue
        high = next(top for top in (5, 10, 20, 100) if max(numbers) <= top)
        low = 0 if high > 10 or (min(numbers) == 0 and high != 5) else 1
        block: dict[str, Any] = {"column": column.name, "scale": [low, high]}
        if low == 1 and min(numbers) == 0:
            block["none"] = [0]
        if any("," in text for text in column.texts):
            block["decimal"] = ","
        if not all(re.fullmatch(r"\d+(?:[.,]\d+)?", text) for text in column.texts):
            block["pattern"] = r"(\d+(?:[.,]\d+)?)"
        guess.put("rating", block, "check the scale, and that the marks follow the texts")
        return


def _nps(guess: _Draft) -> None:
    for column in guess.free():
        if column.named(r"\bnps\b", "recommand", "recommend") and set(column.numbers()) <= set(range(11)):
            guess.put("nps", column.name)
            return


def _is_language(column: Column) -> bool:
    return column.named("lang", "locale") and all(re.match(r"[a-zA-Z]{2}\b", text) for text in column.texts)


def _language(guess: _Draft) -> None:
    for column in guess.free():
        if _is_language(column):
            guess.put("language", {"column": column.name})
            return
    guess.notes["language"] = "none declared: it is detected; `language: {constant: fr}` where all is French"


def _customer(guess: _Draft) -> None:
    for column in guess.free():
        personal = column.named(*_PERSON) and not column.named(*_NO_PERSON)
        if personal and column.distinct > 0.05 and column.length < 80 and column.filled > 0.3:
            note = "a name in one place; `shared: true` if it is your own customer id"
            guess.put("customer", column.name, note)
            return


def _id(guess: _Draft) -> None:
    for column in guess.free():
        named = column.named(r"(?:^|[\W_])(?:id|uid|uuid|ref|reference|référence|key|clé)(?:$|[\W_])")
        if named and column.distinct == 1 and column.filled == 1:
            guess.put("id", column.name)
            return
        if named and column.distinct < 1 and any(re.search(r"\dE\+\d", text) for text in column.texts):
            guess.left_out[column.name] = "ids spoiled by a spreadsheet: many rows share one"
    _derive(guess, with_text=False)


def _derive(guess: _Draft, *, with_text: bool) -> None:
    """Who, when and the title tell most feedback apart; the text itself where they don't."""
    text = guess.told["text"]
    stable = [guess.told[key] for key in ("customer",) if key in guess.told]
    dates = [each for each in guess.columns if each.name == guess.told.get("date", {}).get("column")]
    stable += [each.name for each in dates if not is_relative(each)]
    whole = with_text or len(stable) < 2 or "title" not in text
    if not stable[1:]:  # nobody or no day to tell apart those who wrote the same few words
        stable += [guess.told["rating"]["column"]] if "rating" in guess.told else []
        stable += [
            each.name for each in guess.free() if each.length < 60 and not each.named(*_NO_RATING, "avis")
        ][:6]
    stable += ([text["title"]] if "title" in text else []) + (text["columns"] if whole else [])
    note = "no id of its own" + (": an edited text counts as a new one" if whole else "")
    guess.put("id", {"derive": stable}, note)


def _tried(guess: _Draft, file: Path, root: Path) -> str:
    """The YAML, after it was tried on the file; where ids collide, the text becomes part of them."""
    result = _try(guess, file, root)
    if "id_collision" in result and "derive" in guess.told["id"]:
        _derive(guess, with_text=True)
        result = _try(guess, file, root)
    return _written(guess, result)


def _try(guess: _Draft, file: Path, root: Path) -> str:
    name = re.sub(r"\W+", "_", file.stem.casefold(), flags=re.ASCII) or "source"
    try:
        totals = preview(parse_source(guess.told, "draft", name[:64]), root, n=0).totals
    except RessentiError as error:
        return f"does not read yet: {error}"
    return ", ".join(f"{number:,} {what}" for what, number in totals.most_common())


def _written(guess: _Draft, result: str) -> str:
    lines = [f"# Drafted by `ressenti source draft`: every line is a guess. On this file: {result}."]
    for key, value in guess.told.items():
        note = f"   # {guess.notes[key]}" if key in guess.notes else ""
        lines.append(f"{key}: {_flow(value)}{note}")
    lines += [f"# {note}" for key, note in guess.notes.items() if key not in guess.told]
    kept = [each.name for each in guess.free() if each.length < 60]
    if kept:
        lines.append(f"# attributes: {_flow(kept)}   # columns that could be kept beside the text")
    lines += [f"# left out: {name}: {why}" for name, why in guess.left_out.items()]
    return "\n".join(lines) + "\n"


def _flow(value: Any) -> str:  # noqa: ANN401
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10**6, sort_keys=False)
    return text.removesuffix("\n...\n").strip()
