"""Which tags ask a person for something: rules from `configs/followup.yml`, applied by pure functions."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from configs.errors import ConfigError
from flows.sources.record import Channel
from flows.sources.refusal import as_config_error
from flows.sources.suggest import did_you_mean

Priority = Literal["urgent", "high", "normal"]


class When(BaseModel):
    """A condition on a feedback's tags; the three parts hold together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    all: tuple[str, ...] = ()
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _asks_for_something(self) -> "When":
        if not (self.all or self.any):
            raise ValueError("names no label to look for under `all` or `any`")
        return self

    def holds(self, wanted: Collection[str], present: Collection[str]) -> bool:
        """True if `wanted` (tags strong enough) meet `all` and `any`, and no tag `present` is in `none`."""
        return (
            all(label in wanted for label in self.all)
            and (not self.any or any(label in wanted for label in self.any))
            and not any(label in present for label in self.none)
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """Every label that the condition names."""
        return self.all + self.any + self.none


class Rule(BaseModel):
    """One kind of follow-up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    name: str
    when: When
    sure: bool = False
    experimental: bool = False
    channels: tuple[Channel, ...] = ("review", "survey", "ticket")
    priority: Priority
    team: str
    within_hours: float = Field(gt=0)


class Policy(BaseModel):
    """All rules, and how old a feedback may be to open anything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_age_days: float = Field(14, gt=0)
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _one_rule_per_id(self) -> "Policy":
        ids = [rule.id for rule in self.rules]
        if twice := {name for name in ids if ids.count(name) > 1}:
            raise ValueError(f"rule id used twice: {', '.join(sorted(twice))}")
        return self


@dataclass(frozen=True, slots=True)
class Case:
    """What the policy looks at in one feedback.

    `tags` maps each tagged label to whether it is sure; `experimental` names the labels that were measured
    on too few real texts to act on by default.
    """

    channel: str
    discovered_at: datetime
    written_at: datetime | None
    tags: Mapping[str, bool]
    experimental: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Rules that a feedback sets off; `too_old` says that its age keeps them from opening anything."""

    rules: tuple[Rule, ...]
    too_old: bool


def decide(policy: Policy, case: Case, at: datetime) -> Decision:
    """The rules that `case` sets off at the moment `at`, in the policy's order.

    Its age is that of the text, not of its discovery: a model that comes a year later must not ask people to act
    on what is long past.
    """
    rules = tuple(rule for rule in policy.rules if _applies(rule, case))
    written = case.written_at or case.discovered_at
    too_old = at - written > timedelta(days=policy.max_age_days)
    return Decision(rules, too_old)


def due(rule: Rule, discovered_at: datetime) -> datetime:
    """When a follow-up of `rule` must be done: counted from discovery, not from the run that opens it."""
    return discovered_at + timedelta(hours=rule.within_hours)


def opener(rule: Rule, case: Case) -> str:
    """The label that opens a follow-up of `rule`, which `case` sets off: the first named one that counts."""
    wanted = _wanted(rule, _usable(rule, case))
    return next(label for label in rule.when.all + rule.when.any if label in wanted)


def _applies(rule: Rule, case: Case) -> bool:
    usable = _usable(rule, case)
    return case.channel in rule.channels and rule.when.holds(_wanted(rule, usable), usable)


def _usable(rule: Rule, case: Case) -> dict[str, bool]:
    return {
        label: sure
        for label, sure in case.tags.items()
        if rule.experimental or label not in case.experimental
    }


def _wanted(rule: Rule, usable: Mapping[str, bool]) -> set[str]:
    return {label for label, sure in usable.items() if sure or not rule.sure}


def load_policy(path: Path, labels: Collection[str]) -> Policy:
    """The policy in `path`, its labels checked against `labels`.

    Raises:
        ConfigError: no such file, an unknown key or an unknown label.
    """
    if not path.is_file():
        raise ConfigError("no follow-up policy here", place=path, fix="set `followup` to an existing file")
    policy = _parsed(path)
    for rule in policy.rules:
        for label in rule.when.labels:
            if label not in labels:
                place, fix = f"{path}: rule {rule.id}", did_you_mean(label, sorted(labels))
                raise ConfigError("unknown label", place=place, found=label, accepted=sorted(labels), fix=fix)
    return policy


def _parsed(path: Path) -> Policy:
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        found = " ".join(str(error).split())
        raise ConfigError("not readable as YAML", place=path, found=found, fix="mend this line") from None
    if not isinstance(told, dict):
        raise ConfigError("not a follow-up policy", place=path, accepted="lines of `key: value`")
    try:
        return Policy.model_validate(told)
    except ValidationError as error:
        raise as_config_error(str(path), error, Policy) from None
