"""A source's description: what is accepted, and how a mistake is told."""

import pytest
import yaml
from pydantic import BaseModel

from configs.errors import ConfigError
from flows.sources import blocks
from flows.sources.config import SourceConfig
from flows.sources.registry import load_sources, parse_source
from tests.flows.sources.helpers import source

BASE = "path: a.csv\nchannel: review\n"


def told(text):
    return parse_source(yaml.safe_load(text), "configs/sources/shop.yml", "shop")


def test_the_short_forms_mean_the_long_ones():
    short = told(
        BASE + "text: [a, b]\nid: ref\ncustomer: [nom, prénom]\ndate: jour\nsurvey: vague\nlanguage: lang"
    )
    long = told(
        BASE
        + "text: {columns: [{column: a}, {column: b}]}\nid: {column: ref}\ncustomer: {columns: [nom, prénom]}\n"
        "date: {column: jour}\nsurvey: {column: vague}\nlanguage: {column: lang}"
    )
    assert short == long


def test_what_yaml_reads_as_numbers_or_booleans_stays_a_word():
    config = told(
        BASE + "text: 7\nsurvey: {constant: 2025}\nskip: [{column: spam, equals: true, reason: spam}]\n"
        "rating: {column: note, scale: [1, 5], none: [0, 9.5]}"
    )
    assert config.text.columns[0].column == "7"
    assert config.survey.constant == "2025"
    assert config.skip[0].equals == "True"
    assert config.rating.none == ("0", "9.5")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("txt: a\ntext: a", ["unknown key `txt`", "did you mean `text`?", "channel"]),
        ("text: a\nrating: {colum: n, scale: [1, 5]}", ["`rating.colum`", "did you mean `column`?"]),
        ("text: a\nrating: {column: n, scale: [5, 1]}", ["`rating`", "lowest"]),
        ("text: a\nformat: {type: cvs}", ["`format.type`", "'cvs'", "did you mean `csv`?"]),
        ("text: a\ndate: {column: d, timezone: Paris}", ["'Paris'", "Europe/Paris"]),
        ("text: a\ndate: {column: d, pattern: 'le .+'}", ["`date`", "one group"]),
        ("text: a\ndate: {column: d, pattern: 'le (.+'}", ["`date`", "regular expression"]),
        ("text: a\nid: {derive: [a], column: b}", ["`id`", "either"]),
        ("text: a\nsurvey: {}", ["`survey`", "exactly one"]),
        ("text: a\nskip: [{column: a, equal: b, reason: c}]", ["`skip.0.equal`", "did you mean `equals`?"]),
        ("text: a\nskip: [{column: a, equals: b, empty: true, reason: c}]", ["exactly one of equals"]),
        ("text: a\nlanguage: {constant: french}", ["`language.constant`", "'french'"]),
        ("text: a\nname: other", ["`name`", "'other'", "accepted: shop"]),
        ("text: a\nformat: {header: 0}", ["`header: 0`", "columns"]),
        ("text: []", ["`text.columns`"]),
        ("", ["`text` is missing"]),
    ],
)
def test_a_mistake_is_told_in_one_sentence_with_its_place(text, said):
    with pytest.raises(ConfigError) as error:
        told(BASE + text)
    sentence = str(error.value)
    assert sentence.startswith("configs/sources/shop.yml: ")
    assert "\n" not in sentence
    for part in said:
        assert part in sentence


def test_a_wrong_channel_lists_the_three():
    with pytest.raises(ConfigError, match="'review', 'survey' or 'ticket'; did you mean `review`"):
        told("path: a.csv\nchannel: reviews\ntext: a")


def test_every_field_says_what_it_is_and_shows_an_example():
    models = {
        each for each in vars(blocks).values() if isinstance(each, type) and issubclass(each, BaseModel)
    }
    for model in models | {SourceConfig}:
        for name, field in model.model_fields.items():
            assert "`" in (field.description or ""), f"{model.__name__}.{name}"


def test_the_fingerprint_follows_the_mapping_and_not_the_place():
    base = source(id="ref")
    assert source(id="ref", path="elsewhere/*.csv").fingerprint() == base.fingerprint()
    assert source(id="reference").fingerprint() != base.fingerprint()
    assert source(id="ref", format={"delimiter": ";"}).fingerprint() != base.fingerprint()


def test_columns_are_each_named_once():
    config = source(text=["a", "b"], id={"derive": ["a", "c"]}, customer="c", attributes={"country": "d"})
    assert sorted(config.columns()) == ["a", "b", "c", "d"]


def write(folder, **files):
    for name, text in files.items():
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")


def test_a_folder_is_loaded_by_name_and_an_unknown_name_is_told(tmp_path):
    write(tmp_path, zoo=BASE + "text: a", shop=BASE + "text: a")
    assert [each.name for each in load_sources(tmp_path)] == ["shop", "zoo"]
    assert [each.name for each in load_sources(tmp_path, ["zoo"])] == ["zoo"]
    with pytest.raises(ConfigError, match=r"found 'shopp'\); accepted: shop, zoo; did you mean `shop`"):
        load_sources(tmp_path, ["shopp"])


def test_a_broken_neighbour_stops_only_those_who_ask_for_it(tmp_path):
    write(tmp_path, good=BASE + "text: a", broken="text: [")
    assert load_sources(tmp_path, ["good"])[0].name == "good"
    with pytest.raises(ConfigError, match=r"broken.yml: not readable as YAML"):
        load_sources(tmp_path)


def test_no_folder_and_no_mapping_are_told(tmp_path):
    with pytest.raises(ConfigError, match="no folder of sources"):
        load_sources(tmp_path / "nowhere")
    write(tmp_path, words="just words")
    with pytest.raises(ConfigError, match="lines of `key: value`"):
        load_sources(tmp_path)
