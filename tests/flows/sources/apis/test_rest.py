"""A new API by its YAML alone: pages, what is new, cuts and faults."""

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest

from configs.errors import ConfigError
from flows.sources.preview import outcome
from flows.sources.reader import Position
from tests.flows.sources.apis.helpers import REST, behind, done, items, reader_of, texts
from tests.flows.sources.apis.server import Faults, Reply, cursor_api, mount

SINCE = {"column": "at", "param": "since"}


def row(number, day, text=None):
    return {"ticket": f"T{number}", "at": f"{day}T10:00:00Z", "body": text or f"texte {number}"}


def many(n):
    return [row(number, f"2025-01-{1 + number * 28 // n:02}") for number in range(n)]


def opened(answer, faults=None, **told):
    api = mount(answer, faults)
    return reader_of(**REST | {"base": api.base} | told), api


# Pages

ROWS = [{"ticket": str(number), "body": f"texte {number}"} for number in range(7)]


def _paged(request, host):
    """Seven rows, three a page, whatever way the next page is asked for."""
    start = int(request.query.get("offset", 0)) + 3 * (int(request.query.get("page", 1)) - 1)
    start += int(request.query.get("cursor", 0))
    after = start + 3
    content = {"data": ROWS[start:after], "more": after < 7, "token": str(after)}
    content["next"] = f"{host}/rows?size=3&cursor={after}&key=x" if after < 7 else None
    link = f'<{host}/rows?cursor={after}>; rel="next", <{host}/rows>; rel="first"'
    return Reply(content, headers={"Link": link} if after < 7 else {})


PAGING = {
    "page number": ({"type": "page", "param": "page"}, 4),
    "page number with a known size": ({"type": "page", "param": "page", "size": 3}, 3),
    "offset": ({"type": "offset", "param": "offset"}, 4),
    "cursor": ({"type": "cursor", "param": "cursor", "next": "token"}, 4),
    "cursor that says when it ends": (
        {"type": "cursor", "param": "cursor", "next": "token", "more": "more"},
        3,
    ),
    "link in the body": ({"type": "next_url", "next": "next"}, 3),
    "Link header": ({"type": "link_header"}, 3),
}


@pytest.mark.parametrize(("paging", "requests"), PAGING.values(), ids=PAGING)
def test_every_way_of_paging_gives_each_row_once(paging, requests):
    api = mount(lambda request: _paged(request, api.base))
    rows = reader_of(**REST | {"base": api.base, "path": "/rows", "query": {"size": 3}, "paging": paging})
    assert texts(items(rows)) == [each["body"] for each in ROWS]
    assert len(api.asked) == requests
    assert api.asked[0].query["size"] == "3"


def test_a_page_that_leads_to_itself_ends_the_reading():
    rows, _ = opened(lambda _request: Reply({"data": ROWS, "meta": {"next": "1"}}))
    with pytest.raises(ConfigError, match=r"the page after this one is itself .*mend `paging`"):
        items(rows)


