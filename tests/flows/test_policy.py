"""The follow-up policy: what opens one, and what is refused at start in one sentence."""

from datetime import UTC, datetime, timedelta

import pytest

from configs.errors import ConfigError
from configs.settings import load_settings
from configs.taxonomy import load_taxonomy
from flows.followup.policy import Case, Policy, decide, due, load_policy, opener

NOW = datetime(2026, 11, 20, 3, 30, tzinfo=UTC)
LABELS = load_taxonomy().ids
RULE = {"id": "a", "name": "A", "priority": "high", "team": "care", "within_hours": 24}


def _decide(tags, *, age=0.0, written=True, channel="review", experimental=(), **rule):
    policy = Policy.model_validate({"rules": [RULE | {"when": {"any": ["anger"]}} | rule]})
    case = Case(channel, NOW, NOW - timedelta(days=age) if written else None, tags, experimental)
    decision = decide(policy, case, NOW)
    return [found.id for found in decision.rules], decision.too_old


SURE, UNSURE = True, False


@pytest.mark.parametrize(
    ("when", "tags", "opens"),
    [
        ({"any": ["anger", "joy"]}, {"joy": UNSURE}, True),
        ({"any": ["anger", "joy"]}, {"trust": SURE}, False),
        ({"all": ["anger", "joy"]}, {"anger": SURE, "joy": UNSURE}, True),
        ({"all": ["anger", "joy"]}, {"anger": SURE}, False),
        ({"all": ["anger"], "any": ["joy", "trust"]}, {"anger": SURE}, False),
        ({"all": ["anger"], "any": ["joy", "trust"]}, {"anger": SURE, "trust": SURE}, True),
        ({"any": ["anger"], "none": ["resolved"]}, {"anger": SURE, "resolved": UNSURE}, False),
        ({"any": ["anger"], "none": ["resolved"]}, {"anger": SURE}, True),
        ({"any": ["anger"]}, {}, False),
        ({"any": ["anger"]}, {"unclear": UNSURE}, False),
    ],
)
def test_a_condition_holds_when_its_three_parts_do(when, tags, opens):
    assert _decide(tags, when=when)[0] == (["a"] if opens else [])


def test_sure_looks_past_tags_that_are_not():
    assert _decide({"anger": UNSURE}, sure=True)[0] == []
    assert _decide({"anger": SURE}, sure=True)[0] == ["a"]


def test_a_tag_that_is_not_sure_still_keeps_a_sure_rule_from_opening():
    when = {"any": ["anger"], "none": ["resolved"]}
    assert _decide({"anger": SURE, "resolved": UNSURE}, sure=True, when=when)[0] == []


def test_experimental_labels_open_none_unless_the_rule_says_so():
    assert _decide({"anger": SURE}, experimental=["anger"])[0] == []
    policy = Policy.model_validate({"rules": [RULE | {"when": {"any": ["anger"]}, "experimental": True}]})
    case = Case("review", NOW, NOW, {"anger": SURE}, ["anger"])
    assert len(decide(policy, case, NOW).rules) == 1


def test_a_rule_is_for_its_channels():
    assert _decide({"anger": SURE}, channels=["ticket"])[0] == []
    assert _decide({"anger": SURE}, channels=["ticket"], channel="ticket")[0] == ["a"]


@pytest.mark.parametrize(("age", "too_old"), [(13.99, False), (14.0, False), (14.01, True)])
def test_what_is_older_than_max_age_days_is_too_old(age, too_old):
    assert _decide({"anger": SURE}, age=age) == (["a"], too_old)


@pytest.mark.parametrize("written", [NOW, None])
def test_a_model_that_comes_later_opens_none_for_what_is_long_past(written):
    policy = Policy.model_validate({"rules": [RULE | {"when": {"any": ["anger"]}}]})
    case = Case("review", NOW, written, {"anger": SURE})
    assert decide(policy, case, NOW + timedelta(days=15)).too_old
    assert not decide(policy, case, NOW + timedelta(days=13)).too_old


def test_without_a_date_it_was_written_when_it_was_found():
    assert _decide({"anger": SURE}, written=False) == (["a"], False)


