"""Vendors as their documentation describes them, small: Typeform's responses, Zendesk's ticket export, and others."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tests.flows.sources.apis.server import SECRET, Reply, Request, bearer

NOBODY = Reply({"error": "Couldn't authenticate you"}, 401)


def answer(ref: str, kind: str, value: Any) -> dict[str, Any]:
    """One answer as Typeform gives it: its value stands under the name of its type."""
    return {"field": {"id": f"id-{ref}", "type": kind, "ref": ref}, "type": kind, kind: value}


def response(token: str, submitted: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "landing_id": token,
        "token": token,
        "landed_at": submitted,
        "submitted_at": submitted,
        "metadata": {"user_agent": "Mozilla/5.0", "network_id": "n"},
        "hidden": {},
        "calculated": {"score": 0},
        "answers": list(answers),
    } | more


def typeform(responses: list[dict[str, Any]], most: int = 1000) -> Callable[[Request], Reply]:
    """GET /forms/{id}/responses: newest first; `since` inclusive; `before` a token; `page_size` up to `most`."""

    def serve(request: Request) -> Reply:
        if not bearer(request):
            return Reply(
                {"code": "AUTHENTICATION_FAILED", "description": "Authentication credentials not found"}, 403
            )
        if request.path != "/forms/lT4Z3j/responses":
            return Reply({"code": "FORM_NOT_FOUND"}, 404)
        if "before" in request.query and "sort" in request.query:
            return Reply({"code": "VALIDATION_ERROR"}, 400)
        since = request.query.get("since", "")
        found = [each for each in responses if each["submitted_at"] >= since]
        found.sort(key=lambda each: each["submitted_at"], reverse=True)
        total = len(found)
        if "before" in request.query:
            tokens = [each["token"] for each in found]
            found = found[tokens.index(request.query["before"]) + 1 :]
        size = min(int(request.query.get("page_size", "25")), most)
        return Reply({"total_items": total, "page_count": -(-total // size), "items": found[:size]})

    return serve


class Zendesk:
    """An account: tickets by the order of their changes, users, organisations and comments.

    `GET /api/v2/incremental/tickets/cursor.json` with `start_time` or `cursor`; side-loads what `include` names.
    """

    def __init__(self) -> None:
        self.tickets: list[dict[str, Any]] = []
        self.users: dict[int, dict[str, Any]] = {}
        self.comments: dict[Any, list[dict[str, Any]]] = {}
        self.organizations = {7: {"id": 7, "name": "Boulangerie Martin"}}
        self._clock = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())

    def user(self, number: int, role: str = "end-user", **more: Any) -> int:
        known = {"id": number, "name": f"user {number}", "email": f"u{number}@exemple.fr", "role": role}
        self.users[number] = known | more
        return number

    def ticket(
        self, number: Any, requester: int, words: str, submitter: int | None = None, **more: Any
    ) -> dict:
        """A ticket, or a change of it: it moves to the end of the export."""
        self._clock += 60
        at = f"{datetime.fromtimestamp(self._clock, UTC):%Y-%m-%dT%H:%M:%SZ}"
        made = {
            "id": number,
            "subject": "",
            "description": words,
            "status": "open",
            "priority": None,
            "type": "problem",
            "requester_id": requester,
            "submitter_id": requester if submitter is None else submitter,
            "organization_id": 7,
            "tags": ["retard", "vip"],
            "custom_fields": [{"id": 360, "value": "Livraison"}, {"id": 361, "value": ["a", "b"]}],
            "satisfaction_rating": {"score": "unoffered"},
            "via": {"channel": "email"},
            "created_at": at,
            "updated_at": at,
            "generated_timestamp": self._clock,
        } | more
        self.tickets = [each for each in self.tickets if each["id"] != number] + [made]
        return made

    def __call__(self, request: Request) -> Reply:
        if request.basic != f"nuit@acme.fr/token:{SECRET}":
            return NOBODY
        if request.path == "/api/v2/incremental/tickets/cursor.json":
            return self._export(request)
        number = request.path.removeprefix("/api/v2/tickets/").removesuffix("/comments.json")
        comments = self.comments.get(number)
        return (
            Reply({"error": "RecordNotFound"}, 404) if comments is None else self._comments(request, comments)
        )

    def _export(self, request: Request) -> Reply:
        if ("cursor" in request.query) == ("start_time" in request.query):
            return Reply({"error": "InvalidParameters"}, 400)
        start = int(request.query.get("cursor", f"c{request.query.get('start_time')}").removeprefix("c"))
        size = int(request.query.get("per_page", "1000"))
        found = [each for each in self.tickets if each["generated_timestamp"] > start]
        page = found[:size]
        after = page[-1]["generated_timestamp"] if page else start
        names = request.query.get("include", "").split(",")
        told: dict[str, Any] = {"tickets": page, "after_cursor": f"c{after}", "before_cursor": None}
        told["end_of_stream"] = len(found) <= size
        if "users" in names:
            told["users"] = [self.users[number] for number in {each["requester_id"] for each in page}]
        if "organizations" in names:
            told["organizations"] = list(self.organizations.values())
        return Reply(told)

    def _comments(self, request: Request, comments: list[dict[str, Any]]) -> Reply:
        start = int(request.query.get("page[after]", "0"))
        size = 2  # small, so that tests meet a second page
        more = start + size < len(comments)
        link = f"{request.mount}{request.path}?page%5Bsize%5D=100&page%5Bafter%5D={start + size}"
        told = {"comments": comments[start : start + size], "meta": {"has_more": more}}
        return Reply(told | {"links": {"next": link if more else None}})


def freshdesk(tickets: list[dict[str, Any]], most: int = 300) -> Callable[[Request], Reply]:
    """GET /api/v2/tickets: the last 30 days unless `updated_since` is given; at most 300 pages; extras by `include`."""

    def serve(request: Request) -> Reply:
        if request.basic != f"{SECRET}:X":
            return Reply({"code": "invalid_credentials"}, 401)
        page, size = int(request.query.get("page", "1")), min(int(request.query.get("per_page", "30")), 100)
        if page > most:
            return Reply({"description": "Validation failed"}, 400)
        since = request.query.get("updated_since", "2999")
        found = [each for each in tickets if each["updated_at"] >= since]
        if request.query.get("order_by") == "updated_at" and request.query.get("order_type") == "asc":
            found.sort(key=lambda each: each["updated_at"])
        extra = {"description": ("description", "description_text"), "requester": ("requester",)}
        left_out = {
            name
            for word, names in extra.items()
            if word not in request.query.get("include", "")
            for name in names
        }
        shown = found[size * (page - 1) : size * page]
        return Reply(
            [{name: value for name, value in each.items() if name not in left_out} for each in shown]
        )

    return serve


def surveymonkey(responses: list[dict[str, Any]]) -> Callable[[Request], Reply]:
    """GET /v3/surveys/{id}/responses/bulk: 100 a page at most, the next page by `links.next`."""

    def serve(request: Request) -> Reply:
        if not bearer(request):
            return Reply({"error": {"id": "1011", "name": "Authorization Error"}}, 401)
        if request.path != "/v3/surveys/123/responses/bulk":
            return Reply({"error": {"id": "1020"}}, 404)
        query = request.query
        since = query.get("start_modified_at", "")
        found = [each for each in responses if each["date_modified"] >= since]
        found.sort(key=lambda each: each["date_modified"], reverse=query.get("sort_order") != "ASC")
        page, size = int(query.get("page", "1")), min(int(query.get("per_page", "50")), 100)
        links = {"self": "…"}
        if page * size < len(found):
            rest = "&".join(f"{name}={value}" for name, value in query.items() if name != "page")
            links["next"] = f"{request.mount}{request.path}?{rest}&page={page + 1}"
        shown = found[size * (page - 1) : size * page]
        return Reply({"data": shown, "per_page": size, "page": page, "total": len(found), "links": links})

    return serve


def trustpilot(reviews: list[dict[str, Any]]) -> Callable[[Request], Reply]:
    """GET /v1/business-units/{id}/reviews: newest first, 100 a page at most; nothing to ask what is new by."""

    def serve(request: Request) -> Reply:
        if request.headers.get("apikey") != SECRET:
            return Reply({"message": "Unknown API key"}, 401)
        found = sorted(reviews, key=lambda each: each["createdAt"], reverse=True)
        page, size = int(request.query.get("page", "1")), min(int(request.query.get("perPage", "20")), 100)
        return Reply({"links": [], "reviews": found[size * (page - 1) : size * page]})

    return serve
