"""Settings: what wins over what, and what is refused at start with its place and what would be accepted."""

import os

import pytest

import configs.settings
from configs.errors import ConfigError
from configs.settings import PROJECT, Settings, load_settings


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch):
    for name in list(os.environ):
        if name.startswith("RESSENTI_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(configs.settings, "dotenv_values", lambda _path: {})


@pytest.fixture
def written(tmp_path):
    """Settings from a file with this text."""

    def load(text, **overrides):
        file = tmp_path / "settings.yml"
        file.write_text(text, encoding="utf-8")
        return load_settings(file, **overrides)

    return load


def test_what_ships_is_what_the_code_takes_for_granted():
    shipped = load_settings().model_dump()
    defaults = Settings().model_dump()
    assert {name for name in shipped if shipped[name] != defaults[name]} <= {
        "database_url", "state_dir", "sources_dir", "taxonomy", "followup", "model",  # made absolute
    }  # fmt: skip


def test_the_file_says_what_is_not_the_default(written):
    assert written("chunk_texts: 100").chunk_texts == 100
    assert written("").chunk_texts == 500


def test_the_environment_wins_over_the_file(written, monkeypatch):
    monkeypatch.setenv("RESSENTI_CHUNK_TEXTS", "50")
    assert written("chunk_texts: 100").chunk_texts == 50


def test_the_command_line_wins_over_both(written, monkeypatch):
    monkeypatch.setenv("RESSENTI_MODEL", "of/environment")
    assert written("model: of/file", model="of/command").model == "of/command"
    assert written("model: of/file", model=None).model == "of/environment"


def test_a_key_in_dotenv_counts_where_the_environment_has_none(monkeypatch, written):
    monkeypatch.setattr(configs.settings, "dotenv_values", lambda _path: {"RESSENTI_KEY": "a", "OTHER": "b"})
    monkeypatch.setenv("RESSENTI_KEY", "")
    monkeypatch.delenv("RESSENTI_KEY")
    written("")
    assert os.environ["RESSENTI_KEY"] == "a"
    assert "OTHER" not in os.environ
    monkeypatch.setenv("RESSENTI_KEY", "mine")
    written("")
    assert os.environ["RESSENTI_KEY"] == "mine"


def test_relative_paths_start_at_the_project_wherever_one_stands(written, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    told = written("sources_dir: configs/sources\ndatabase_url: sqlite:///state/x.db")
    assert told.sources_dir == PROJECT / "configs" / "sources"
    assert told.database_url == f"sqlite:///{PROJECT}/state/x.db"
    assert written("database_url: sqlite:////tmp/x.db").database_url == "sqlite:////tmp/x.db"
    assert written("database_url: postgresql://u@h/d").database_url == "postgresql://u@h/d"


def test_settings_are_frozen(written):
    with pytest.raises(ValueError, match="frozen"):
        written("").chunk_texts = 3


def test_the_file_may_be_named_in_the_environment(monkeypatch, tmp_path):
    (tmp_path / "mine.yml").write_text("chunk_texts: 7")
    monkeypatch.setenv("RESSENTI_CONFIG", str(tmp_path / "mine.yml"))
    assert load_settings().chunk_texts == 7


def _refused(load):
    with pytest.raises(ConfigError) as refused:
        load()
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_an_unknown_setting_in_the_file_is_refused(written):
    told = _refused(lambda: written("databse_url: x"))
    assert "settings.yml: unknown setting `databse_url`; accepted: database_url, state_dir, " in told
    assert told.endswith("did you mean `database_url`?")


def test_an_unknown_setting_in_the_environment_is_refused(written, monkeypatch):
    monkeypatch.setenv("RESSENTI_DATABSE_URL", "x")
    told = _refused(lambda: written(""))
    assert told.startswith(
        "RESSENTI_DATABSE_URL: unknown setting in the environment; accepted: RESSENTI_CHUNK_TEXTS"
    )
    assert "did you mean `RESSENTI_DATABASE_URL`?" in told


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("chunk_texts: 501", r"`chunk_texts`: Input should be less than or equal to 500 (found 501)"),
        ("chunk_tokens: many", r"`chunk_tokens`"),
        ("engine: gpu", r"`engine`: Input should be 'auto', 'onnx' or 'torch' (found 'gpu')"),
        ("timezone: Europe/Pari", r"`timezone`: no such time zone; for example Europe/Paris"),
        ("languages: [fr, french]", r"`languages.1`: "),
        ("languages: []", r"`languages`"),
        ("threads: 0", r"`threads`"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_place(written, text, sentence):
    told = _refused(lambda: written(text))
    assert "settings.yml: " in told
    assert sentence in told


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("RESSENTI_CHUNK_TEXTS", "501", "less than or equal to 500 (found '501')"),
        ("RESSENTI_ENGINE", "gpu", "'auto', 'onnx' or 'torch' (found 'gpu')"),
        ("RESSENTI_LANGUAGES", "fr, french", "(found 'french')"),
    ],
)
def test_a_wrong_value_in_the_environment_names_the_variable(written, monkeypatch, name, value, sentence):
    monkeypatch.setenv(name, value)
    told = _refused(lambda: written(""))
    assert told.startswith(f"{name}: ")
    assert sentence in told


def test_languages_in_the_environment_may_be_words_with_commas(written, monkeypatch):
    monkeypatch.setenv("RESSENTI_LANGUAGES", "fr, en")
    assert written("").languages == ("fr", "en")
    monkeypatch.setenv("RESSENTI_LANGUAGES", '["fr"]')
    assert written("").languages == ("fr",)


def test_a_wrong_override_is_refused_too(written):
    assert "`engine`" in _refused(lambda: written("", engine="gpu"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: [", "not readable as YAML"), ("- a", "not a list of settings; accepted: lines of `name: value`")],
)
def test_a_file_that_is_none_is_refused(written, text, sentence):
    assert sentence in _refused(lambda: written(text))


def test_a_missing_file_says_how_to_give_one(tmp_path):
    told = _refused(lambda: load_settings(tmp_path / "none.yml"))
    assert told.endswith("no settings file here; give one with --config FILE or set RESSENTI_CONFIG")


def test_every_setting_says_what_it_is():
    assert all(field.description for field in Settings.model_fields.values())
