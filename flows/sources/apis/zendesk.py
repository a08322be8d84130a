"""Sources of kind `zendesk`: tickets by the incremental cursor export, each with the words of its requester.

The protocol can't be declared: the export has no last page but an `end_of_stream`, its cursor serves the next night
too, users and organisations stand beside the tickets, and whose words the first comment holds must be found out.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from configs.errors import ConfigError
from flows.sources.apis.client import NotThere
from flows.sources.apis.config import ZendeskConfig
from flows.sources.apis.reader import ApiReader, Mark, Page
from flows.sources.formats.table import BadRow, Row

_TICKETS = "/api/v2/incremental/tickets/cursor.json"
_COMMENTS = "/api/v2/tickets/{id}/comments.json"
_MOST_COMMENTS = 1000  # of one ticket: a requester who has not spoken by then did not open it
_SAMPLE = 10
_SCORES = {"good": 1, "bad": 0}
_Record = dict[str, Any]


class ZendeskReader(ApiReader):
    """Reads what a ZendeskConfig describes; `zone` and `key` as ApiReader takes them.

    Columns beside the ticket's own fields, nested ones dotted: `words` (the requester's first public comment),
    `words_from` (where they come from, or why there are none: agent, nobody), `requester.…` and `organization.…`
    (from the lists beside the tickets), `fields.ID` (custom fields), `tags` as one text, `satisfaction`
    (good, bad, offered…) and `satisfaction_mark` (1 good, 0 bad).
    """

    def __init__(self, config: ZendeskConfig, zone: ZoneInfo, key: bytes) -> None:
        super().__init__(config, config.address, zone, key)

    def begin(self, last: Mark | None) -> Mark:
        """Where the export stood: its cursor gives what changed since, and edits of what was given before."""
        return Mark(page=last.page) if last and last.page else Mark()

    def sample(self) -> Sequence[Row | BadRow]:
        """A few tickets: each may cost a request of its own, and all have the same fields."""
        return self._page(Mark(), _SAMPLE).rows

    def page(self, mark: Mark) -> Page:
        """The tickets behind the mark's cursor, each with what stands beside it."""
        return self._page(mark, self.config.page_size)

    def _page(self, mark: Mark, size: int) -> Page:
        query = [("per_page", str(size)), ("include", "users,organizations")]
        if mark.page:
            query.append(("cursor", str(mark.page["cursor"])))
        else:
            start = datetime.combine(self.config.start, time(0), UTC)
            query.append(("start_time", str(int(start.timestamp()))))
        told = self.client.get(_TICKETS, query).content
        tickets = told.get("tickets") if isinstance(told, dict) else None
        if not isinstance(tickets, list):
            fix = "mend `subdomain` or `base`"
            raise ConfigError(
                "no list of tickets here", place=self.place, accepted="a Zendesk account's API", fix=fix
            )
        beside = _Beside(told)
        rows = [self._ticket(ticket, number, beside) for number, ticket in enumerate(tickets, 1)]
        cursor = told.get("after_cursor")
        following = {"cursor": cursor} if cursor else mark.page
        last = bool(told.get("end_of_stream")) or not cursor or following == mark.page
        return Page(rows, following, last)

    def _ticket(self, ticket: Any, number: int, beside: "_Beside") -> Row | BadRow:  # noqa: ANN401
        if not isinstance(ticket, dict):
            return self.row(ticket, number)
        requester = beside.users.get(ticket.get("requester_id"), {})
        words, source = self._words(ticket, requester)
        rating = ticket.get("satisfaction_rating") or {}
        organization = beside.organizations.get(ticket.get("organization_id"), {})
        fields = _list(ticket, "custom_fields")
        return self.row(
            {name: value for name, value in ticket.items() if name not in ("custom_fields", "fields")}
            | {
                "words": words,
                "words_from": source,
                "requester": {name: requester.get(name) for name in ("name", "email", "role", "locale")},
                "organization": {"name": organization.get("name")},
                "fields": {str(each.get("id")): _joined(each.get("value")) for each in fields},
                "tags": _joined(ticket.get("tags")),
                "satisfaction": rating.get("score"),
                "satisfaction_mark": _SCORES.get(rating.get("score", "")),
            },
            number,
        )

    def _words(self, ticket: _Record, requester: _Record) -> tuple[str | None, str]:
        """The requester's first public comment, and where it was found.

        A ticket that its requester opened begins with it: that is the ticket's description. One that somebody else
        opened (an agent after a call, a mail that was forwarded) has to be asked for its comments.
        """
        if requester.get("role") in ("agent", "admin"):
            return None, "agent"
        opened = ticket.get("submitter_id") == ticket.get("requester_id")
        if opened or ticket.get("status") == "deleted":  # the comments of a deleted one are gone
            return ticket.get("description"), "description"
        try:
            for comment in self._comments(ticket):
                if comment.get("author_id") == ticket.get("requester_id") and comment.get("public", True):
                    return comment.get("plain_body") or comment.get("body"), "comment"
        except NotThere:
            pass  # deleted since it was exported: the next reading tells
        return None, "nobody"

    def _comments(self, ticket: _Record) -> Iterator[_Record]:
        """The comments of a ticket, oldest first."""
        path, query, seen = _COMMENTS.format(id=ticket.get("id")), [("page[size]", "100")], 0
        while seen < _MOST_COMMENTS:
            told = self.client.get(path, query).content
            comments = _list(told, "comments")
            yield from comments
            seen += len(comments)
            following = (told.get("links") or {}).get("next") or told.get("next_page")
            if not comments or not following or (told.get("meta") or {}).get("has_more") is False:
                return
            path, query = self.client.link(following), []


class _Beside:
    """Users and organisations of one page, by their id."""

    def __init__(self, told: _Record) -> None:
        self.users = {each.get("id"): each for each in _list(told, "users")}
        self.organizations = {each.get("id"): each for each in _list(told, "organizations")}


def _list(told: Any, name: str) -> list[_Record]:  # noqa: ANN401
    found = told.get(name) if isinstance(told, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _joined(value: Any) -> Any:  # noqa: ANN401
    return ", ".join(map(str, value)) if isinstance(value, list) else value
