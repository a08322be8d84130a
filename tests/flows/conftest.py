"""Fixtures of the tests of flows."""

from tests.flows.night import (
    cheap_model,
    environment,
    language_tables,
    ressenti,
    ressenti_anywhere,
    room,
    small_room,
    work,
)
from tests.prefect_server import deployed_prefect, migrated_prefect, prefect_server

__all__ = [
    "cheap_model",
    "deployed_prefect",
    "environment",
    "language_tables",
    "migrated_prefect",
    "prefect_server",
    "ressenti",
    "ressenti_anywhere",
    "room",
    "small_room",
    "work",
]
