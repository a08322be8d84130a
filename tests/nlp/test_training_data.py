"""Training reads what it is given, leaves out what it must, and is the same for the same seed."""

import json

import pytest

from configs.errors import ConfigError
from nlp.training.data import Example, read_examples, read_raw, targets
from nlp.training.recipe import read_base_recipe, read_recipe

LABELS = ("anger", "joy")


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def test_sources_that_are_left_out_are_not_read(tmp_path):
    path = write(
        tmp_path / "a.jsonl", {"text": "un", "source": "free"}, {"text": "deux", "source": "forbidden"}
    )
    assert [example.text for example in read_examples(path, leave_out=["forbidden"])] == ["un"]


def test_texts_pass_the_products_own_masking(tmp_path):
    path = write(tmp_path / "a.jsonl", {"text": "Écrivez à jean.exemple@exemple.fr", "emotions": ["joy"]})
    (example,) = read_examples(path)
    assert "[EMAIL]" in example.text
    assert example.labels == {"joy"}


def test_raw_texts_are_distinct_and_none_is_a_measured_one(tmp_path):
    write(
        tmp_path / "a.jsonl",
        {"text": "Bonjour !"},
        {"text": "bonjour"},
        {"text": "Mesuré."},
        {"text": "autre"},
    )
    write(tmp_path / "forbidden.jsonl", {"text": "interdit"})
    assert read_raw(tmp_path, leave_out=["forbidden"], without=["mesuré"]) == ["Bonjour !", "autre"]


def test_targets_have_a_column_a_label():
    examples = [Example("a", frozenset({"joy"})), Example("b", frozenset()), Example("c", frozenset(LABELS))]
    assert targets(examples, LABELS).tolist() == [[0, 1], [0, 0], [1, 1]]


def test_an_unknown_label_is_refused_with_those_that_exist():
    with pytest.raises(ConfigError, match=r"rage.*accepted: anger, joy"):
        targets([Example("a", frozenset({"rage"}))], LABELS)


@pytest.mark.parametrize("line", ["{", "[]", '{"words": "x"}'])
def test_a_broken_line_is_refused_with_its_place(tmp_path, line):
    path = tmp_path / "a.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(ConfigError, match=r"a\.jsonl"):
        read_examples(path)


@pytest.mark.parametrize(
    "fields",
    ['"labels": [1, null]', '"labels": 5', '"emotions": {"joy": 1}', '"channel": ["a"]', '"source": ["b"]'],
)
def test_a_field_of_another_kind_is_refused_with_its_text(tmp_path, fields):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "x"}\n{"text": "y", ' + fields + "}\n")
    with pytest.raises(ConfigError, match=r"a\.jsonl: text 2: (labels|emotions|channel|source): not a"):
        read_examples(path, leave_out=["b"])


def test_a_csv_without_its_columns_is_refused(tmp_path):
    (tmp_path / "a.csv").write_text("verbatim\nx\n")
    with pytest.raises(ConfigError, match="accepted: text, labels"):
        read_examples(tmp_path / "a.csv")


def test_every_recipe_of_the_tree_is_valid():
    from configs.settings import PROJECT

    recipes = sorted((PROJECT / "configs" / "training").glob("*.yml"))
    assert recipes
    for path in recipes:
        kind = read_base_recipe if path.stem.startswith("base") else read_recipe
        assert kind(path).name == path.stem


def test_no_recipe_trains_on_what_measures_or_on_non_commercial_sets():
    from configs.settings import PROJECT

    for path in sorted((PROJECT / "configs" / "training").glob("*.yml")):
        if not path.stem.startswith("base"):
            recipe = read_recipe(path)
            assert recipe.dev not in recipe.labelled
            assert not any("feeds" in str(name) for name in recipe.labelled)
            assert {"airline_tweets_en", "en_twitter_support_spotify", "multiemotions_it"} <= set(
                recipe.leave_out
            )


def test_a_recipe_with_an_unknown_field_is_refused(tmp_path):
    (tmp_path / "r.yml").write_text("name: a\nspeed: 3\n")
    with pytest.raises(ConfigError, match=r"r\.yml.*recipe is not valid"):
        read_recipe(tmp_path / "r.yml")
