"""Fixtures of the tests of flows."""

from tests.flows.night import cheap_model, environment, language_tables, room, small_room, work
from tests.prefect_server import migrated_prefect, prefect_server

__all__ = [
    "cheap_model",
    "environment",
    "language_tables",
    "migrated_prefect",
    "prefect_server",
    "room",
    "small_room",
    "work",
]
