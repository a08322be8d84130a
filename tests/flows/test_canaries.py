"""S2 on a small scale: planted personal data must be found again in no artefact of a night.

The reader opens files in temporary folders of its own; those, and the model, have tests of their own.
"""

import base64
import logging
from pathlib import Path

import pytest
from sqlalchemy import MetaData, make_url, select

from configs.errors import RessentiError
from flows.quarantine import chosen, listed, replay_records
from flows.summary import as_markdown, print_summary
from storage.database import reading, writing

from .night import night, row

MAIL, PHONE, IBAN, CARD = (
    "canari.secret@exemple.fr",
    "06 98 76 54 32",
    "FR1420041010050500013M02606",
    "4242 4242 4242 4242",
)
ALL = f"{MAIL} / {PHONE} / {IBAN} / {CARD}"
NEEDLES = ("canari.secret", "0698765432", "20041010050500013", "4242424242424242", "paroles inoubliables")
FEED = (
    row("1", f"C'est injuste, écrivez à {MAIL} ou au {PHONE}", customer=MAIL),
    row("2", f"Mon IBAN {IBAN}, ma carte {CARD}", customer=PHONE, city=ALL),
    row(MAIL, "Merci", customer=IBAN),
    row(PHONE, "Merci", customer=CARD),
    row("4", "paroles inoubliables", customer=MAIL, date=f"le {PHONE}"),
    row("5", "paroles inoubliables", customer=MAIL, rating=f"{CARD}"),
    row("6", f"paroles inoubliables {MAIL}"),
    row("6", f"autres paroles inoubliables {PHONE}"),
    row("", f"paroles inoubliables {IBAN}", customer=MAIL),
    row("7", "Bonjour", kind="test", customer=MAIL),
)  # fmt: skip
UNCUT = f'9,"paroles inoubliables",{MAIL},,,fr,,{PHONE},{CARD},,,{IBAN}\n'


def _found(where: str) -> list[str]:
    """Needles in a text, spaces and points between digits or not."""
    squeezed = "".join(sign for sign in where if sign not in " \u00a0-")
    return [needle for needle in NEEDLES if needle.replace(" ", "") in squeezed]


def _plant(room):
    room.source("reviews", batch="city", survey={"file": True})
    path = room.feed(*FEED)
    path.write_text(path.read_text() + UNCUT)


def _every_value(engine):
    metadata = MetaData()
    metadata.reflect(engine)
    with reading(engine) as connection:
        for table in metadata.sorted_tables:
            for found in connection.execute(select(table)):
                yield from ((f"{table.name}.{name}", value) for name, value in found._mapping.items())


def _as_text(value):
    if isinstance(value, bytes | memoryview):
        sealed = bytes(value)
        return sealed.decode("latin-1") + base64.urlsafe_b64decode(sealed).decode("latin-1")
    return str(value)


def test_the_needles_are_really_in_what_comes_in(room):
    _plant(room)
    assert set(_found((room.feeds / "reviews" / "feed.csv").read_text())) == set(NEEDLES)


def test_no_table_log_output_or_summary_holds_personal_data(room, work, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    _plant(room)
    told = night(work)
    assert told.total("quarantined") == 6
    assert told.total("new") == 4
    for place, value in _every_value(work.engine):
        assert not _found(_as_text(value)), place
    assert not _found(caplog.text)
    assert not _found(as_markdown(told, told.stages))
    from flows.progress import console

    print_summary(told, console())
    said = capsys.readouterr()
    assert "reviews" in said.out
    assert not _found(said.out + said.err)


def test_no_byte_of_the_database_file_holds_personal_data(small_room):
    _plant(small_room)
    small_room.night()
    file = Path(str(make_url(small_room.database_url).database))
    files = [path for path in file.parent.iterdir() if path.name.startswith(file.name)]
    assert files
    for path in files:
        found = path.read_bytes()
        assert not _found(found.decode("latin-1")), path
        assert not _found(found.decode("utf-16-le", "replace")), path


def test_what_is_listed_and_said_of_replays_holds_no_personal_data(room, work):
    _plant(room)
    night(work)
    lines = list(listed(work, None, None, every=True))
    lines += [
        line for line, _ in replay_records(work, chosen(work, (), None), (), discard=False, dry_run=False)
    ]
    assert len(lines) == 1 + 6 + 6
    assert not _found("\n".join(lines))


def _rename(engine, table, name):
    with writing(engine) as connection:
        connection.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


@pytest.mark.parametrize("cause", ["scoring", "storing"])
def test_no_exception_of_ours_holds_personal_data(room, work, monkeypatch, caplog, cause):
    caplog.set_level(logging.DEBUG)
    _plant(room)
    if cause == "scoring":
        monkeypatch.setattr("nlp.model.Model.score", lambda _self, texts: 1 / 0 if texts else None)
    else:
        _rename(work.engine, "tag", "gone")
    with pytest.raises((ZeroDivisionError, RessentiError, Exception)) as failed:
        night(work)
    if cause == "storing":
        _rename(work.engine, "gone", "tag")  # PostgreSQL's is shared with the tests that follow
    assert not _found(str(failed.value))
    assert not _found(caplog.text)
    for place, value in _every_value(work.engine):
        assert not _found(_as_text(value)), place


def test_classify_gives_back_the_fields_but_logs_nothing(ressenti, caplog):
    caplog.set_level(logging.DEBUG)
    said = ressenti("classify", "--language", "fr", stdin=f"{ALL}\n")
    assert said.err == ""
    assert not _found(caplog.text)
