"""A declared encoding that does not fit stops the source; single bad bytes cost their row only."""

import pytest

from configs.errors import ConfigError
from flows.sources.formats.encoding import guess_encoding
from tests.flows.sources.helpers import outcomes, read_bytes, texts

ROWS = "id,text\n" + "".join(
    f"{n},Très déçu, la livraison a traîné\n".replace("u,", "u :") for n in range(30)
)


def test_a_file_in_another_encoding_stops_with_the_one_that_fits(tmp_path):
    with pytest.raises(ConfigError) as error:
        read_bytes(tmp_path, ROWS.encode("cp1252"), id="id")
    sentence = str(error.value)
    assert sentence.startswith("feed.csv:2: ")
    assert "utf-8" in sentence
    assert "format: {encoding: cp1252}" in sentence


def test_it_reads_once_the_encoding_is_declared(tmp_path):
    items = read_bytes(tmp_path, ROWS.encode("cp1252"), id="id", format={"encoding": "cp1252"})
    assert texts(items)[0] == "Très déçu : la livraison a traîné"


def test_a_single_bad_line_is_rejected_with_all_its_bytes(tmp_path):
    content = ROWS.encode() + "99,Très cher\n".encode("cp1252") + "100,Très bien\n".encode()
    items = read_bytes(tmp_path, content, id="id")
    assert outcomes(items) == ["record"] * 30 + ["rejected:bad_encoding", "record"]
    assert items[30].raw["text"].encode("utf-8", "surrogateescape") == "Très cher".encode("cp1252")
    assert items[30].field == "text"
    assert items[30].place.line == 32


def test_a_bad_byte_where_nobody_looks_costs_nothing(tmp_path):
    content = b"id,text,note\n1,fine,\xe9\n2,fine too,x\n"
    assert outcomes(read_bytes(tmp_path, content, id="id")) == ["record", "record"]


def test_the_only_accent_of_a_small_file_may_be_the_bad_one(tmp_path):
    items = read_bytes(tmp_path, b"id,text\n1,fine\n2,caf\xe9\n3,fine\n", id="id")
    assert outcomes(items) == ["record", "rejected:bad_encoding", "record"]


def test_a_bad_header_stops_the_source(tmp_path):
    with pytest.raises(ConfigError, match=r"feed.csv:1: not written in the declared encoding"):
        read_bytes(tmp_path, "id,text,Évaluation\n1,a,2\n".encode("cp1252"), id="id")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_taken_for_utf_8_is_found(tmp_path, encoding):
    with pytest.raises(ConfigError, match="encoding: utf-16"):
        read_bytes(tmp_path, ROWS.encode(encoding), id="id")
    items = read_bytes(tmp_path, ROWS.encode(encoding), id="id", format={"encoding": encoding})
    assert len(texts(items)) == 30


def test_an_unknown_encoding_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"unknown encoding \(found 'utf-88'\)"):
        read_bytes(tmp_path, b"id,text\n1,a\n", id="id", format={"encoding": "utf-88"})


def test_a_nul_character_is_rejected(tmp_path):
    items = read_bytes(tmp_path, b"id,text\n1,a\0b\n2,c\n", id="id")
    assert outcomes(items) == ["rejected:nul_character", "record"]


def test_french_is_not_guessed_as_baltic():
    assert guess_encoding(ROWS.encode("cp1252")) == "cp1252"
    assert guess_encoding(ROWS.encode("mac_roman")) == "mac-roman"
