"""A chart as Superset keeps it: the form that people see, and the query behind it."""

import json
from collections.abc import Iterator
from typing import Any

from docs.dashboard.charts import HEADINGS, METRICS, Chart, Language
from docs.dashboard.names import FORMAT, known_as

ALWAYS = "No filter"  # Superset's word for any time


def chart_file(chart: Chart, language: Language) -> dict[str, Any]:
    """The whole of it, in one language."""
    context = {
        "datasource": {"id": 0, "type": "table"},
        "force": False,
        "queries": [_query(chart, language)],
        "result_format": "json",
        "result_type": "full",
    }
    return {
        "slice_name": chart.said[language],
        "viz_type": chart.kind,
        "params": _form(chart, language),
        "query_context": json.dumps(context, ensure_ascii=False),
        "cache_timeout": None,
        "uuid": known_as("chart", chart.id, language),
        "version": FORMAT,
        "dataset_uuid": known_as("dataset", chart.view),
    }


def _metric(name: str, language: Language) -> dict[str, Any]:
    metric = METRICS[name]
    return {
        "expressionType": "SQL",
        "sqlExpression": metric.sql,
        "label": metric.said[language],
        "hasCustomLabel": True,
        "optionName": f"metric_{name}",
    }


def _conditions(chart: Chart) -> Iterator[tuple[str, str, Any]]:
    """Column, operator, value; the period first, which the dashboard's filter fills in."""
    if chart.day:
        yield chart.day, "TEMPORAL_RANGE", ALWAYS
    for where in chart.where:
        yield where.column, where.operator, where.is_


def _form(chart: Chart, language: Language) -> dict[str, Any]:
    """What Superset calls a chart's form data."""
    of, by = chart.of.format(lang=language), chart.by.format(lang=language)
    form: dict[str, Any] = {
        "viz_type": chart.kind,
        "adhoc_filters": [
            {
                "clause": "WHERE",
                "expressionType": "SIMPLE",
                "subject": column,
                "operator": operator,
                "comparator": value,
            }
            for column, operator, value in _conditions(chart)
        ],
        "row_limit": chart.rows,
        **chart.more,
    }
    if chart.columns:
        return form | _table_form(chart, language)
    metric = _metric(chart.metric, language)
    form["y_axis_format"] = METRICS[chart.metric].form
    if chart.kind.startswith("echarts_timeseries"):
        form |= {"metrics": [metric], "x_axis": of, "groupby": [by] if by else []}
        if not by:
            form["x_axis_sort"] = metric["label"]
    else:
        form["metric"] = metric
        if of:
            form |= {"x_axis": of, "groupby": by}
    return form


def _table_form(chart: Chart, language: Language) -> dict[str, Any]:
    columns = [name.format(lang=language) for name in chart.columns]
    return {
        "query_mode": "raw",
        "all_columns": columns,
        "order_by_cols": [json.dumps([chart.order, False])],
        "page_length": 10,
        "show_cell_bars": False,
        "table_timestamp_format": "%Y-%m-%d" if chart.order == "day" else "%Y-%m-%d %H:%M",
        "column_config": {name: {"customColumnName": HEADINGS[name][language]} for name in columns},
    }


def _query(chart: Chart, language: Language) -> dict[str, Any]:
    """What the chart asks of its dataset; for those who ask Superset's API for a chart's data."""
    of, by = chart.of.format(lang=language), chart.by.format(lang=language)
    grouped: list[Any] = [name for name in (of, by) if name]
    if grouped and "time_grain_sqla" in chart.more:
        grouped[0] = {
            "columnType": "BASE_AXIS",
            "expressionType": "SQL",
            "sqlExpression": of,
            "label": of,
            "timeGrain": chart.more["time_grain_sqla"],
        }
    return {
        "columns": [name.format(lang=language) for name in chart.columns] or grouped,
        "metrics": None if chart.columns else [_metric(chart.metric, language)],
        "filters": [
            {"col": column, "op": operator} | ({} if value is None else {"val": value})
            for column, operator, value in _conditions(chart)
        ],
        "orderby": [[chart.order, False]] if chart.order else [],
        "row_limit": chart.rows,
        "extras": {"having": "", "where": ""},
    }