def test_due_is_discovery_and_the_hours():
    [rule] = Policy.model_validate({"rules": [RULE | {"when": {"any": ["anger"]}}]}).rules
    assert due(rule, NOW) == NOW + timedelta(hours=24)


@pytest.mark.parametrize(
    ("sure", "experimental", "tags", "label"),
    [
        (True, (), {"anger": UNSURE, "injustice": SURE}, "injustice"),
        (False, (), {"anger": UNSURE, "injustice": SURE}, "anger"),
        (False, ("anger",), {"anger": SURE, "injustice": SURE}, "injustice"),
    ],
)
def test_the_label_shown_is_one_that_opened_it_not_one_that_is_only_there(sure, experimental, tags, label):
    told = RULE | {"when": {"any": ["anger", "injustice"]}, "sure": sure}
    [rule] = Policy.model_validate({"rules": [told]}).rules
    assert opener(rule, Case("review", NOW, NOW, tags, experimental)) == label


def test_the_policy_that_ships_is_valid():
    assert len(load_policy(load_settings().followup, LABELS).rules) >= 3


WRONG = {
    "unknown label": (
        "rules: [{id: a, name: A, when: {any: [angre]}, priority: high, team: t, within_hours: 1}]",
        r"rule a: unknown label \(found 'angre'\); accepted: advocacy, anger, .*did you mean `?anger",
    ),
    "unknown key": (
        "rules: [{id: a, name: A, when: {any: [anger]}, prio: high, priority: high, team: t, within_hours: 1}]",
        r"unknown key `rules\.0\.prio`; accepted: id, name, when, .*did you mean `?priority",
    ),
    "unknown key of a condition": (
        "rules: [{id: a, name: A, when: {some: [anger]}, priority: high, team: t, within_hours: 1}]",
        r"unknown key `rules\.0\.when\.some`; accepted: all, any, none",
    ),
    "unknown key of the policy": ("max_age: 3", r"unknown key `max_age`; accepted: max_age_days, rules"),
    "unknown priority": (
        "rules: [{id: a, name: A, when: {any: [anger]}, priority: now, team: t, within_hours: 1}]",
        r"`rules\.0\.priority`.*\(found 'now'\); accepted: 'urgent', 'high' or 'normal'",
    ),
    "no hours": (
        "rules: [{id: a, name: A, when: {any: [anger]}, priority: high, team: t, within_hours: 0}]",
        r"`rules\.0\.within_hours`.*greater than 0.*\(found 0\)",
    ),
    "a missing key": (
        "rules: [{id: a, name: A, when: {any: [anger]}, priority: high, within_hours: 1}]",
        r"the key `rules\.0\.team` is missing; add `team:`",
    ),
    "the same id twice": (
        "rules:\n"
        "- {id: a, name: A, when: {any: [anger]}, priority: high, team: t, within_hours: 1}\n"
        "- {id: a, name: B, when: {any: [joy]}, priority: high, team: t, within_hours: 1}\n",
        r"rule id used twice: a",
    ),
    "no condition": (
        "rules: [{id: a, name: A, when: {none: [anger]}, priority: high, team: t, within_hours: 1}]",
        r"`rules\.0\.when`: names no label to look for under `all` or `any`",
    ),
    "no YAML": ("rules: [", r"not readable as YAML"),
    "no list of keys": ("- a\n- b\n", r"not a follow-up policy.*accepted: lines of"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_policy_is_refused_in_one_sentence_with_place_found_and_accepted(tmp_path, kind):
    written, sentence = WRONG[kind]
    path = tmp_path / "followup.yml"
    path.write_text(written)
    with pytest.raises(ConfigError, match=sentence) as refused:
        load_policy(path, LABELS)
    told = str(refused.value)
    assert told.startswith(str(path))
    assert "\n" not in told
    assert refused.value.exit_code == 2


def test_a_missing_policy_says_where_to_name_one(tmp_path):
    with pytest.raises(ConfigError, match=r"no follow-up policy here; set `followup`"):
        load_policy(tmp_path / "none.yml", LABELS)


def test_an_empty_policy_opens_nothing(tmp_path):
    (tmp_path / "followup.yml").write_text("")
    assert load_policy(tmp_path / "followup.yml", LABELS).rules == ()
