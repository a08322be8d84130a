"""Views of sums: what stands in the tables of storage/sums.py, of what each scope shows, with corrections over it."""

from collections.abc import Callable

from configs.taxonomy import Taxonomy
from storage.views.base import Column, Dialect, View, nps, share
from storage.views.columns import (
    ANSWERS,
    CHANNEL,
    DAY,
    FEED,
    LANGUAGE,
    MONTH,
    RATINGS,
    SHARE,
    SOURCE,
    SURVEY,
    TAGS,
    TEXTS,
    label_columns,
    number_of,
)

# The version that a row's batch shows, or else the default one.
SHOWN = """
LEFT JOIN active AS b ON b.scope = 'batch:' || s.batch
LEFT JOIN active AS d ON d.scope = 'default'
WHERE s.model_version = coalesce(b.model_version, d.model_version)"""
SHOWN_TAGS = f"{SHOWN} AND s.threshold_set = coalesce(b.threshold_set, d.threshold_set)"

# What corrections add to the tags of the models, and take from them. There are few, so it is added up when asked.
CORRECTION_EFFECT = """
SELECT h.feedback_id, h.revision_id, c.label,
       CASE WHEN t.label IS NULL THEN 1 ELSE 0 END AS tags, CASE WHEN t.sure THEN 0 ELSE 1 END AS sure
FROM correction_in_force AS c
JOIN shown AS h ON h.revision_id = c.revision_id
LEFT JOIN prediction AS p ON p.revision_id = h.revision_id AND p.model_version = h.model_version
LEFT JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = h.threshold_set AND t.label = c.label
WHERE c.present
UNION ALL
SELECT h.feedback_id, h.revision_id, t.label, -1, CASE WHEN t.sure THEN -1 ELSE 0 END
FROM (SELECT DISTINCT revision_id FROM correction) AS k
JOIN shown AS h ON h.revision_id = k.revision_id
JOIN prediction AS p ON p.revision_id = h.revision_id AND p.model_version = h.model_version
JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = h.threshold_set
LEFT JOIN correction_in_force AS c ON c.revision_id = k.revision_id AND c.label = t.label
WHERE t.label = 'unclear' OR NOT c.present
"""
EFFECT = """
FROM correction_effect AS e
JOIN feedback AS f ON f.id = e.feedback_id
JOIN revision AS r ON r.id = e.revision_id"""
SATISFACTION = ("promoters", "passives", "detractors", "rated", "satisfied", "rating_points")


def _satisfied(alias: str, d: Dialect) -> str:
    """The columns ANSWERS and RATINGS, of counters in `alias`."""
    counters = [f"{alias}.{name}" for name in SATISFACTION]
    promoters, passives, detractors, rated, satisfied, points = counters
    return f"""{promoters}, {passives}, {detractors}, {nps(promoters, passives, detractors, d)} AS nps,
       {rated}, {satisfied}, {share(satisfied, rated, d)} AS csat,
       {share(f"{points} / 100.0", rated, d)} AS rating"""


def _summed(names: tuple[str, ...], alias: str = "s") -> str:
    return ", ".join(f"sum({alias}.{name}) AS {name}" for name in names)


def _texts_by_day(d: Dialect, taxonomy: Taxonomy) -> str:
    keys = "s.day, s.source_id, s.channel, s.language"
    return f"""
SELECT x.day, o.name AS source, x.channel, nullif(x.language, '') AS language,
       x.scored AS texts, x.texts - x.scored AS refused, {_satisfied("x", d)}
FROM (SELECT {keys}, {_summed(("texts", "scored", *SATISFACTION))}
  FROM texts_by_day AS s {SHOWN} GROUP BY {keys}) AS x
JOIN source AS o ON o.id = x.source_id
WHERE x.texts > 0
"""


def _known(d: Dialect) -> str:
    """The labels of the models that are shown: only of these does no tag mean no."""
    return f"""
SELECT l.id AS label, l.kind, l.valence, l.fr, l.en FROM label AS l
WHERE l.id IN (SELECT e.value FROM active AS a JOIN model_version AS v ON v.id = a.model_version
               CROSS JOIN {d.words_of("v.labels")})"""


