"""What pydantic finds wrong in a person's YAML, as one sentence: key, found, accepted, fix."""

import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from configs.errors import ConfigError
from flows.sources.suggest import did_you_mean


def as_config_error(place: str, error: ValidationError, model: type[BaseModel]) -> ConfigError:
    """The first thing that is wrong in the YAML at `place`, which was to be a `model`."""
    # a key that is unknown explains one that is missing: it comes first
    first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
    *path, last = [str(part) for part in first["loc"]] or [""]
    key = ".".join([*path, last])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        known = _keys_at(model, path)
        fix = did_you_mean(last, known)
        return ConfigError(f"unknown key `{key}`", place=place, accepted=known, fix=fix)
    if first["type"] == "missing":
        return ConfigError(f"the key `{key}` is missing", place=place, fix=f"add `{last}:`")
    accepted = str(first.get("ctx", {}).get("expected", "")) or None
    found = first["input"] if isinstance(first["input"], str | int | float | bool) else None
    fix = did_you_mean(str(found), re.findall(r"'([^']+)'", accepted)) if accepted and found else None
    what = "is not one of the accepted values" if accepted else message
    return ConfigError(
        f"`{key}`: {what}" if key else what, place=place, found=found, accepted=accepted, fix=fix
    )


def _keys_at(model: type[BaseModel], path: list[str]) -> list[str]:
    """Names of the keys that the block at `path` knows."""
    for part in path:
        field = model.model_fields.get(part)
        inner = _model_in(field.annotation) if field else None
        model = inner or model
    return [field.alias or name for name, field in model.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
