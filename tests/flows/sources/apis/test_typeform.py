"""Typeform by its preset: `before` tokens, answers by the ref of their question, what comes late, faults."""

import pytest

from configs.errors import ConfigError
from tests.flows.sources.apis.helpers import done, items, reader_of, records, texts
from tests.flows.sources.apis.server import Faults, mount
from tests.flows.sources.apis.vendors import answer, response, typeform

OWN = {
    "preset": "typeform",
    "fill": {"form": "lT4Z3j"},
    "text": {"columns": ["answers.why", {"column": "answers.improve", "label": "À améliorer :"}]},
    "nps": "answers.recommend",
    "customer": "hidden.client",
    "attributes": {"landed_at": "landed_at", "reasons": "answers.reasons", "again": "answers.again"},
    "retry": {"tries": 6, "first_wait": 0.01},
    "optional": ["hidden.client"],
}


def opened(responses, faults=None, most=1000, **told):
    api = mount(typeform(responses, most), faults)
    return reader_of(**OWN | {"base": api.base} | told), api


def simple(number, day):
    submitted = f"2025-01-{day:02}T08:{number % 60:02}:00Z"
    return response(f"t{number}", submitted, answer("why", "text", f"réponse {number}"))


def test_a_response_becomes_a_record_with_its_answers_by_ref():
    whole = response(
        "tok1",
        "2025-01-10T08:30:00Z",
        answer("why", "text", "Livraison en retard"),
        answer("improve", "choice", {"label": "Les délais"}),
        answer("recommend", "number", 0),
        answer("reasons", "choices", {"labels": ["Prix", "Délai"]}),
        answer("again", "boolean", False),
        landed_at="2025-01-10T08:25:00Z",
        hidden={"client": "c-42"},
    )
    rows, _ = opened([whole])
    rows.check()
    [record] = records(items(rows))
    assert record.external_id == "tok1"
    assert record.text == "Livraison en retard\nÀ améliorer : Les délais"
    assert record.nps == 0
    assert record.customer == "c-42"
    assert record.written.at.isoformat() == "2025-01-10T08:30:00+00:00"
    assert record.attributes == {
        "landed_at": "2025-01-10T08:25:00Z",
        "reasons": "Prix, Délai",
        "again": "false",
    }


@pytest.mark.parametrize(
    ("kind", "value", "found"),
    [
        ("text", "oui", "oui"),
        ("email", "lea@exemple.fr", "lea@exemple.fr"),
        ("choice", {"other": "autre chose"}, "autre chose"),
        ("choices", {"labels": ["a", "b"]}, "a, b"),
        ("number", 7, "7"),
        ("boolean", True, "true"),
        ("date", "2025-01-01", "2025-01-01"),
    ],
)
def test_every_type_of_answer_has_its_value(kind, value, found):
    rows, _ = opened(
        [response("t", "2025-01-10T08:30:00Z", answer("why", kind, value))], text="answers.why", nps=None
    )
    assert texts(items(rows)) == [found]


def test_pages_follow_each_other_by_the_before_token():
    rows, api = opened([simple(n, 1 + n // 2) for n in range(25)], most=10)
    assert texts(items(rows)) == [f"réponse {n}" for n in reversed(range(25))]
    assert [request.query.get("before") for request in api.asked] == [None, "t15", "t5", "t0"]
    assert {request.query["completed"] for request in api.asked} == {"true"}


def test_the_next_night_asks_since_the_newest_and_finds_what_came_late():
    responses = [simple(n, 1 + n) for n in range(10)]
    rows, api = opened(responses)
    first = items(rows)
    responses += [simple(98, 10), simple(99, 9)]
    again = items(rows, done(first))
    assert {"réponse 98", "réponse 99"} <= set(texts(again))
    assert api.asked[-1].query["since"] == "2025-01-09T00:00:00Z"
    assert len(texts(again)) == 4


def test_an_empty_form_is_an_empty_page():
    rows, _ = opened([])
    rows.check()
    assert items(rows) == []


def test_a_fifth_of_the_requests_may_fail():
    faults = Faults(seed=5, late=1.2)
    rows, _ = opened([simple(n, 1 + n // 3) for n in range(75)], faults, most=2, timeout=1)
    assert sorted(texts(items(rows))) == sorted(f"réponse {n}" for n in range(75))
    assert len(faults.met) > 4


def test_a_wrong_token_names_its_variable(monkeypatch):
    monkeypatch.setenv("TYPEFORM_TOKEN", "wrong")
    rows, _ = opened([])
    with pytest.raises(
        ConfigError, match=r"\(found 403\); set TYPEFORM_TOKEN to a secret that may read this"
    ):
        rows.check()


def test_a_wrong_form_says_what_to_mend():
    rows, _ = opened([], fill={"form": "another"})
    with pytest.raises(
        ConfigError, match=r"/forms/another/responses: no such thing \(found 404\); mend .*`fill`"
    ):
        rows.check()
