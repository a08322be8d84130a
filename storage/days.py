"""The day of a feedback: of its writing, or of its discovery where that is unknown, in one zone for the database.

The zone stands in the table `contract`, where `ressenti db upgrade` puts what the settings say: so a day is the same
whoever asks and when, and a night with other settings can't mix two ways of cutting.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text, update

from storage import schema

POSTGRESQL = "(coalesce(written_at, discovered_at) AT TIME ZONE :zone)::date"
SQLITE = "day_of(coalesce(written_at, discovered_at))"


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day of an aware moment in `zone`."""
    return moment.astimezone(zone).date()


def zone(connection: Connection) -> ZoneInfo:
    """The zone in which this database cuts days."""
    return ZoneInfo(connection.execute(select(schema.contract.c.timezone)).scalar_one())


def cut_days(connection: Connection, timezone: str) -> bool:
    """Cut the days of all feedback in `timezone`; False when they are cut in it already.

    Sums by day have to be added up anew afterwards.
    """
    contract = schema.contract
    if connection.execute(select(contract.c.timezone)).scalar_one() == timezone:
        return False
    day = POSTGRESQL
    if connection.dialect.name == "sqlite":
        day = SQLITE
        _teach_days(connection, ZoneInfo(timezone))
    changed = text(f"UPDATE feedback SET day = {day} WHERE day <> {day}")
    connection.execute(changed, {"zone": timezone} if day is POSTGRESQL else {})
    connection.execute(update(contract), {"timezone": timezone})
    return True


def _teach_days(connection: Connection, zone: ZoneInfo) -> None:
    """SQLite knows no time zones: it calls us back for each row."""

    def day(stored: str) -> str:
        return day_of(datetime.fromisoformat(stored).replace(tzinfo=UTC), zone).isoformat()

    driver = connection.connection.driver_connection
    assert driver is not None
    driver.create_function("day_of", 1, day, deterministic=True)