def _tags_of(columns: str, table: str, corrected: str) -> str:
    """Tags and sure by `columns` of a table of sums (s) and the label, with what corrections (f, r, e) change."""
    keys = ", ".join(one.rpartition(".")[2] for one in columns.split(", "))
    return f"""
  SELECT {keys}, label, sum(tags) AS tags, sum(sure) AS sure FROM (
    SELECT {columns}, s.label, s.tags, s.sure FROM {table} AS s {SHOWN_TAGS}
    UNION ALL
    SELECT {corrected}, e.label, e.tags, e.sure {EFFECT}
  ) AS y GROUP BY {keys}, label"""


def _by_day(kind: str) -> Callable[[Dialect, Taxonomy], str]:
    keys = "s.day, s.source_id, s.channel, s.language"
    corrected = "f.day, f.source_id, f.channel, coalesce(r.language, '')"

    def select(d: Dialect, taxonomy: Taxonomy) -> str:
        return f"""
SELECT x.day, o.name AS source, x.channel, nullif(x.language, '') AS language,
       l.label, l.kind, l.valence, l.fr, l.en,
       coalesce(t.tags, 0) AS tags, coalesce(t.sure, 0) AS sure, x.texts,
       {share("coalesce(t.tags, 0)", "x.texts", d)} AS share
FROM (SELECT {keys}, sum(s.scored) AS texts FROM texts_by_day AS s {SHOWN} GROUP BY {keys}) AS x
JOIN source AS o ON o.id = x.source_id
JOIN ({_known(d)}) AS l ON l.kind = '{kind}'
LEFT JOIN ({_tags_of(keys, "tags_by_day", corrected)}) AS t
  ON t.day = x.day AND t.source_id = x.source_id AND t.channel = x.channel AND t.language = x.language
  AND t.label = l.label
WHERE x.texts > 0
"""

    return select


def _tags_by_batch(d: Dialect, taxonomy: Taxonomy) -> str:
    keys, corrected = "s.survey, s.batch", "coalesce(f.survey, ''), coalesce(f.batch, '')"
    return f"""
SELECT nullif(x.survey, '') AS survey, x.batch, x.first_day, x.last_day, l.label, l.kind, l.valence, l.fr, l.en,
       coalesce(t.tags, 0) AS tags, coalesce(t.sure, 0) AS sure, x.scored AS texts,
       {share("coalesce(t.tags, 0)", "x.scored", d)} AS share,
       {nps("x.promoters", "x.passives", "x.detractors", d)} AS nps, {share("x.satisfied", "x.rated", d)} AS csat
FROM (
  SELECT {keys}, min(s.day) AS first_day, max(s.day) AS last_day, {_summed(("scored", *SATISFACTION))}
  FROM texts_by_day AS s {SHOWN} AND s.batch <> '' AND s.texts > 0 GROUP BY {keys}
) AS x
CROSS JOIN ({_known(d)}) AS l
LEFT JOIN ({_tags_of(keys, "tags_by_day", corrected)}) AS t
  ON t.survey = x.survey AND t.batch = x.batch AND t.label = l.label
WHERE x.scored > 0
"""


def _tags_by_attribute(d: Dialect, taxonomy: Taxonomy) -> str:
    """What a person corrected counts for each attribute of the feedback, as what a model said does."""
    keys = "s.month, s.name, s.value"
    unfold = "json_each" if d.name == "sqlite" else "jsonb_each_text"
    effect = f"""
    SELECT {d.month("f.day")}, i.key, coalesce(a.value, '(other)'), e.label, e.tags, e.sure {EFFECT}
    CROSS JOIN {unfold}(f.attributes) AS i
    LEFT JOIN attribute_value AS a ON a.name = i.key AND a.value = i.value"""
    return f"""
SELECT x.month, x.name AS attribute, x.value, l.label, l.kind, l.valence, l.fr, l.en,
       coalesce(t.tags, 0) AS tags, coalesce(t.sure, 0) AS sure, x.scored AS texts,
       {share("coalesce(t.tags, 0)", "x.scored", d)} AS share,
       {nps("x.promoters", "x.passives", "x.detractors", d)} AS nps, {share("x.satisfied", "x.rated", d)} AS csat
FROM (
  SELECT {keys}, {_summed(("scored", *SATISFACTION))} FROM texts_by_attribute AS s {SHOWN} GROUP BY {keys}
) AS x
CROSS JOIN ({_known(d)}) AS l
LEFT JOIN (
  SELECT month, name, value, label, sum(tags) AS tags, sum(sure) AS sure FROM (
    SELECT {keys}, s.label, s.tags, s.sure FROM tags_by_attribute AS s {SHOWN_TAGS}
    UNION ALL {effect}
  ) AS y GROUP BY month, name, value, label
) AS t ON t.month = x.month AND t.name = x.name AND t.value = x.value AND t.label = l.label
WHERE x.scored > 0
"""


