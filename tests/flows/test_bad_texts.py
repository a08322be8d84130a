"""Whatever stands where a text should be is scored or refused with a reason, and the texts beside it are scored."""

import pytest

from storage import schema

from .night import current, row, rows

TEXTS = {
    "empty": "",
    "blank": " \t ",
    "emoji": "😡😡😡",
    "long": "Je suis furieux. " * 5900,
    "chinese": "这个服务太慢了，我等了三个星期也没有人回复我的邮件。",
    "russian": "Я жду уже три недели, и никто не отвечает на мои письма.",
    "binary": "\x01\x02\x7f\x80\x9fÿþ PK\x03\x04",
    "pdf": "%PDF-1.7 %âãÏÓ 1 0 obj << /Type /Catalog >> endobj",
    "base64": "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ" * 40,
    "marks": "\u200b\u200e\ufeff",
    "good": "Je suis furieux, personne ne répond à mes messages depuis trois semaines.",
}


@pytest.fixture
def night(small_room):
    """A night over all of them, without a declared language."""
    small_room.feed(*(row(name, text, lang="") for name, text in TEXTS.items()))
    return small_room.night()


def test_each_is_scored_or_refused_and_none_is_lost(night, small_room):
    with small_room.open() as work:
        stored = {each["id"]: each["external_id"] for each in rows(work.engine, schema.feedback)}
        texts = {each["id"]: each for each in rows(work.engine, schema.revision)}
        said = rows(work.engine, schema.prediction)
        sealed = rows(work.engine, schema.quarantine)
        tags = current(work.engine)
    outcome = {stored[texts[each["revision_id"]]["feedback_id"]]: each for each in said}
    told = len(outcome) + len(sealed) + sum(night.by_reason("skipped").values())
    assert told == len(TEXTS)
    assert all(each["outcome"] == "scored" or each["reason"] for each in said)
    assert all(each["reason"] for each in sealed)
    assert all(each["clean_text"] for each in texts.values() if not each["refusal"])
    assert tags["good"] == tags["long"] == {"anger"}


def test_other_languages_are_refused_by_that_reason(night, small_room):
    with small_room.open() as work:
        reasons = {each["reason"] for each in rows(work.engine, schema.prediction)}
    assert "unsupported_language" in reasons
