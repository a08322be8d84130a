"""Which request gives a page, and where the page after it is."""

from typing import Any

import httpx

from flows.sources.apis.blocks import Paging
from flows.sources.apis.client import Answer, Client
from flows.sources.apis.values import found_at

At = dict[str, Any]  # {"url"}, {"cursor"}, {"page"} or {"offset"}: as JSON in the cursor's row


def asked(paging: Paging, at: At | None) -> list[tuple[str, str]]:
    """Parameters that ask for the page at `at`; the first one where it is None."""
    value = None if at is None else next(iter(at.values()))
    if paging.type == "page":
        value = paging.first if value is None else value
    elif paging.type == "offset":
        value = value or 0
    return [] if value is None or paging.param is None else [(paging.param, str(value))]


def following(paging: Paging, at: At | None, answer: Answer, rows: int, client: Client) -> At | None:
    """Where the page after this one of `rows` rows is; None behind the last one."""
    if paging.more is not None and not found_at(paging.more, answer.content):
        return None
    if paging.type == "link_header":
        return _link(_next_of_header(answer.headers), client)
    if paging.type == "next_url":
        return _link(found_at(paging.next, answer.content), client)
    if not rows or (paging.size and rows < paging.size):
        return None
    if paging.type == "cursor":
        cursor = found_at(paging.next, answer.content)
        return None if cursor in (None, "") else {"cursor": cursor}
    if paging.type == "page":
        return {"page": (at["page"] if at else paging.first) + 1}
    if paging.type == "offset":
        return {"offset": (at["offset"] if at else 0) + rows}
    return None


def _link(url: Any, client: Client) -> At | None:  # noqa: ANN401
    return {"url": client.link(str(url))} if url else None


def _next_of_header(headers: httpx.Headers) -> str | None:
    told = httpx.Response(200, headers=headers).links.get("next", {})
    return told.get("url")
