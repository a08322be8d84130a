"""The ready-made dashboards ask nothing of the views that the contract does not offer, and get figures for it."""

from zipfile import ZipFile

import pytest
import yaml
from sqlalchemy import text

from configs.taxonomy import load_taxonomy
from docs.dashboard import charts
from docs.dashboard.files import DATABASE, FOLDER, MASK, as_yaml, files, pack
from storage.database import reading
from storage.views import all_views

VIEWS = {
    view.name: {column.name: column.kind for column in view.columns} for view in all_views(load_taxonomy())
}
EACH = pytest.mark.parametrize("chart", charts.CHARTS, ids=lambda chart: chart.id)
LANGUAGE = pytest.mark.parametrize("language", charts.LANGUAGES)


def test_the_folder_is_what_make_docs_writes():
    there = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.yaml")}
    wanted = {name: as_yaml(content) for name, content in files().items()}
    assert there == wanted, "run `make docs`"


def test_there_is_a_dataset_for_every_view_with_its_columns():
    for name, columns in VIEWS.items():
        told = yaml.safe_load((FOLDER / "datasets" / "Ressenti" / f"{name}.yaml").read_text("utf-8"))
        plain = [column["column_name"] for column in told["columns"] if "expression" not in column]
        assert plain == list(columns), name
        assert told["schema"] == "bi"


@LANGUAGE
@EACH
def test_a_chart_asks_for_columns_of_the_contract(chart, language):
    known = VIEWS[chart.view].keys() | charts.COMPUTED.get(chart.view, {}).keys()
    asked = {name.format(lang=language) for name in (chart.of, chart.by, *chart.columns) if name}
    asked |= {where.column for where in chart.where} | ({chart.day} - {""}) | ({chart.order} - {""})
    assert asked <= known
    assert chart.said[language]
    assert all(language in charts.HEADINGS[name.format(lang=language)] for name in chart.columns)


@LANGUAGE
@EACH
def test_postgresql_answers_a_chart_as_the_role_that_only_reads(reader, chart, language):
    computed = charts.COMPUTED.get(chart.view, {})
    keys = [name.format(lang=language) for name in (chart.of, chart.by, *chart.columns) if name]
    asked = [f"{computed.get(key, key)} AS {key}" for key in keys]
    if chart.metric:
        asked.append(f"{charts.METRICS[chart.metric].sql} AS figure")
    grouped = f"GROUP BY {', '.join(map(str, range(1, len(keys) + 1)))}" if keys and chart.metric else ""
    with reading(reader) as connection:
        found = (
            connection.execute(text(f"SELECT {', '.join(asked)} FROM {chart.view} {grouped}"))
            .mappings()
            .all()
        )
    assert found
    if chart.metric:
        assert any(row["figure"] for row in found)


def test_every_figure_of_a_dataset_is_right_over_its_rows(reader):
    with reading(reader) as connection:
        for view, names in charts.METRICS_OF.items():
            asked = ", ".join(charts.METRICS[name].sql for name in names)
            assert all(
                one is not None for one in connection.execute(text(f"SELECT {asked} FROM {view}")).one()
            )
        shares = connection.execute(
            text("SELECT sum(share * texts) / sum(texts) FROM emotions_by_day WHERE label = 'anger'")
        ).scalar_one()
        share = charts.METRICS["share"].sql
        ours = connection.execute(
            text(f"SELECT {share} FROM emotions_by_day WHERE label = 'anger'")
        ).scalar_one()
    assert float(ours) * 100 == pytest.approx(shares, abs=0.01)


def test_the_archive_takes_a_connection_but_no_password(tmp_path):
    target = tmp_path / "ressenti.zip"
    pack(target, f"postgresql+psycopg2://bi:{MASK}@db.example.com/ressenti")
    with ZipFile(target) as archive:
        told = yaml.safe_load(archive.read(f"ressenti/{DATABASE}"))
        assert {name.split("/")[0] for name in archive.namelist()} == {"ressenti"}
    assert told["sqlalchemy_uri"] == f"postgresql+psycopg2://bi:{MASK}@db.example.com/ressenti"
    assert told["allow_dml"] is False
    with pytest.raises(SystemExit, match="Superset asks for it"):
        pack(target, "postgresql+psycopg2://bi:secret@db.example.com/ressenti")
