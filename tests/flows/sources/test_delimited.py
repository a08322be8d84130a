"""CSV as it comes: returns inside fields, broken quotes, odd headers, physical lines."""

import pytest

from configs.errors import ConfigError, SourceUnavailable
from flows.sources.formats import open_table
from flows.sources.formats.table import LINE
from tests.flows.sources.helpers import lines, outcomes, read_bytes, source, texts


def test_a_lone_carriage_return_inside_an_unquoted_field_splits_no_row(tmp_path):
    items = read_bytes(tmp_path, b"id,text\n1,one\rtwo\r\rthree\n2,four\n", id="id")
    assert texts(items) == ["one\rtwo\r\rthree", "four"]


def test_windows_ends_and_returns_inside_quotes_are_kept_apart(tmp_path):
    items = read_bytes(tmp_path, b'id,text\r\n1,"a\rb\r\nc"\r\n2,d\r\n', id="id")
    assert texts(items) == ["a\rb\r\nc", "d"]
    assert lines(items) == [2, 4]


def test_a_file_with_old_macintosh_ends_is_read(tmp_path):
    assert texts(read_bytes(tmp_path, b"id,text\r1,a\r2,b\r", id="id")) == ["a", "b"]


def test_lines_are_those_of_the_file_even_after_texts_of_several_lines(tmp_path):
    items = read_bytes(tmp_path, b'id,text\n1,"a\n\nb"\n\n2,c\n3,"d\ne"\n4,f\n', id="id")
    assert lines(items) == [2, 6, 7, 9]
    assert [item.row for item in items] == [1, 2, 3, 4]


def test_unicode_line_separators_are_text(tmp_path):
    items = read_bytes(tmp_path, "id,text\n1,a\u2028b\x85c\x0bd\x0ce\n2,f\n".encode(), id="id")
    assert texts(items) == ["a\u2028b\x85c\x0bd\x0ce", "f"]


@pytest.mark.parametrize("row", [b"1", b"1,a,b,c"])
def test_a_row_with_too_few_or_too_many_columns_is_rejected_whole(tmp_path, row):
    items = read_bytes(tmp_path, b"id,text\n" + row + b"\n2,fine\n", id="id")
    assert outcomes(items) == ["rejected:wrong_columns", "record"]
    assert items[0].raw == {LINE: row.decode() + "\n"}
    assert "instead of 2" in items[0].what


def test_a_stray_quote_costs_its_own_row_and_not_the_next_ones(tmp_path):
    items = read_bytes(
        tmp_path, b'id,text\n1,fine\n2,"19 inch\n3,also fine\n4,"so ""is"" this"\n5,end\n', id="id"
    )
    assert outcomes(items) == ["record", "rejected:bad_quotes", "record", "record", "record"]
    assert texts(items) == ["fine", "also fine", 'so "is" this', "end"]
    assert lines(items) == [2, 3, 4, 5, 6]


def test_a_quote_that_nobody_closes_does_not_swallow_the_rest(tmp_path):
    items = read_bytes(tmp_path, b'id,text\n1,"open\n2,fine\n3,fine too\n', id="id")
    assert [each.split(":")[0] for each in outcomes(items)] == ["rejected", "record", "record"]
    assert items[0].raw == {LINE: '1,"open\n'}


def test_the_last_row_may_be_the_one_with_the_open_quote(tmp_path):
    items = read_bytes(tmp_path, b'id,text\n1,fine\n2,"open\nand on', id="id")
    assert outcomes(items)[:2] == ["record", "rejected:bad_quotes"]


def test_words_in_quotes_at_the_start_of_a_field_are_no_trouble(tmp_path):
    items = read_bytes(tmp_path, b'id;text\n1;"Super" said she\n2;b\n', id="id", format={"delimiter": ";"})
    assert texts(items) == ["Super said she", "b"]


def test_a_bom_is_no_part_of_the_first_name(tmp_path):
    assert texts(read_bytes(tmp_path, b"\xef\xbb\xbfid,text\n1,a\n", id="id")) == ["a"]


def test_columns_without_or_with_equal_names_are_numbered(tmp_path):
    file = tmp_path / "feed.csv"
    file.write_text(",note,text,note,note\n0,1,a,2,3\n", encoding="utf-8")
    table = open_table(file, source().format)
    assert table.columns() == ["column 1", "note", "text", "note (2)", "note (3)"]


def test_the_header_may_stand_lower_or_be_missing(tmp_path):
    lower = read_bytes(tmp_path, b"Export of Monday\n\nid,text\n1,a\n", id="id", format={"header": 3})
    assert lines(lower) == [4]
    without = read_bytes(tmp_path, b"1,a\n2,b\n", id="id", format={"header": 0, "columns": ["id", "text"]})
    assert texts(without) == ["a", "b"]
    assert lines(without) == [1, 2]


def test_a_tab_separated_file_is_known_by_its_suffix(tmp_path):
    assert texts(read_bytes(tmp_path, b"id\ttext\n1\ta, b\n", name="feed.tsv", id="id")) == ["a, b"]


def test_a_header_alone_is_an_empty_export_and_no_byte_is_none(tmp_path):
    assert read_bytes(tmp_path, b"id,text\n", id="id") == []
    with pytest.raises(SourceUnavailable, match=r"feed.csv: the file is empty"):
        read_bytes(tmp_path, b"", id="id")


def test_a_header_line_beyond_the_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="no column names here"):
        read_bytes(tmp_path, b"id,text\n", id="id", format={"header": 9})
