"""A preset gives a source's keys their defaults; the source's own words win."""

import pytest
import yaml

from configs.errors import ConfigError
from flows.sources import presets
from flows.sources.registry import parse_source

OWN = {"path": "reviews.csv"}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """A preset called `shop`."""
    told = {
        "channel": "review",
        "text": {"columns": ["comment"], "title": "head"},
        "id": "ref",
        "format": {"encoding": "cp1252", "delimiter": ";"},
        "rating": {"column": "stars", "scale": [1, 5]},
        "attributes": {"country": "land"},
    }
    (tmp_path / "shop.yml").write_text(yaml.safe_dump(told), encoding="utf-8")
    monkeypatch.setattr(presets, "FOLDER", tmp_path)


def told(**own):
    return parse_source({"preset": "shop", **OWN, **own}, "feed.yml", "feed")


@pytest.mark.usefixtures("shop")
def test_a_preset_says_what_the_source_does_not():
    source = told()
    assert source.channel == "review"
    assert source.format.encoding == "cp1252"
    assert source.attributes == {"country": "land"}


@pytest.mark.usefixtures("shop")
def test_the_sources_own_words_win_and_leave_the_rest_of_how_it_is_read():
    source = told(channel="survey", format={"delimiter": ","}, text="words", id={"derive": ["a", "b"]})
    assert source.channel == "survey"
    assert (source.format.delimiter, source.format.encoding) == (",", "cp1252")
    assert source.text.title is None
    assert source.id.derive == ("a", "b")
    assert source.rating.scale == (1, 5)


@pytest.mark.usefixtures("shop")
def test_a_key_that_is_null_drops_the_presets():
    assert told(rating=None).rating is None


@pytest.mark.usefixtures("shop")
def test_what_a_preset_says_counts_and_not_its_name():
    written_out = parse_source(told().model_dump(exclude={"preset", "name"}), "feed.yml", "feed")
    assert told().fingerprint() == written_out.fingerprint()
    assert told(text="words").fingerprint() != written_out.fingerprint()


@pytest.mark.usefixtures("shop")
def test_an_unknown_preset_is_told_with_those_there_are():
    with pytest.raises(
        ConfigError, match=r"feed.yml: no such preset \(found 'shopp'\); accepted: shop; did you"
    ):
        parse_source({"preset": "shopp", **OWN}, "feed.yml", "feed")


def test_an_unknown_kind_is_told_with_those_there_are():
    with pytest.raises(
        ConfigError, match=r"no such kind of source \(found 'file'\); accepted: files.*`files`"
    ):
        parse_source({"kind": "file", **OWN}, "feed.yml", "feed")