def _satisfaction_by_tag(d: Dialect, taxonomy: Taxonomy) -> str:
    """A correction moves the answers of its feedback with the tag."""
    scale = "nullif(f.rating_high - f.rating_low, 0)"
    height = f"(f.rating - f.rating_low) / {scale}"
    rated = "f.rating IS NOT NULL AND f.rating_high > f.rating_low"
    counters = {
        "tags": "1",
        "promoters": "CASE WHEN f.nps >= 9 THEN 1 ELSE 0 END",
        "passives": "CASE WHEN f.nps BETWEEN 7 AND 8 THEN 1 ELSE 0 END",
        "detractors": "CASE WHEN f.nps <= 6 THEN 1 ELSE 0 END",
        "rated": f"CASE WHEN {rated} THEN 1 ELSE 0 END",
        "satisfied": f"CASE WHEN {rated} AND {height} >= 0.75 THEN 1 ELSE 0 END",
        "rating_points": f"CASE WHEN {rated} THEN CAST(round(100 * {height}) AS integer) ELSE 0 END",
    }
    stored = ", ".join(f"s.{name}" for name in counters)
    effect = ", ".join(f"e.tags * {value}" for value in counters.values())
    return f"""
SELECT x.month, o.name AS source, x.channel, l.label, l.kind, l.valence, l.fr, l.en, x.tags, {_satisfied("x", d)}
FROM (
  SELECT {d.month("y.day")} AS month, y.source_id, y.channel, y.label, {_summed(tuple(counters), "y")}
  FROM (
    SELECT s.day, s.source_id, s.channel, s.label, {stored} FROM tags_by_day AS s {SHOWN_TAGS}
    UNION ALL
    SELECT f.day, f.source_id, f.channel, e.label, {effect} {EFFECT}
  ) AS y GROUP BY {d.month("y.day")}, y.source_id, y.channel, y.label
) AS x
JOIN source AS o ON o.id = x.source_id
JOIN {d.view("labels")} AS l ON l.label = x.label
WHERE x.tags > 0
"""


def _customers(d: Dialect, taxonomy: Taxonomy) -> str:
    found = ("negative", "positive", "churn_reasons", "churn_intents")
    return f"""
SELECT x.customer, x.scored AS texts, x.texts - x.scored AS refused, x.first_day, x.last_day,
       coalesce(t.negative, 0) AS negative_emotions, coalesce(t.positive, 0) AS positive_emotions,
       {share("t.negative", "(t.negative + t.positive)", d)} AS negative_share,
       coalesce(t.churn_reasons, 0) AS churn_reasons, coalesce(t.churn_intents, 0) AS churn_intents,
       {_satisfied("x", d)},
       coalesce(u.follow_ups, 0) AS follow_ups, coalesce(u.live, 0) AS follow_ups_open,
       coalesce(u.overdue, 0) AS follow_ups_overdue
FROM (
  SELECT s.customer, min(s.first_day) AS first_day, max(s.last_day) AS last_day,
         {_summed(("texts", "scored", *SATISFACTION))}
  FROM texts_by_customer AS s {SHOWN} GROUP BY s.customer
) AS x
LEFT JOIN (
  SELECT customer, {_summed(found, "y")} FROM (
    SELECT s.customer, {", ".join(f"s.{name}" for name in found)} FROM tags_by_customer AS s {SHOWN_TAGS}
    UNION ALL
    SELECT f.customer, CASE WHEN l.valence = 'negative' THEN e.tags ELSE 0 END,
           CASE WHEN l.valence = 'positive' THEN e.tags ELSE 0 END,
           CASE WHEN l.kind = 'churn_reason' THEN e.tags ELSE 0 END,
           CASE WHEN e.label = 'churn_intent' THEN e.tags ELSE 0 END
    {EFFECT} JOIN label AS l ON l.id = e.label WHERE f.customer IS NOT NULL
  ) AS y GROUP BY customer
) AS t ON t.customer = x.customer
LEFT JOIN (
  SELECT subject_key, count(*) AS follow_ups, count(*) FILTER (WHERE state IN ('open', 'taken')) AS live,
         count(*) FILTER (WHERE state IN ('open', 'taken') AND due_at < {d.now}) AS overdue
  FROM followup WHERE subject_kind = 'customer' GROUP BY subject_key
) AS u ON u.subject_key = x.customer
WHERE x.texts > 0
"""


