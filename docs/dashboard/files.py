"""The dashboards as files: a folder for review, an archive for Superset."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZIP_DEFLATED, ZipFile

import yaml

from configs.taxonomy import load_taxonomy
from docs.dashboard.charts import CHARTS, LANGUAGES
from docs.dashboard.datasets import database, dataset
from docs.dashboard.forms import chart_file
from docs.dashboard.layout import dashboard
from docs.dashboard.names import FORMAT
from storage.views import all_views

FOLDER = Path(__file__).resolve().parent.parent / "bi" / "superset"
DATABASE = "databases/Ressenti.yaml"
MASK = "XXXXXXXXXX"  # Superset asks for the password where it finds this one
URI = f"postgresql+psycopg2://ressenti_reader:{MASK}@localhost:5432/ressenti"


def files(uri: str = URI) -> dict[str, dict[str, Any]]:
    """Everything that Superset imports: {path in the archive: what stands there}."""
    made = {"metadata.yaml": {"version": FORMAT, "type": "Dashboard"}, DATABASE: database(uri)}
    for view in all_views(load_taxonomy()):
        made[f"datasets/Ressenti/{view.name}.yaml"] = dataset(view)
    for language in LANGUAGES:
        for chart in CHARTS:
            made[f"charts/{chart.id}.{language}.yaml"] = chart_file(chart, language)
        made[f"dashboards/ressenti.{language}.yaml"] = dashboard(language)
    return made


def as_yaml(content: dict[str, Any]) -> str:
    """As it stands in a file."""
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=110)


def write() -> None:
    """Write the folder anew; files that nothing stands behind any more go."""
    wanted = {FOLDER / name: as_yaml(content) for name, content in files().items()}
    for left in set(FOLDER.rglob("*.yaml")) - set(wanted):
        left.unlink()
    for path, content in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def pack(target: Path, uri: str = URI) -> None:
    """Write the archive that Superset imports.

    Raises:
        SystemExit: the address names a password, which would stand in the archive for all to read.
    """
    if urlsplit(uri).password not in (None, MASK):
        raise SystemExit(f"write {MASK} for the password: Superset asks for it when the archive is imported")
    with ZipFile(target, "w", ZIP_DEFLATED) as archive:
        for name, content in files(uri).items():
            archive.writestr(f"ressenti/{name}", as_yaml(content))
