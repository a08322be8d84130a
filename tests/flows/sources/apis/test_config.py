"""What an API's YAML may say, and how a mistake is told."""

import re

import pytest
import yaml
from pydantic import BaseModel

from configs.errors import ConfigError
from configs.settings import PROJECT
from flows.sources.apis import blocks, config
from flows.sources.presets import names
from flows.sources.registry import KINDS
from tests.flows.sources.apis.helpers import REST, source

BASE = REST | {"base": "https://api.example.com"}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"auth": {"type": "bearer"}}, "`env` names the environment variable"),
        ({"auth": {"type": "bearer", "env": "my token!"}}, "`auth.env`"),
        ({"auth": {"type": "bearer", "token": "s3cret"}}, "unknown key `auth.token`"),
        ({"auth": {"type": "header", "env": "A"}}, "needs `name`"),
        ({"auth": {"type": "basic", "env": "A"}}, "needs either `user` or `secret_user: true`"),
        ({"auth": {"type": "token", "env": "A"}}, "'bearer', 'basic', 'header', 'query' or 'none'"),
        ({"base": "api.example.com"}, "`base`"),
        ({"path": "/forms/{form}"}, "`{form}` has no value: add `fill: {form: …}`"),
        ({"rows": "data[?"}, "not a JMESPath expression: data[?"),
        ({"paging": {"type": "cursor", "next": "a"}}, "`type: cursor` needs `param`"),
        ({"paging": {"type": "next_url"}}, "`type: next_url` needs `next`"),
        ({"paging": {"type": "pages"}}, "did you mean `page`?"),
        ({"paging": {"type": "page", "param": "page", "most": 3}}, "needs `since: {param: …}`"),
        ({"since": {"param": "since"}}, "the key `since.column` is missing"),
        ({"since": {"column": "at", "lookback": "an hour"}}, "accepted: such as"),
        ({"retry": {"tries": 0}}, "`retry.tries`"),
        ({"timeout": 0}, "`timeout`"),
        ({"spread": {"answers": {"list": "answers"}}}, "`spread.answers.key` is missing"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_with_its_key(told, said):
    with pytest.raises(ConfigError) as error:
        source(**BASE | told)
    assert str(error.value).startswith("feed.yml: ")
    assert "\n" not in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "told", [{"auth": {"type": "bearer", "token": "s3cret"}}, {"base": "https://me:s3cret@api.example.com"}]
)
def test_a_secret_in_the_yaml_is_refused_without_being_told(told):
    with pytest.raises(ConfigError) as error:
        source(**BASE | told)
    assert "s3cret" not in str(error.value)


def test_every_key_says_what_it_is_and_shows_an_example():
    models = {
        each
        for module in (blocks, config)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, BaseModel)
    }
    assert len(models) > 6
    for model in models:
        for name, field in model.model_fields.items():
            assert "`" in (field.description or ""), f"{model.__name__}.{name}"


def test_patience_and_credentials_make_no_row_another_one():
    first = source(**BASE)
    other = {"auth": {"type": "none"}, "timeout": 60, "retry": {"tries": 9}, "headers": {"X-A": "b"}}
    assert source(**BASE | other).fingerprint() == first.fingerprint()
    assert source(**BASE | {"rows": "items"}).fingerprint() != first.fingerprint()


OWN = {
    "typeform": {"fill": {"form": "lT4Z3j"}, "text": "answers.why"},
    "zendesk": {"subdomain": "acme", "auth": {"user": "nuit@acme.fr/token"}},
    "freshdesk": {"fill": {"domain": "acme"}},
    "surveymonkey": {"fill": {"survey": "1"}, "text": "answers.1"},
    "trustpilot": {"fill": {"business": "46d6a890000064000500e0c3"}},
}


@pytest.mark.parametrize("preset", OWN)
def test_a_preset_needs_only_what_is_a_customers_own(preset):
    assert preset in names()
    made = source(preset=preset, **OWN[preset])
    assert made.place.startswith("https://")
    assert "{" not in made.place


def test_every_example_of_the_documentation_is_a_source():
    page = (PROJECT / "docs" / "sources.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 8
    kinds = {source(**yaml.safe_load(example)).kind for example in examples}
    assert kinds == set(KINDS)
