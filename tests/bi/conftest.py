"""Fixtures of the tests of BI."""

import pytest
from sqlalchemy import make_url

from storage.database import connect, writing
from storage.roles import make, named
from tests.bi.quarter import Quarter
from tests.flows.night import cheap_model, environment, language_tables, room, work

__all__ = ["cheap_model", "environment", "language_tables", "room", "work"]


@pytest.fixture(scope="module")
def quarter(new_postgresql, postgresql_template):
    """URL of a PostgreSQL database with a quarter of a shop in it, as the reader's role."""
    url = make_url(new_postgresql(postgresql_template))
    engine = connect(url.render_as_string(hide_password=False))
    Quarter(engine).fill()
    with writing(engine) as connection:
        make(connection, named(connection, "quarter"))
    engine.dispose()
    return url.set(username="quarter_reader")


@pytest.fixture(scope="module")
def reader(quarter):
    """An engine that is logged in as the reader's role."""
    engine = connect(quarter.render_as_string(hide_password=False))
    yield engine
    engine.dispose()
