"""Workbooks, JSON and Parquet: typed cells, sheets, nested fields, files that are not what they seem."""

import json
from datetime import date, datetime

import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from configs.errors import ConfigError, SourceUnavailable
from tests.flows.sources.helpers import lines, outcomes, read, texts


def workbook(folder, rows, sheet="Avis", name="feed.xlsx"):
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    page = book.create_sheet(sheet)
    for row in rows:
        page.append(row)
    book.save(folder / name)


def read_sheet(folder, **told):
    return read(folder, path="feed.xlsx", **{"format": {"sheet": "Avis"}} | told)


def test_cells_of_a_sheet_come_typed(tmp_path):
    workbook(
        tmp_path,
        [["id", "text", "day", "note"], [7, "Bien", date(2024, 5, 6), 4.5], ["007", 12, "2024-05-07", None]],
    )
    items = read_sheet(tmp_path, id="id", date="day", rating={"column": "note", "scale": [1, 5]})
    assert [item.external_id for item in items] == ["7", "007"]
    assert [item.rating for item in items] == [4.5, None]
    assert [item.written.at.date() for item in items] == [date(2024, 5, 6), date(2024, 5, 7)]
    assert texts(items) == ["Bien", "12"]


def test_rows_are_numbered_as_the_sheet_numbers_them(tmp_path):
    rows = [["Export"], [], ["id", "text"], [1, "a"], [], [2, "b"]]
    workbook(tmp_path, rows)
    items = read_sheet(tmp_path, id="id", format={"sheet": "Avis", "header": 3})
    assert lines(items) == [4, 6]
    assert [item.row for item in items] == [1, 2]


def test_an_unknown_sheet_is_told_with_those_there_are(tmp_path):
    workbook(tmp_path, [["text"], ["a"]])
    with pytest.raises(ConfigError, match=r"no such sheet \(found 'Avi'\); accepted: Notes, Avis"):
        read_sheet(tmp_path, format={"sheet": "Avi"})


@pytest.mark.parametrize("name", ["feed.xlsx", "feed.parquet"])
def test_a_file_that_is_not_of_its_format_is_told(tmp_path, name):
    (tmp_path / name).write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(SourceUnavailable, match=f"^{name}: not readable"):
        read(tmp_path, path=name)


def dump(folder, value, name="feed.json"):
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    (folder / name).write_text(text, encoding="utf-8")


def test_records_may_lie_deep_in_a_document_and_be_nested(tmp_path):
    dump(
        tmp_path,
        {
            "data": {
                "page": 1,
                "reviews": [{"id": 1, "said": {"text": "Bien"}}, 5, {"id": 2, "said": {"text": "Mal"}}],
            }
        },
    )
    items = read(tmp_path, path="feed.json", text="said.text", id="id", format={"records": "data.reviews"})
    assert outcomes(items) == ["record", "rejected:bad_json", "record"]
    assert texts(items) == ["Bien", "Mal"]
    assert lines(items) == [1, 2, 3]


def test_a_path_without_a_list_is_told_with_those_there_are(tmp_path):
    dump(tmp_path, {"data": {"reviews": [{"text": "a"}]}})
    with pytest.raises(ConfigError, match=r"found '\(the document\)'\); accepted: data.reviews"):
        read(tmp_path, path="feed.json")


def test_an_empty_list_is_an_empty_export(tmp_path):
    dump(tmp_path, [])
    assert read(tmp_path, path="feed.json") == []
    dump(tmp_path, "", name="feed.jsonl")
    assert read(tmp_path, path="feed.jsonl") == []


def test_json_that_is_cut_short_stops_before_anything_is_read(tmp_path):
    dump(tmp_path, '[{"text": "a"}, {"text": "b"')
    with pytest.raises(SourceUnavailable, match=r"feed.json: not whole JSON"):
        read(tmp_path, path="feed.json")


def test_json_in_another_encoding_is_told_and_then_read(tmp_path):
    text = json.dumps([{"text": "Très déçu, livraison traînée"}], ensure_ascii=False)
    (tmp_path / "feed.json").write_bytes(text.encode("cp1252"))
    with pytest.raises(ConfigError, match="encoding: cp1252"):
        read(tmp_path, path="feed.json")
    assert texts(read(tmp_path, path="feed.json", format={"encoding": "cp1252"})) == [
        "Très déçu, livraison traînée"
    ]


def test_what_is_nested_absurdly_deep_does_not_stop_the_others(tmp_path):
    deep = '{"text": "a", "x": ' + '{"x": ' * 300 + "1" + "}" * 300 + "}"
    dump(tmp_path, f'{deep}\n{{"text": "b"}}\n', name="feed.jsonl")
    assert texts(read(tmp_path, path="feed.jsonl")) == ["a", "b"]


def test_lists_and_bytes_of_parquet_are_kept_as_text(tmp_path):
    rows = [{"text": "a", "tags": ["x", "y"], "days": [date(2024, 5, 6)], "blob": b"caf\xc3\xa9"}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "feed.parquet")
    (item,) = read(tmp_path, path="feed.parquet", attributes=["tags", "days", "blob"])
    assert item.attributes == {"tags": '["x", "y"]', "days": '["2024-05-06"]', "blob": "café"}
    assert json.loads(json.dumps(item.raw))["tags"] == '["x", "y"]'


def test_a_broken_line_of_json_costs_itself(tmp_path):
    dump(
        tmp_path, '{"text": "a"}\n\n{"text": \n"b"\n' + "[" * 100_000 + '\n{"text": "c"}\n', name="feed.jsonl"
    )
    items = read(tmp_path, path="feed.jsonl")
    assert outcomes(items) == ["record", *["rejected:bad_json"] * 3, "record"]
    assert lines(items) == [1, 3, 4, 5, 6]


def test_fields_may_be_missing_in_some_records_of_json(tmp_path):
    dump(tmp_path, [{"text": "a"}, {"text": "b", "note": 3}, {"note": 4}])
    items = read(tmp_path, path="feed.json", rating={"column": "note", "scale": [1, 5]})
    assert outcomes(items) == ["record", "record", "skipped:empty"]
    assert [item.rating for item in items[:2]] == [None, 3]


def test_parquet_keeps_types_and_nesting(tmp_path):
    day = datetime(2024, 5, 6, 12, 30)
    rows = [{"text": "a", "who": {"id": 7}, "day": day}, {"text": None, "who": {"id": 8}, "day": None}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "feed.parquet")
    items = read(tmp_path, path="feed.parquet", customer="who.id", date={"column": "day", "timezone": "UTC"})
    assert outcomes(items) == ["record", "skipped:empty"]
    assert (items[0].customer, items[0].written.at.replace(tzinfo=None)) == ("7", day)


def test_a_parsers_complaint_shows_nothing_of_the_file(tmp_path):
    dump(tmp_path, '[{"text": "mia@example.org est déçue" "x"}]')
    with pytest.raises(SourceUnavailable) as error:
        read(tmp_path, path="feed.json")
    assert "mia" not in str(error.value)
    assert "lexical error" in str(error.value) or "parse error" in str(error.value)
