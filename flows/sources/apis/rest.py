"""Sources of kind `rest`: any API that answers GET requests with JSON, told by its YAML alone."""

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from configs.errors import ConfigError
from configs.periods import ago
from flows.sources.apis.blocks import Since
from flows.sources.apis.client import Answer
from flows.sources.apis.config import RestConfig
from flows.sources.apis.paging import asked, following
from flows.sources.apis.reader import ApiReader, Mark, Page
from flows.sources.apis.values import found_at, moment
from flows.sources.formats.table import BadRow, Row


class RestReader(ApiReader):
    """Reads what a RestConfig describes; `zone` and `key` as ApiReader takes them."""

    def __init__(self, config: RestConfig, zone: ZoneInfo, key: bytes) -> None:
        super().__init__(config, config.filled(config.base), zone, key)

    def begin(self, last: Mark | None) -> Mark:
        """From the newest date of the last reading, less the look-back window; from the start without one."""
        told: Since | None = self.config.since
        if told is None:
            return Mark()
        newest = moment(last.newest) if last else None
        day = ago(told.lookback, newest.date()) if newest else None
        since = datetime.combine(day, time(0), UTC) if day else told.started()
        return Mark(since.isoformat() if since else None, newest.isoformat() if newest else None)

    def page(self, mark: Mark) -> Page:
        """The page that the mark points to."""
        at, paging = mark.page, self.config.paging
        answer = self._answer(mark)
        rows = [self.row(each, number) for number, each in enumerate(self._list(answer.content), 1)]
        newest = self._newest(rows)
        if self._reached(newest, mark):
            return Page(rows, None, True, newest)
        after = following(paging, at, answer, len(rows), self.client)
        if after is not None and after == at:
            fix = "mend `paging` of the source"
            raise ConfigError("the page after this one is itself", place=self.place, found=at, fix=fix)
        if after and paging.most and after.get("page", 0) >= paging.first + paging.most:
            self._refuse_standstill(newest, mark)
            return Page(rows, None, False, newest, anew=True)
        return Page(rows, after, after is None, newest)

    def _answer(self, mark: Mark) -> Answer:
        if mark.page and "url" in mark.page:
            return self.client.get(mark.page["url"])
        query = [(name, self.config.filled(value)) for name, value in self.config.query.items()]
        query += [*self._since(mark), *asked(self.config.paging, mark.page)]
        return self.client.get(self.config.filled(self.config.path), query)

    def _since(self, mark: Mark) -> list[tuple[str, str]]:
        told, since = self.config.since, moment(mark.since)
        return [(told.param, told.written(since))] if told and told.param and since else []

    def _list(self, content: Any) -> list[Any]:  # noqa: ANN401
        rows = found_at(self.config.rows, content)
        if isinstance(rows, list):
            return rows
        names = content if isinstance(content, dict) else {}
        raise ConfigError(
            "no list of rows here",
            place=self.place,
            found=self.config.rows,
            accepted=[name for name, value in names.items() if isinstance(value, list)]
            or "an answer with a list",
            fix="set `rows` to the JMESPath of the list",
        )

    def _newest(self, rows: Sequence[Row | BadRow]) -> datetime | None:
        told = self.config.since
        if told is None or not rows:
            return None
        dates = [moment(row.values.get(told.column)) for row in rows if isinstance(row, Row)]
        newest = max((at for at in dates if at is not None), default=None)
        if newest is None:
            fix = "name the column with the ISO date or the epoch of the last change"
            place = f"{self.place}: `since: column`"
            raise ConfigError("no row has a date there", place=place, found=told.column, fix=fix)
        return newest

    def _reached(self, newest: datetime | None, mark: Mark) -> bool:
        """Whether reading from the newest row on has come to what was known before."""
        since = moment(mark.since)
        return bool(newest and since and self.config.since.param is None and newest < since)

    def _refuse_standstill(self, newest: datetime | None, mark: Mark) -> None:
        since = moment(mark.since)
        if newest is None or (since and newest <= since):
            what = f"{self.config.paging.most} pages without a later date: there is no way on"
            raise ConfigError(
                what, place=self.place, fix="sort the rows by `since: column`, or ask for larger pages"
            )