def _view_by_day(kind: str, name: str, what: str) -> View:
    return View(
        name=name,
        meaning=f"one row per day, source, channel, language and {what}, also where none was found: sums of `tags` "
        "by sums of `texts` are right over any days of one label",
        columns=(DAY, SOURCE, CHANNEL, LANGUAGE, *label_columns(), *TAGS, TEXTS, SHARE),
        select=_by_day(kind),
    )


_NPS, _CSAT = ANSWERS[-1], RATINGS[2]
_REFUSED = number_of("refused", "texts that can't be scored: unsupported language, empty…")

VIEWS = (
    View(
        name="texts_by_day",
        meaning="one row per day, source, channel and language: how many texts, how satisfied their customers",
        columns=(
            *(DAY, SOURCE, CHANNEL, LANGUAGE),
            number_of("texts", "scored texts"),
            _REFUSED,
            *ANSWERS,
            *RATINGS,
        ),
        select=_texts_by_day,
    ),
    _view_by_day("emotion", "emotions_by_day", "emotion"),
    _view_by_day("churn_reason", "churn_reasons_by_day", "churn reason"),
    _view_by_day("signal", "signals_by_day", "signal"),
    View(
        name="tags_by_batch",
        meaning="one row per survey batch and label, also where none was found",
        columns=(
            SURVEY,
            Column(name="batch", kind="text", meaning="survey wave or imported file", source=FEED),
            Column(name="first_day", kind="day", meaning="day of its first text", source=FEED, unit=DAY.unit),
            Column(name="last_day", kind="day", meaning="day of its last text", source=FEED, unit=DAY.unit),
            *label_columns(),
            *(*TAGS, TEXTS, SHARE, _NPS, _CSAT),
        ),
        select=_tags_by_batch,
    ),
    View(
        name="tags_by_attribute",
        meaning="one row per month, attribute (a product, a country, what the source's YAML keeps), value and label",
        columns=(
            MONTH,
            Column(
                name="attribute",
                kind="text",
                meaning="name of the attribute",
                source="the source's YAML file",
            ),
            Column(
                name="value", kind="text", meaning="its value; (other) beyond the first thousand", source=FEED
            ),
            *label_columns(),
            *(*TAGS, TEXTS, SHARE, _NPS, _CSAT),
        ),
        select=_tags_by_attribute,
    ),
    View(
        name="satisfaction_by_tag",
        meaning="one row per month, source, channel and label: NPS and CSAT of the texts that carry it",
        columns=(MONTH, SOURCE, CHANNEL, *label_columns(), TAGS[0], *ANSWERS, *RATINGS),
        select=_satisfaction_by_tag,
    ),
    View(
        name="customers",
        meaning="one row per known customer: what they wrote and what waits for them",
        columns=(
            Column(
                name="customer", kind="text", meaning="keyed hash of the customer's identifier", source=FEED
            ),
            number_of("texts", "scored texts"),
            _REFUSED,
            Column(name="first_day", kind="day", meaning="day of the first text", source=FEED, unit=DAY.unit),
            Column(name="last_day", kind="day", meaning="day of the last text", source=FEED, unit=DAY.unit),
            number_of("negative_emotions", "negative emotions found in the texts", "emotions"),
            number_of("positive_emotions", "positive emotions found in them", "emotions"),
            Column(
                name="negative_share",
                kind="number",
                meaning="negative of negative and positive emotions; null of none",
                source="computed from the columns beside it",
                unit="%",
                nullable=True,
            ),
            number_of("churn_reasons", "reasons to leave found in them", "churn reasons"),
            number_of("churn_intents", "texts in which the customer says they leave"),
            *ANSWERS,
            *RATINGS,
            number_of("follow_ups", "follow-ups about the customer, settled ones included", "follow-ups"),
            number_of("follow_ups_open", "of these, open or taken", "follow-ups"),
            number_of("follow_ups_overdue", "of these, past their time now", "follow-ups"),
        ),
        select=_customers,
    ),
)
