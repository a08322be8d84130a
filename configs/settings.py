"""Settings: one flat, frozen, typed list, read from `configs/ressenti.yml` and the environment.

The environment wins over the file (`RESSENTI_DATABASE_URL` sets `database_url`), an explicit argument wins
over both. Unknown names are refused. Secrets are no settings: they come from the environment only.
"""

import os
import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import yaml
from dotenv import dotenv_values
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from configs.errors import ConfigError
from configs.periods import Period

PROJECT = Path(__file__).resolve().parent.parent
CONFIG_FILE = PROJECT / "configs" / "ressenti.yml"
KEY_VARIABLE = "RESSENTI_KEY"
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]


class Settings(BaseSettings):
    """Everything that a run may be told. Paths are absolute once read; relative ones start at the project."""

    model_config = SettingsConfigDict(env_prefix="RESSENTI_", extra="forbid", frozen=True)

    database_url: str = Field(
        "sqlite:///state/ressenti.db", description="where records go: SQLite or PostgreSQL"
    )
    state_dir: Path = Field(Path("state"), description="what the program keeps for itself; safe to delete")
    sources_dir: Path = Field(Path("configs/sources"), description="one YAML file per source")
    taxonomy: Path = Field(Path("configs/taxonomy.yml"), description="labels, their names and definitions")
    followup: Path = Field(Path("configs/followup.yml"), description="which tags open a follow-up")
    model: str = Field("nlp/models/bundled", description="model folder, or the id of a model of the hub")
    label_map: Path | None = Field(None, description="YAML: another model's labels -> ours")
    thresholds: Path | None = Field(None, description="YAML: thresholds to use instead of the model's own")
    engine: Literal["auto", "onnx", "torch"] = Field("auto", description="what computes the scores")
    threads: int | None = Field(None, ge=1, description="threads of the engine; all cores if not set")
    languages: Annotated[tuple[Language, ...], NoDecode] = Field(
        ("fr", "en", "es", "de", "it"), min_length=1, description="languages that are scored, ISO 639-1"
    )
    chunk_texts: int = Field(500, ge=1, le=500, description="most texts in one chunk (one transaction)")
    chunk_tokens: int = Field(35_000, ge=600, le=35_000, description="most tokens in one chunk")
    retention: Period = Field(
        "3 years", description="how long feedback is kept after its customer's last contact"
    )
    retention_nightly: bool = Field(
        False, description="erase at the end of each night what was kept for so long"
    )
    timezone: str = Field("Europe/Paris", description="dates without a zone, and days in reports")

    @field_validator("languages", mode="before")
    @classmethod
    def _words(cls, value: Any) -> Any:  # noqa: ANN401
        """The environment has no lists: there it is `fr, en`."""
        return re.findall(r"[^][\s,'\"]+", value) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            near = get_close_matches(value, available_timezones(), n=3, cutoff=0.4) or ["Europe/Paris", "UTC"]
            raise ValueError(f"no such time zone; for example {', '.join(near)}")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.timezone)

    @classmethod
    def settings_customise_sources(  # the environment before what the file says
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment first: `load_settings` passes the file's values as arguments."""
        return env_settings, init_settings


def load_settings(file: Path | None = None, **overrides: Any) -> Settings:  # noqa: ANN401
    """Settings from `file` (default `configs/ressenti.yml`), the environment, and `overrides` on top.

    Raises:
        ConfigError: a file that can't be read, an unknown setting or a value out of range.
    """
    _read_dotenv()
    path = file or Path(os.environ.get("RESSENTI_CONFIG", CONFIG_FILE))
    values = _read_yaml(path)
    _check_environment()
    try:
        settings = Settings(**values)
        settings = settings.model_copy(update=_checked(overrides))
    except ValidationError as error:
        raise _as_config_error(path, error) from None
    return settings.model_copy(update=_absolute(settings))


def _read_dotenv() -> None:
    """What the git-ignored .env sets and the environment does not, such as the key that `make run` wrote."""
    for name, value in dotenv_values(PROJECT / ".env").items():
        if name.startswith("RESSENTI_") and value is not None:
            os.environ.setdefault(name, value)


def _checked(overrides: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in overrides.items() if value is not None}
    # Under a prefix that no variable has: the environment, which comes first, must not win over an argument.
    checked = Settings(**given | {"_env_prefix": "RESSENTI ARGUMENT "})
    return {name: getattr(checked, name) for name in given}


def _read_yaml(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ConfigError(
            "no settings file here", place=path, fix="give one with --config FILE or set RESSENTI_CONFIG"
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError("not readable as YAML", place=path, found=str(error).replace("\n", " ")) from None
    if not isinstance(values, dict):
        raise ConfigError("not a list of settings", place=path, accepted="lines of `name: value`")
    return values


def _check_environment() -> None:
    known = {f"RESSENTI_{name.upper()}" for name in Settings.model_fields}
    known |= {"RESSENTI_CONFIG", KEY_VARIABLE}
    for name in os.environ:
        if name.startswith("RESSENTI_") and name not in known:
            near = get_close_matches(name, known, n=1)
            raise ConfigError(
                "unknown setting in the environment",
                place=name,
                accepted=sorted(known),
                fix=f"did you mean `{near[0]}`?" if near else None,
            )


def located(model: str) -> str:
    """A model's folder as an absolute path; anything else, such as an id of the hub, as it is."""
    return str(PROJECT / model) if (PROJECT / model).is_dir() else model


def portable(model: str) -> str:
    """The same the other way round, so that another machine finds the folder in its own copy of the project."""
    return str(Path(model).relative_to(PROJECT)) if Path(model).is_relative_to(PROJECT) else model


def _absolute(settings: Settings) -> dict[str, Any]:
    """Relative paths start at the project's folder, wherever the command is called from."""
    paths = {
        name: PROJECT / value
        for name in Settings.model_fields
        if isinstance(value := getattr(settings, name), Path)
    }
    paths["model"] = located(settings.model)  # type: ignore[assignment]
    url = settings.database_url
    if url.startswith("sqlite:///") and not url.startswith("sqlite:////") and ":memory:" not in url:
        paths["database_url"] = f"sqlite:///{PROJECT / url.removeprefix('sqlite:///')}"  # type: ignore[assignment]
    return paths


def _as_config_error(path: Path, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        near = get_close_matches(name, Settings.model_fields, n=1)
        return ConfigError(
            f"unknown setting `{name}`",
            place=path,
            accepted=list(Settings.model_fields),
            fix=f"did you mean `{near[0]}`?" if near else None,
        )
    variable = f"RESSENTI_{str(first['loc'][0]).upper()}"  # the environment wins, so it is at fault
    place = variable if variable in os.environ else path
    message = first["msg"].removeprefix("Value error, ")
    return ConfigError(f"`{name}`: {message}", place=place, found=first["input"])
