"""From a folder of YAML files to checked sources, and from a source to what reads it."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import ValidationError

from configs.errors import ConfigError
from flows.sources.apis.config import RestConfig, ZendeskConfig
from flows.sources.config import FilesConfig, SourceConfig
from flows.sources.files import PARIS, FilesReader
from flows.sources.objects import ObjectsReader, is_object
from flows.sources.presets import with_preset
from flows.sources.reader import Reader
from flows.sources.refusal import as_config_error
from flows.sources.sql.config import SqlConfig
from flows.sources.suggest import did_you_mean

KINDS: dict[str, type[SourceConfig]] = {
    "files": FilesConfig,
    "rest": RestConfig,
    "zendesk": ZendeskConfig,
    "sql": SqlConfig,
}


def load_sources(folder: Path, only: Sequence[str] = ()) -> list[SourceConfig]:
    """Every source of `folder` (`*.yml`, `*.yaml`), by name; with `only`, those of these names.

    Raises:
        ConfigError: no such folder, a file that is no valid source, two of one name, a name that is unknown.
    """
    if not folder.is_dir():
        raise ConfigError("no folder of sources here", place=folder, fix="set `sources_dir`")
    files = sorted([*folder.glob("*.yml"), *folder.glob("*.yaml")])
    wanted = [file for file in files if not only or file.stem in only]  # a broken neighbour stops nobody else
    sources = sorted((load_source(file) for file in wanted), key=lambda source: source.name)
    for first, second in pairwise(sources):
        if first.name == second.name:
            raise ConfigError("two sources have this name", place=folder, found=first.name, fix="rename one")
    _refuse_unknown_names(folder, only, sorted({file.stem for file in files}))
    return sources


def load_source(file: Path) -> SourceConfig:
    """The source that one YAML file describes.

    Raises:
        ConfigError: not readable, an unknown key, a wrong value; it names file, key, found and accepted.
    """
    try:
        told = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        found = " ".join(str(error).split())
        raise ConfigError("not readable as YAML", place=file, found=found, fix="mend this line") from None
    if not isinstance(told, dict):
        raise ConfigError("not a source's description", place=file, accepted="lines of `key: value`")
    return parse_source(told, place=str(file), name=file.stem)


def parse_source(told: dict[str, Any], place: str, name: str) -> SourceConfig:
    """The source that a dict describes; `name` is that of its file, and its own where it gives none.

    Raises:
        ConfigError: an unknown kind, preset or key, or a wrong value.
    """
    if told.get("name", name) != name:
        fix = "leave `name` out, or name the file after it"
        raise ConfigError("`name` is not the file's", place=place, found=told["name"], accepted=name, fix=fix)
    told = with_preset(told, place)
    described = _kind(told.get("kind", "files"), place)
    try:
        return described.model_validate({"name": name, **told})
    except ValidationError as error:
        raise as_config_error(place, error, described) from None


def reader(config: SourceConfig, root: Path, zone: ZoneInfo = PARIS, key: bytes = b"") -> Reader:
    """What reads a source of this kind; `root`, `zone` and `key` as FilesReader takes them."""
    if isinstance(config, RestConfig):
        from flows.sources.apis.rest import RestReader

        return RestReader(config, zone, key)
    if isinstance(config, ZendeskConfig):
        from flows.sources.apis.zendesk import ZendeskReader

        return ZendeskReader(config, zone, key)
    if isinstance(config, SqlConfig):
        from flows.sources.sql.reader import SqlReader

        return SqlReader(config, root, zone, key)
    assert isinstance(config, FilesConfig)
    if is_object(config.path):
        return ObjectsReader(config, root, zone, key)
    return FilesReader(config, root, zone, key)


def _kind(name: Any, place: str) -> type[SourceConfig]:  # noqa: ANN401
    if name not in KINDS:
        fix = did_you_mean(str(name), list(KINDS))
        raise ConfigError("no such kind of source", place=place, found=name, accepted=KINDS, fix=fix)
    return KINDS[name]


def _refuse_unknown_names(folder: Path, only: Sequence[str], known: list[str]) -> None:
    for name in only:
        if name not in known:
            raise ConfigError(
                "no such source", place=folder, found=name, accepted=known, fix=did_you_mean(name, known)
            )
