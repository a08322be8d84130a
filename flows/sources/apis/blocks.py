"""The blocks that say how an API is asked: auth, retry, paging, since, spread."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from configs.periods import Period
from flows.sources.blocks import Block, Word


def _expression(told: str) -> str:
    import jmespath

    try:
        jmespath.compile(told)
    except jmespath.exceptions.JMESPathError:
        raise ValueError(f"not a JMESPath expression: {told}") from None
    return told


Expression = Annotated[str, Field(min_length=1), AfterValidator(_expression)]


class Auth(Block):
    """Who we are to the API, never the secret itself. Example: `auth: {type: bearer, env: TYPEFORM_TOKEN}`."""

    type: Literal["bearer", "basic", "header", "query", "none"] = Field(
        description="how the secret travels: bearer, basic, header, query, none: `type: bearer`"
    )
    env: str | None = Field(
        None,
        pattern="^[A-Za-z_][A-Za-z0-9_]*$",
        description="environment variable that holds the secret: `env: TYPEFORM_TOKEN`",
    )
    name: str | None = Field(None, description="of the header or of the parameter: `name: X-API-Key`")
    prefix: str = Field("", description='before the secret in its header: `prefix: "Token "`')
    user: str = Field("", description="of basic, beside a secret password: `user: nuit@exemple.fr/token`")
    secret_user: bool = Field(
        False, description="of basic, where the secret is the user: `secret_user: true`"
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.type in ("header", "query") and not self.name:
            raise ValueError(f"`type: {self.type}` needs `name`")
        if (self.type == "none") == (self.env is not None):
            raise ValueError("`env` names the environment variable that holds the secret")
        if self.type == "basic" and bool(self.user) == self.secret_user:
            raise ValueError("`type: basic` needs either `user` or `secret_user: true`")
        return self


class Retry(Block):
    """How long we try. Example: `retry: {tries: 8, longest_wait: 600}`."""

    tries: int = Field(6, ge=1, le=100, description="of one request, in all: `tries: 6`")
    first_wait: float = Field(1, ge=0, description="seconds, doubled from try to try: `first_wait: 1`")
    longest_wait: float = Field(
        120, ge=0, description="seconds that one wait may last, `Retry-After` too: `longest_wait: 120`"
    )


class Paging(Block):
    """How the next page is asked for. Example: `{type: cursor, param: before, next: "items[-1].token"}`."""

    type: Literal["none", "cursor", "next_url", "link_header", "page", "offset"] = Field(
        "none", description="none, cursor, next_url, link_header, page or offset: `type: cursor`"
    )
    param: str | None = Field(
        None, description="that carries the cursor, the page or the offset: `param: cursor`"
    )
    next: Expression | None = Field(
        None, description="JMESPath of the next cursor or URL in the answer: `next: meta.next`"
    )
    more: Expression | None = Field(
        None, description="JMESPath of what is true while there are more pages: `more: meta.has_more`"
    )
    first: int = Field(1, ge=0, description="number of the first page: `first: 0`")
    size: int | None = Field(
        None, ge=1, description="rows of a full page, a shorter one is the last: `size: 100`"
    )
    most: int | None = Field(
        None,
        ge=1,
        description="pages that the API gives at most; then it is asked anew from the newest date: `most: 300`",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        wanted = {
            "cursor": ("param", "next"),
            "next_url": ("next",),
            "page": ("param",),
            "offset": ("param",),
        }
        missing = [name for name in wanted.get(self.type, ()) if getattr(self, name) is None]
        if missing:
            raise ValueError(f"`type: {self.type}` needs `{missing[0]}`")
        return self


class Since(Block):
    """How only what is new is asked for. Example: `{column: updated_at, param: updated_since, lookback: 2 days}`."""

    column: Word = Field(description="that holds when a row last changed: `column: updated_at`")
    param: str | None = Field(
        None,
        description="of the request, inclusive; absent: rows come newest first and reading ends at those it knows: "
        "`param: updated_since`",
    )
    format: str = Field(
        "iso", description="of the parameter: iso, epoch, epoch_ms or strftime in UTC: `format: epoch`"
    )
    lookback: Period = Field(
        "1 day", description="read once more before the newest row, for late arrivals: `lookback: 2 days`"
    )
    start: datetime | date | None = Field(
        None, description="of the very first reading, all there is if absent: `start: 2024-01-01`"
    )

    def started(self) -> datetime | None:
        """Where the first reading begins, in UTC."""
        if self.start is None:
            return None
        if not isinstance(self.start, datetime):
            return datetime(self.start.year, self.start.month, self.start.day, tzinfo=UTC)
        return self.start.astimezone(UTC) if self.start.tzinfo else self.start.replace(tzinfo=UTC)

    def written(self, at: datetime) -> str:
        """A moment as the request says it."""
        if self.format == "iso":
            return f"{at:%Y-%m-%dT%H:%M:%SZ}"
        if self.format in ("epoch", "epoch_ms"):
            seconds = int(at.timestamp())
            return str(seconds if self.format == "epoch" else seconds * 1000)
        return at.strftime(self.format)


class Spread(Block):
    """A list of named values as columns. Example: `fields: {list: custom_fields, key: id, value: value}`."""

    list: Expression = Field(description="JMESPath of the list in a row: `list: custom_fields`")
    key: Expression = Field(description="JMESPath of an element's name: `key: id`")
    value: Expression = Field(description="JMESPath of its value: `value: value`")
