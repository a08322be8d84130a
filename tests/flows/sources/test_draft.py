"""A drafted description loads, checks and guesses well on files written for this test."""

import random
from pathlib import Path

import pytest
import yaml

from configs.errors import ConfigError
from flows.sources.draft import draft
from flows.sources.preview import preview
from flows.sources.registry import parse_source

WORDS = [
    "la",
    "commande",
    "est",
    "arrivée",
    "en",
    "retard",
    "et",
    "le",
    "service",
    "ne",
    "répond",
    "jamais",
    "merci",
]


def french(rng, words=12):
    return " ".join(rng.choices(WORDS, k=words)).capitalize() + "."


def reviews(count=60):
    rng = random.Random(7)
    rows = ["Index;Auteur;Titre;Avis;Note;Date de publication;Réponse de la marque;Marque;Langue"]
    for n in range(count):
        text = french(rng)
        note = rng.choice(["1", "2,5", "3", "4", "5", "0"])
        day = f"{rng.randint(1, 28)} {rng.choice(['janvier', 'août', 'décembre'])} 2024"
        rows.append(f"{n};client {n % 40};{text[:15]}…;{text};{note};{day};Bonjour et merci;Maison Lune;fr")
    return "\n".join(rows) + "\n"


def drafted(folder, name, content, encoding="utf-8"):
    file = folder / name
    file.write_bytes(content.encode(encoding))
    text = draft(file, folder)
    told = yaml.safe_load(text)
    return text, told, preview(parse_source(told, name, "feed"), folder)


def test_a_french_export_is_described_whole(tmp_path):
    text, told, seen = drafted(tmp_path, "avis.csv", reviews())
    assert told["path"] == "avis.csv"
    assert told["channel"] == "review"
    assert told["format"] == {"delimiter": ";"}
    assert told["text"] == {"title": "Titre", "columns": ["Avis"]}
    assert told["customer"] == "Auteur"
    assert told["date"] == {"column": "Date de publication", "format": "%d %B %Y", "language": "fr"}
    assert told["rating"] == {"column": "Note", "scale": [1, 5], "none": [0], "decimal": ","}
    assert told["language"] == {"column": "Langue"}
    assert "Marque: the same on every row" in text
    assert "Réponse de la marque: looks like the company's reply" in text
    assert "Index: numbers the rows" in text
    assert "# Drafted" in text
    assert seen.totals == {"record": 60}


def test_the_encoding_is_found(tmp_path):
    _, told, seen = drafted(tmp_path, "avis.csv", reviews(), encoding="cp1252")
    assert told["format"]["encoding"] == "cp1252"
    assert seen.totals["record"] == 60


def test_an_id_of_its_own_is_taken_and_a_spoiled_one_is_not(tmp_path):
    rng = random.Random(3)
    good = [f"T-{n:04},{french(rng)},2024-05-{n % 28 + 1:02}" for n in range(40)]
    _, told, _ = drafted(tmp_path, "tickets.csv", "ticket_id,message,created\n" + "\n".join(good))
    assert (told["id"], told["channel"], told["date"]["format"]) == ("ticket_id", "ticket", "%Y-%m-%d")
    spoiled = [row.replace(row.split(",")[0], f"5.7{n % 4}E+17") for n, row in enumerate(good)]
    text, told, seen = drafted(tmp_path, "tickets.csv", "ticket_id,message,created\n" + "\n".join(spoiled))
    assert "message" in told["id"]["derive"]
    assert "ids spoiled by a spreadsheet" in text
    assert seen.totals == {"record": 40}


def test_relative_dates_are_drafted_with_their_doubt(tmp_path):
    rng = random.Random(5)
    rows = [f"{french(rng)};il y a {n % 9 + 2} mois;{n % 5 + 1} étoiles" for n in range(40)]
    text, told, seen = drafted(tmp_path, "avis.csv", "texte;quand;note\n" + "\n".join(rows))
    assert "date" not in told or "relative_to" in text
    assert told["rating"]["pattern"]
    assert seen.totals["record"] == 40


def test_json_with_its_records_deep_inside(tmp_path):
    rng = random.Random(9)
    records = ",".join(
        f'{{"id": {n}, "author": {{"name": "c{n}"}}, "body": "{french(rng)}"}}' for n in range(1000, 1030)
    )
    _, told, seen = drafted(tmp_path, "export.json", f'{{"meta": 1, "data": {{"reviews": [{records}]}}}}')
    assert told["format"] == {"records": "data.reviews"}
    assert (told["text"]["columns"], told["id"]) == (["body"], "id")
    assert seen.totals == {"record": 30}


def test_lines_of_json_under_the_wrong_suffix_are_known(tmp_path):
    rng = random.Random(9)
    lines = "\n".join(f'{{"id": {n}, "body": "{french(rng)}"}}' for n in range(30, 60))
    _, told, _ = drafted(tmp_path, "export.json", lines)
    assert told["format"] == {"type": "jsonl"}


def test_an_unreadable_file_is_told(tmp_path):
    (tmp_path / "void.csv").write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no column names"):
        draft(tmp_path / "void.csv", tmp_path)


def test_a_draft_of_an_object_says_what_to_do_instead():
    with pytest.raises(ConfigError, match="copy one object here"):
        draft(Path("s3://bucket/a.csv"))
