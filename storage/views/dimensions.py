"""Views that others are joined with: the contract itself, labels, sources."""

from configs.taxonomy import Taxonomy
from storage.views.base import Column, Dialect, View
from storage.views.columns import CHANNEL, PROGRAM, SOURCE, TAXONOMY, label_columns, number_of

UNCLEAR = """
SELECT 'unclear' AS label, 0 AS position, 'unclear' AS kind, NULL AS valence,
       'incertain' AS fr, 'unclear' AS en,
       'Aucune étiquette, mais un score juste en dessous d''un seuil : à relire.' AS definition_fr,
       'No tag, but a score just below a threshold: worth a look.' AS definition_en
"""


def _contract(d: Dialect, taxonomy: Taxonomy) -> str:
    return "SELECT version, timezone, made_at FROM contract"


def _labels(d: Dialect, taxonomy: Taxonomy) -> str:
    """Whether a label is shown and experimental is a matter of the default scope."""
    return f"""
SELECT x.label, x.position, x.kind, x.valence, x.fr, x.en, x.definition_fr, x.definition_en,
       CASE WHEN h.id IS NULL THEN 0
            WHEN x.kind = 'unclear' OR {d.part('h."values"', "x.label")} IS NOT NULL THEN 1 ELSE 0 END AS shown,
       {d.is_true('h."values"', "x.label", "'experimental'")} AS experimental
FROM (
  SELECT id AS label, position, kind, valence, fr, en, definition_fr, definition_en FROM label
  UNION ALL {UNCLEAR}
) AS x
LEFT JOIN active AS d ON d.scope = 'default'
LEFT JOIN threshold_set AS h ON h.id = d.threshold_set
"""


def _sources(d: Dialect, taxonomy: Taxonomy) -> str:
    """Read from the sums: counting a million feedback for a handful of names would be slow."""
    count = "(SELECT coalesce(sum(c.n), 0) FROM run_count AS c WHERE c.source_id = s.id AND c.what = 'read')"
    records = d.whole(count)
    return f"""
SELECT s.name AS source, s.kind, s.channel, s.created_at,
       (SELECT max(r.started_at) FROM run AS r JOIN run_count AS c ON c.run_id = r.id
        WHERE c.source_id = s.id AND c.what = 'read') AS last_read_at,
       {records} AS records
FROM source AS s
"""


VIEWS = (
    View(
        name="contract",
        meaning="one row: the version of this contract, and the zone in which days are cut",
        columns=(
            Column(name="version", kind="text", meaning="version of the contract", source=PROGRAM),
            Column(
                name="timezone",
                kind="text",
                meaning="zone in which days are cut",
                source="setting `timezone` at the last `ressenti db upgrade`",
                unit="IANA name",
            ),
            Column(
                name="made_at", kind="moment", meaning="when the views were made", source=PROGRAM, unit="UTC"
            ),
        ),
        select=_contract,
    ),
    View(
        name="labels",
        meaning="one row per label: what it is called and when it is set",
        columns=(
            *label_columns()[:1],
            number_of("position", "its place in the taxonomy; 0 for unclear", "rank from 1", TAXONOMY),
            *label_columns()[1:],
            Column(name="definition_fr", kind="text", meaning="when it is set, in French", source=TAXONOMY),
            Column(name="definition_en", kind="text", meaning="when it is set, in English", source=TAXONOMY),
            Column(
                name="shown",
                kind="flag",
                meaning="the model shown by default has it",
                source=PROGRAM,
                unit="0 or 1",
            ),
            Column(
                name="experimental",
                kind="flag",
                meaning="too few real cases stand behind its thresholds: read it with care",
                source="the thresholds shown by default",
                unit="0 or 1",
            ),
        ),
        select=_labels,
    ),
    View(
        name="sources",
        meaning="one row per source that was ever read",
        columns=(
            SOURCE,
            Column(
                name="kind", kind="text", meaning="kind of feed: files, api, query…", source="its YAML file"
            ),
            Column(
                name="channel",
                kind="text",
                meaning=f"{CHANNEL.meaning}; null when each record says its own",
                source="its YAML file",
                nullable=True,
            ),
            Column(
                name="created_at", kind="moment", meaning="when it was first read", source=PROGRAM, unit="UTC"
            ),
            Column(
                name="last_read_at",
                kind="moment",
                meaning="when the last run that found something in it began; null if none did",
                source=PROGRAM,
                unit="UTC",
                nullable=True,
            ),
            number_of("records", "records read from it, whatever became of them", "records"),
        ),
        select=_sources,
    ),
)
