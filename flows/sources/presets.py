"""Presets: what a known export or API looks like, as defaults of a source's own keys."""

from pathlib import Path
from typing import Any

import yaml

from configs.errors import ConfigError
from flows.sources.suggest import did_you_mean

FOLDER = Path(__file__).resolve().parents[2] / "configs" / "sources" / "presets"
# Blocks with keys that exclude each other: the source's own is the whole block.
_WHOLE = frozenset({"text", "id", "customer", "date", "rating", "nps", "survey", "batch", "language"})


def names() -> list[str]:
    """The presets there are."""
    return sorted(file.stem for file in FOLDER.glob("*.yml"))


def with_preset(told: dict[str, Any], place: str) -> dict[str, Any]:
    """`told` with the keys of the preset that it names, where it does not say them itself.

    What says how to read (`format` and the like) is merged key by key, so that `format: {delimiter: ";"}` leaves
    the preset's encoding as it is. All else takes the place of the preset's, and a key that is `null` drops it.

    Raises:
        ConfigError: no such preset.
    """
    name = told.get("preset")
    if name is None:
        return told
    if name not in names():
        fix = did_you_mean(str(name), names())
        raise ConfigError("no such preset", place=place, found=name, accepted=names(), fix=fix)
    defaults = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return {key: value for key, value in _merged(defaults, told).items() if value is not None}


def _merged(defaults: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    made = defaults | told
    for key in defaults.keys() & told.keys() - _WHOLE:
        if isinstance(defaults[key], dict) and isinstance(told[key], dict):
            made[key] = _merged(defaults[key], told[key])
    return made
