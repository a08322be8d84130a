"""What a source's YAML says of an API, beside the keys that every kind of source has."""

import re
from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from flows.sources.apis.blocks import Auth, Expression, Paging, Retry, Since, Spread
from flows.sources.blocks import Word
from flows.sources.config import SourceConfig

_BLANK = re.compile(r"\{(\w+)\}")


class ApiConfig(SourceConfig):
    """Keys of every API."""

    auth: Auth = Field(description="who we are: `auth: {type: bearer, env: TYPEFORM_TOKEN}`")
    headers: dict[str, str] = Field(
        {}, description="sent with each request, no secrets: `{Accept-Language: fr}`"
    )
    retry: Retry = Field(
        default_factory=lambda: Retry.model_validate({}),
        description="how long we try: `retry: {tries: 8, longest_wait: 600}`",
    )
    timeout: float = Field(30, gt=0, description="seconds to wait for an answer: `timeout: 60`")
    extra: dict[str, Expression] = Field(
        {}, description='columns of our own, by JMESPath: `extra: {who: "customer.email || customer.phone"}`'
    )
    spread: dict[str, Spread] = Field(
        {},
        description="lists of named values as columns: `spread: {answers: {list: answers, key: id, value: text}}`",
    )

    # What a request looks like beside its content: changed, it makes no row another one.
    _beside: ClassVar[frozenset[str]] = SourceConfig._beside | {"auth", "headers", "retry", "timeout"}


class RestConfig(ApiConfig):
    """`kind: rest`: any API that answers GET requests with JSON."""

    kind: Literal["rest"] = Field(description="where it comes from: `kind: rest`")
    base: str = Field(pattern="^https?://", description="the API's address: `base: https://api.typeform.com`")
    path: str = Field(description="what is asked for, behind `base`: `path: /forms/{form}/responses`")
    fill: dict[str, Word] = Field(
        {}, description="what stands for the {names} in base, path and query: `fill: {form: lT4Z3j}`"
    )
    query: dict[str, Word] = Field({}, description="parameters of each request: `query: {page_size: 1000}`")
    rows: Expression = Field("@", description="JMESPath of the list of rows in the answer: `rows: items`")
    paging: Paging = Field(
        default_factory=lambda: Paging.model_validate({}),
        description="how the next page is asked for: `paging: {type: page, param: page}`",
    )
    since: Since | None = Field(
        None,
        description="asks for what is new only; absent: for all, every night: `since: {column: updated_at}`",
    )

    @model_validator(mode="after")
    def _filled(self) -> Self:
        told = " ".join([self.base, self.path, *self.query.values()])
        missing = [name for name in _BLANK.findall(told) if not self.fill.get(name)]
        if "@" in self.base:
            raise ValueError(
                "`base` holds a name or a password: that belongs into `auth` and the environment"
            )
        if missing:
            raise ValueError(f"`{{{missing[0]}}}` has no value: add `fill: {{{missing[0]}: …}}`")
        if self.paging.most and not (self.since and self.since.param):
            raise ValueError("`paging: most` needs `since: {param: …}` to ask anew from")
        return self

    def filled(self, text: str) -> str:
        """A text of the description with its {names} filled in."""
        return _BLANK.sub(lambda match: self.fill[match[1]], text)

    @property
    def place(self) -> str:
        """Host and path."""
        return f"{self.filled(self.base)}/{self.filled(self.path).lstrip('/')}"


class ZendeskConfig(ApiConfig):
    """`kind: zendesk`: the tickets of a Zendesk account, as its incremental export gives them."""

    kind: Literal["zendesk"] = Field(description="where it comes from: `kind: zendesk`")
    subdomain: str = Field(
        pattern="^[A-Za-z0-9-]+$", description="of the account: `subdomain: acme` for acme.zendesk.com"
    )
    base: str = Field(
        "https://{subdomain}.zendesk.com",
        pattern="^https?://",
        description="the API's address where it is another: `base: https://help.example.com`",
    )
    start: date = Field(date(2010, 1, 1), description="tickets changed since then: `start: 2024-01-01`")
    page_size: int = Field(500, ge=1, le=1000, description="tickets of one request: `page_size: 1000`")

    @property
    def place(self) -> str:
        """Host and path."""
        return f"{self.address}/api/v2/incremental/tickets/cursor"

    @property
    def address(self) -> str:
        """The API's address."""
        return self.base.replace("{subdomain}", self.subdomain)
