"""The keys of `kind: sql`."""

import re
from datetime import date, datetime
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from configs.periods import Period
from flows.sources.blocks import Block, Word
from flows.sources.config import SourceConfig

_ENV = "^[A-Za-z_][A-Za-z0-9_]*$"
_SINCE = re.compile(r"(?<![:\w\\]):since\b(?!:)")
_NOT_INCLUSIVE = re.compile(r">\s*:since\b|(?<![:\w\\]):since\s*<(?!=)")


class Database(Block):
    """Where the database is. The secret stays in the environment: `database: {env: SHOP_DATABASE_URL}`."""

    env: str | None = Field(
        None,
        pattern=_ENV,
        description="environment variable that holds the whole URL: `env: SHOP_DATABASE_URL`",
    )
    url: str | None = Field(
        None,
        description="the URL without its password: `url: postgresql+psycopg://reader@db.example.com/shop`",
    )
    password_env: str | None = Field(
        None,
        pattern=_ENV,
        description="environment variable that holds the password of `url`: `password_env: SHOP_DB_PASSWORD`",
    )

    @model_validator(mode="after")
    def _one_url(self) -> Self:
        if (self.env is None) == (self.url is None):
            raise ValueError("give either `env: VARIABLE` or `url: DIALECT://USER@HOST/NAME`")
        if self.password_env is not None and self.url is None:
            raise ValueError("`password_env` goes with `url`; `env` holds the whole URL, password included")
        return self

    # Of the whole block, not of `url`: what is said of a single key quotes its value.
    @model_validator(mode="after")
    def _no_secret(self) -> Self:
        secret = r"//[^/@]*:[^/]*@|[?&;](?:password|pwd|token)="
        if self.url is not None and re.search(secret, self.url, re.IGNORECASE):
            raise ValueError("`url` holds a password; put it into the environment, `password_env: VARIABLE`")
        return self


class Since(Block):
    """What lets a night read only what changed. Example: `since: {column: updated_at, start: 2020-01-01}`."""

    column: Word = Field(description="of the query, grows with each change: `column: updated_at`")
    start: datetime | date | int | str = Field(
        description="value of `:since` in the first run, of the column's own type: `start: 2020-01-01`"
    )
    lookback: Period | int | None = Field(
        None,
        description="how far back each run looks again, 2 days or 1000 if absent: `lookback: 7 days`",
    )

    @model_validator(mode="after")
    def _of_one_type(self) -> Self:
        number = isinstance(self.start, int)
        if self.lookback is not None and isinstance(self.lookback, int) != number:
            accepted = (
                "a whole number, as `start` is" if number else "a period such as 2 days, as `start` is a date"
            )
            raise ValueError(f"`lookback` is to be {accepted}")
        return self


class SqlConfig(SourceConfig):
    """`kind: sql`: the rows of a query."""

    kind: Literal["sql"] = Field("sql", description="where it comes from: `kind: sql`")
    database: Database = Field(description="which one: `database: {env: SHOP_DATABASE_URL}`")
    query: str = Field(
        min_length=1,
        description="one SELECT, `:since` included: `query: SELECT * FROM review WHERE changed >= :since`",
    )
    since: Since | None = Field(
        None,
        description="everything is read each time if absent: `since: {column: changed, start: 2020-01-01}`",
    )

    _beside: ClassVar[frozenset[str]] = SourceConfig._beside | {"database"}

    @field_validator("query")
    @classmethod
    def _one_select(cls, query: str) -> str:
        bare = re.sub(r"--[^\n]*|/\*.*?\*/", " ", query, flags=re.DOTALL).strip().rstrip(";").strip()
        if not re.match(r"(?:select|with)\b|\(", bare, re.IGNORECASE):
            raise ValueError("is no query; accepted: one that begins with SELECT or WITH")
        if _NOT_INCLUSIVE.search(bare):
            raise ValueError("leaves out the rows at `:since` itself; write `>= :since`")
        return query.strip().rstrip(";")

    @model_validator(mode="after")
    def _since_on_both_sides(self) -> Self:
        if bool(_SINCE.search(self.query)) != (self.since is not None):
            raise ValueError("`:since` in the query and the block `since: {column, start}` go together")
        return self

    @property
    def place(self) -> str:
        """The variable that holds the URL, or the URL, which has no password."""
        return f"${self.database.env}" if self.database.env else str(self.database.url)

    def columns(self) -> list[str]:
        """Those of the mapping, and the cursor's."""
        cursor = [self.since.column] if self.since else []
        return list(dict.fromkeys([*super().columns(), *cursor]))