def test_memory_holds_one_page_and_no_more():
    def endless(request):
        page = int(request.query.get("page", 1))
        data = [{"ticket": f"{page}-{n}", "body": "x" * 10_000} for n in range(10)]
        return Reply({"data": data if page <= 60 else []})

    rows, _ = opened(endless, paging={"type": "page", "param": "page"})
    [part] = rows.parts()
    tracemalloc.start()
    read = sum(len(item.text) for item in rows.read(part, datetime.now(UTC)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert read == 60 * 10 * 10_000
    assert peak < read / 4


def test_an_api_of_30000_rows_a_query_is_asked_anew_from_the_newest_date():
    data = many(50)

    def serve(request):
        page = int(request.query.get("page", 1))
        found = [each for each in data if each["at"] >= request.query.get("since", "")]
        return Reply(
            {"data": found[5 * (page - 1) : 5 * page]} if page <= 3 else {}, 200 if page <= 3 else 400
        )

    paging = {"type": "page", "param": "page", "size": 5, "most": 3}
    rows, _ = opened(serve, paging=paging, since=SINCE)
    assert set(texts(items(rows))) == {each["body"] for each in data}


def test_pages_that_never_reach_a_later_date_are_told():
    paging = {"type": "page", "param": "page", "most": 2}
    rows, _ = opened(
        lambda _request: Reply({"data": [row(1, "2025-01-01")]}),
        paging=paging,
        since=SINCE | {"start": "2025-01-01"},
    )
    with pytest.raises(ConfigError, match="2 pages without a later date"):
        items(rows)


# What is new


def test_the_next_night_asks_from_the_look_back_window_on_and_says_what_is_late_or_edited():
    data = [row(1, "2025-01-01"), row(2, "2025-01-09"), row(3, "2025-01-10"), row(4, "2025-01-10")]
    rows, api = opened(cursor_api(data), since=SINCE)
    first = items(rows)
    assert "since" not in api.asked[0].query
    assert texts(first) == [f"texte {n}" for n in (1, 2, 3, 4)]
    data[1] |= {"body": "changé, sans que sa date bouge"}
    data += [
        row(5, "2025-01-09"),
        row(6, "2025-01-10"),
    ]  # one that came late, one of the same moment as the last
    again = items(rows, done(first))
    assert api.asked[-1].query["since"] == "2025-01-09T00:00:00Z"
    assert set(texts(again)) == {"changé, sans que sa date bouge", "texte 3", "texte 4", "texte 5", "texte 6"}


def test_a_night_without_anything_new_keeps_the_mark():
    data = [row(1, "2025-01-10")]
    rows, api = opened(cursor_api(data), since=SINCE | {"lookback": "1 day"})
    at = done(items(rows))
    data.clear()
    assert items(rows, at) == []
    data.append(row(2, "2025-01-11"))
    assert texts(items(rows, done([], at))) == ["texte 2"]
    assert api.asked[-1].query["since"] == "2025-01-09T00:00:00Z"


def test_the_first_reading_begins_where_the_source_says():
    rows, api = opened(cursor_api(many(4)), since=SINCE | {"start": "2025-01-15"})
    assert texts(items(rows)) == ["texte 2", "texte 3"]
    assert api.asked[0].query["since"] == "2025-01-15T00:00:00Z"


def test_a_date_in_the_future_does_not_hide_what_comes_after():
    data = [row(1, "2025-01-10"), row(2, "2999-01-01")]
    rows, api = opened(cursor_api(data), since=SINCE)
    items(rows, done(items(rows)))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    assert api.asked[-1].query["since"] <= f"{yesterday:%Y-%m-%dT00:00:00Z}"


@pytest.mark.parametrize(
    ("form", "sent"), [("epoch", "1736380800"), ("epoch_ms", "1736380800000"), ("%d/%m/%Y", "09/01/2025")]
)
def test_the_date_is_sent_as_the_api_wants_it(form, sent):
    rows, api = opened(
        lambda _request: Reply({"data": [row(1, "2025-01-10")], "meta": {}}), since=SINCE | {"format": form}
    )
    items(rows, done(items(rows)))
    assert api.asked[-1].query["since"] == sent


def test_an_api_without_a_date_to_ask_for_is_read_from_the_newest_row_to_what_is_known():
    data = many(30)

    def serve(request):
        page = int(request.query.get("page", 1))
        return Reply({"data": data[::-1][5 * (page - 1) : 5 * page]})

    rows, api = opened(serve, paging={"type": "page", "param": "page"}, since={"column": "at"})
    first = items(rows)
    assert len(texts(first)) == 30
    asked = len(api.asked)
    data.append(row(99, "2025-02-01"))
    assert "texte 99" in texts(items(rows, done(first)))
    assert len(api.asked) - asked <= 2


def test_a_date_column_that_holds_none_is_told():
    rows, _ = opened(cursor_api([row(1, "2025-01-01")]), since={"column": "body", "param": "since"})
    with pytest.raises(ConfigError, match=r"no row has a date there \(found 'body'\)"):
        rows.check()


def test_an_answer_without_the_list_says_which_lists_it_has():
    rows, _ = opened(cursor_api([row(1, "2025-01-01")]), rows="items")
    with pytest.raises(
        ConfigError, match=r"no list of rows here \(found 'items'\); accepted: data; set `rows`"
    ):
        rows.check()


# Cut and resumed


def test_a_reading_cut_behind_any_row_goes_on_there_and_asks_for_that_page_only():
    rows, api = opened(cursor_api(many(10), size=3))
    whole = items(rows)
    for number, item in enumerate(whole[:-1], 1):
        asked = len(api.asked)
        rest = items(rows, behind(item))
        assert texts(rest) == texts(whole)[number:]
        assert [each.row for each in rest] == [each.row for each in whole[number:]]
        assert api.asked[asked].query.get("cursor", "0") == str(number // 3 * 3)


def test_a_reading_cut_behind_the_last_row_has_come_to_its_end():
    rows, api = opened(cursor_api(many(10), size=3), since=SINCE)
    last = items(rows)[-1]
    items(rows, behind(last))
    assert api.asked[-1].query["since"] == "2025-01-25T00:00:00Z"


def test_a_page_that_moved_since_the_cut_is_read_again_so_that_nothing_is_missed():
    data = many(6)
    rows, _ = opened(cursor_api(data, size=4))
    cut = items(rows)[2]
    del data[0]  # the page begins one row later
    assert texts(items(rows, behind(cut))) == [f"texte {n}" for n in range(1, 6)]


def test_a_row_that_is_no_object_is_quarantined_alone():
    rows, _ = opened(lambda _request: Reply({"data": [*ROWS[:1], "words", *ROWS[1:2]]}))
    assert [outcome(item) for item in items(rows)] == ["record", "rejected:bad_json", "record"]


# Faults


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_fifth_of_the_requests_may_fail_and_every_row_is_read_once(seed):
    faults = Faults(seed=seed, late=1.2)
    rows, api = opened(cursor_api(many(120), size=3), faults, timeout=1)
    assert texts(items(rows)) == [f"texte {n}" for n in range(120)]
    assert len(faults.met) > 4
    assert len(api.asked) == 40 + len(faults.met)


def test_all_kinds_of_faults_occur():
    met = {kind for seed in (1, 2, 3) for kind in _met(seed)}
    assert met == set(Faults.kinds)


def _met(seed):
    faults = Faults(seed=seed)
    for _ in range(60):
        faults.instead_of(Reply({}))
    return faults.met


def test_a_reading_that_breaks_off_keeps_what_it_had():
    api = mount(cursor_api(many(9), size=3))
    rows = reader_of(**REST | {"base": api.base, "retry": {"tries": 2, "first_wait": 0}})
    serve, [part], got = api.answer, rows.parts(), []
    api.answer = lambda request: serve(request) if request.query.get("cursor") != "6" else Reply({}, 503)
    with pytest.raises(Exception, match="no answer after 2 tries"):
        got.extend(got.append(item) for item in rows.read(part, datetime.now(UTC)))
    got = [item for item in got if item is not None]
    assert len(got) == 6
    api.answer = serve
    assert texts(items(rows, behind(got[-1]))) == ["texte 6", "texte 7", "texte 8"]


def test_a_position_without_a_mark_leaves_out_so_many_rows():
    rows, _ = opened(cursor_api(many(5), size=2))
    assert texts(items(rows, Position(3))) == ["texte 3", "texte 4"]
