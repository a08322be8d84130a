"""A dashboard as Superset keeps it: where its charts stand, and what it can be narrowed to."""

from collections.abc import Iterator
from typing import Any

from docs.dashboard.charts import CHARTS, CHOICES, PERIOD, TITLES, Language
from docs.dashboard.names import FORMAT, known_as


def dashboard(language: Language) -> dict[str, Any]:
    """The whole of it, in one language."""
    return {
        "dashboard_title": TITLES[language],
        "description": None,
        "css": "",
        "slug": f"ressenti-{language}",
        "published": True,
        "uuid": known_as("dashboard", language),
        "position": _layout(language),
        "metadata": {
            "color_scheme": "supersetColors",
            "cross_filters_enabled": True,
            "refresh_frequency": 0,
            "native_filter_configuration": list(_filters(language)),
        },
        "version": FORMAT,
    }


def _layout(language: Language) -> dict[str, Any]:
    """Rows of twelve columns, filled in the order of the charts."""
    layout: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "HEADER_ID": {"id": "HEADER_ID", "type": "HEADER", "meta": {"text": TITLES[language]}},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": [], "parents": ["ROOT_ID"]},
    }
    filled, row = 12, ""
    for number, chart in enumerate(CHARTS, 1):
        if filled + chart.width > 12:
            filled, row = 0, f"ROW-{len(layout['GRID_ID']['children']) + 1}"
            layout["GRID_ID"]["children"].append(row)
            layout[row] = {
                "id": row,
                "type": "ROW",
                "children": [],
                "parents": ["ROOT_ID", "GRID_ID"],
                "meta": {"background": "BACKGROUND_TRANSPARENT"},
            }
        filled += chart.width
        name = f"CHART-{chart.id}"
        layout[row]["children"].append(name)
        layout[name] = {
            "id": name,
            "type": "CHART",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row],
            "meta": {
                "chartId": number,
                "uuid": known_as("chart", chart.id, language),
                "sliceName": chart.said[language],
                "width": chart.width,
                "height": chart.height,
            },
        }
    return layout


def _filters(language: Language) -> Iterator[dict[str, Any]]:
    """The period, and what texts can be narrowed to; charts without the column stay as they are."""
    timeless = [number for number, chart in enumerate(CHARTS, 1) if not chart.day]
    period = {"extraFormData": {"time_range": "Last 90 days"}, "filterState": {"value": "Last 90 days"}}
    yield _filter("period", "filter_time", PERIOD[language], {}, period, timeless)
    for column, said in CHOICES.items():
        target = {"column": {"name": column}, "datasetUuid": known_as("dataset", "texts_by_day")}
        yield _filter(column, "filter_select", said[language], target, {}, timeless)


def _filter(
    name: str, kind: str, said: str, target: dict[str, Any], chosen: dict[str, Any], excluded: list[int]
) -> dict[str, Any]:
    return {
        "id": f"NATIVE_FILTER-{name}",
        "type": "NATIVE_FILTER",
        "filterType": kind,
        "name": said,
        "description": "",
        "targets": [target],
        "defaultDataMask": {"extraFormData": {}, "filterState": {}, "ownState": {}} | chosen,
        "cascadeParentIds": [],
        "controlValues": {"multiSelect": True, "enableEmptyFilter": False},
        "scope": {"rootPath": ["ROOT_ID"], "excluded": excluded},
    }
