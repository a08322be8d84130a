"""The connection, and a dataset for each view of the contract."""

from typing import Any

from docs.dashboard.charts import COMPUTED, METRICS, METRICS_OF
from docs.dashboard.names import FORMAT, known_as
from storage.views import SCHEMA, View, described

TYPES = {
    "text": "TEXT",
    "whole": "BIGINT",
    "number": "DOUBLE PRECISION",
    "flag": "INTEGER",
    "day": "DATE",
    "moment": "TIMESTAMP",
}


def database(uri: str) -> dict[str, Any]:
    """The connection, which may only read."""
    return {
        "database_name": "Ressenti",
        "sqlalchemy_uri": uri,
        "cache_timeout": None,
        "expose_in_sqllab": True,
        "allow_run_async": False,
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"allows_virtual_table_explore": True},
        "uuid": known_as("database"),
        "version": FORMAT,
    }


def dataset(view: View) -> dict[str, Any]:
    """A view with its columns as the contract tells them, and the figures that are right over any of its rows."""
    days = [column.name for column in view.columns if column.kind == "day"]
    return {
        "table_name": view.name,
        "main_dttm_col": days[0] if days else None,
        "description": view.meaning,
        "schema": SCHEMA,
        "sql": None,
        "filter_select_enabled": True,
        "uuid": known_as("dataset", view.name),
        "database_uuid": known_as("database"),
        "version": FORMAT,
        "metrics": [
            {
                "metric_name": f"{name}_of_rows",
                "verbose_name": METRICS[name].said["en"],
                "expression": METRICS[name].sql,
                "d3format": METRICS[name].form,
            }
            for name in METRICS_OF.get(view.name, ())
        ],
        "columns": [
            *(
                _column(each.name, TYPES[each.kind], described(each), each.kind in ("day", "moment"))
                for each in view.columns
            ),
            *(
                _column(name, "TEXT", None, False) | {"expression": sql}
                for name, sql in COMPUTED.get(view.name, {}).items()
            ),
        ],
    }


def _column(name: str, kind: str, description: str | None, moment: bool) -> dict[str, Any]:
    return {
        "column_name": name,
        "type": kind,
        "is_dttm": moment,
        "is_active": True,
        "groupby": True,
        "filterable": True,
        "description": description,
    }
