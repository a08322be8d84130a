"""Views with a row for each feedback or tag: the facts themselves."""

from configs.taxonomy import Label, Taxonomy
from storage.views.base import Column, Dialect, View
from storage.views.columns import (
    BATCH,
    CHANNEL,
    CUSTOMER,
    DAY,
    FEED,
    LANGUAGE,
    MODEL,
    MODEL_VERSION,
    PERSON,
    PROGRAM,
    SOURCE,
    SURVEY,
    THRESHOLD_SET,
    label_columns,
    number_of,
)

FEEDBACK_ID = Column(
    name="feedback_id", kind="whole", meaning="number of the feedback", source=PROGRAM, unit="number"
)
EXTERNAL_ID = Column(
    name="external_id", kind="text", meaning="the source's id, or one made of its content", source=FEED
)
WRITTEN_AT = Column(
    name="written_at",
    kind="moment",
    meaning="when the customer wrote; null when unknown",
    source=FEED,
    unit="UTC",
    nullable=True,
)
TEXT = Column(name="text", kind="text", meaning="the text, personal data replaced", source=FEED)


def _tags(d: Dialect, taxonomy: Taxonomy) -> str:
    return f"""
WITH cut AS MATERIALIZED (
  SELECT h.id AS threshold_set, l.id AS label, {d.number(d.part('h."values"', "l.id", "'tag'"))} AS threshold,
         {d.is_true('h."values"', "l.id", "'experimental'")} AS experimental
  FROM threshold_set AS h CROSS JOIN label AS l
)
SELECT c.feedback_id, f.external_id, s.name AS source, f.channel, c.day, f.written_at, r.language,
       f.survey, c.batch, f.customer, c.label, coalesce(l.kind, 'unclear') AS kind, l.valence,
       coalesce(l.fr, 'incertain') AS fr, coalesce(l.en, 'unclear') AS en,
       c.score, cut.threshold, CASE WHEN c.sure THEN 1 ELSE 0 END AS sure,
       coalesce(cut.experimental, 0) AS experimental,
       CASE WHEN c.correction_id IS NULL THEN 0 ELSE 1 END AS corrected,
       c.model_version, c.threshold_set, r.masked_text AS text
FROM current_tag AS c
JOIN feedback AS f ON f.id = c.feedback_id
JOIN revision AS r ON r.id = c.revision_id
JOIN source AS s ON s.id = f.source_id
LEFT JOIN label AS l ON l.id = c.label
LEFT JOIN cut ON cut.threshold_set = c.threshold_set AND cut.label = c.label
"""


# The primary emotion is the one with the highest score, the first of the taxonomy among equals. One number holds
# both, so that the greatest can be taken while rows are grouped. What a person said counts as certain: 1.
RANK = "CAST(round({score} * 100000) AS bigint) * 1000 + 999 - {position}"


def _feedback(d: Dialect, taxonomy: Taxonomy) -> str:
    labels = taxonomy.ids
    found = ",\n         ".join(f"""max(1) FILTER (WHERE t.label = '{one}') AS "{one}\"""" for one in labels)
    said = ", ".join(
        f"""max({_present("c")}) FILTER (WHERE c.label = '{one}') AS "{one}\"""" for one in labels
    )
    known = ", ".join(f"""max(0) FILTER (WHERE e.value = '{one}') AS "{one}\"""" for one in labels)
    columns = ",\n       ".join(f'{_flag(one)} AS "{one}"' for one in labels)
    emotions = [one for one in taxonomy.labels if one.kind == "emotion"]
    reasons = " || ".join(
        f"CASE WHEN {_flag(one)} = 1 THEN ', {one}' ELSE '' END" for one in taxonomy.of_kind("churn_reason")
    )
    return f"""
SELECT q.feedback_id, q.external_id, q.source, q.channel, q.day, q.written_at, q.written_precision,
       q.discovered_at, q.language, q.survey, q.batch, q.customer, q.rating, q.rating_low, q.rating_high, q.nps,
       q.attributes, q.revision, q.text,
       coalesce(q.outcome, 'pending') AS status, q.refusal,
       p.id AS primary_emotion, p.fr AS primary_emotion_fr, p.en AS primary_emotion_en,
       {_valence(emotions)} AS valence,
       nullif(ltrim({reasons}, ', '), '') AS churn_reasons,
       CASE WHEN k.revision_id IS NULL THEN q.unclear ELSE 0 END AS unclear,
       CASE WHEN k.revision_id IS NULL THEN 0 ELSE 1 END AS corrected,
       coalesce(u.follow_ups, 0) AS follow_ups,
       CASE u.state WHEN 1 THEN 'open' WHEN 2 THEN 'taken' WHEN 3 THEN 'done' WHEN 4 THEN 'dismissed' END
         AS follow_up_state,
       u.due_at AS follow_up_due_at,
       q.model_version, q.threshold_set,
       {columns}
FROM (
  SELECT f.id AS feedback_id, f.external_id, s.name AS source, f.channel, h.day, f.written_at,
         f.written_precision, f.discovered_at, r.language, f.survey, h.batch, f.customer, f.rating, f.rating_low,
         f.rating_high, f.nps, {d.text("f.attributes")} AS attributes, r.id AS revision_id,
         r.number AS revision, r.masked_text AS text, p.outcome, p.reason AS refusal,
         h.model_version, h.threshold_set,
         coalesce(max(1) FILTER (WHERE t.label = 'unclear'), 0) AS unclear,
         max({RANK.format(score="t.score", position="l.position")})
           FILTER (WHERE l.kind = 'emotion' AND c.id IS NULL) AS rank,
         {found}
  FROM shown AS h
  JOIN feedback AS f ON f.id = h.feedback_id
  JOIN revision AS r ON r.id = h.revision_id
  JOIN source AS s ON s.id = f.source_id
  LEFT JOIN prediction AS p ON p.revision_id = h.revision_id AND p.model_version = h.model_version
  LEFT JOIN tag AS t ON t.prediction_id = p.id AND t.threshold_set = h.threshold_set
  LEFT JOIN label AS l ON l.id = t.label
  LEFT JOIN correction_in_force AS c ON c.revision_id = r.id AND c.label = t.label
  GROUP BY f.id, h.day, h.batch, f.channel, s.name, s.id, r.id, p.id, h.model_version, h.threshold_set
) AS q
LEFT JOIN (
  SELECT c.revision_id, {said},
         max({RANK.format(score="1", position="l.position")}) FILTER (WHERE c.present AND l.kind = 'emotion') AS rank
  FROM correction_in_force AS c JOIN label AS l ON l.id = c.label GROUP BY c.revision_id
) AS k ON k.revision_id = q.revision_id
LEFT JOIN label AS p ON p.kind = 'emotion' AND p.position = 999 - coalesce(k.rank, q.rank) % 1000
LEFT JOIN (
  SELECT v.id AS model_version, {known}
  FROM model_version AS v CROSS JOIN {d.words_of("v.labels")} GROUP BY v.id
) AS m ON m.model_version = q.model_version AND q.outcome = 'scored'
LEFT JOIN (
  SELECT x.feedback_id, count(*) AS follow_ups,
         min(CASE f.state WHEN 'open' THEN 1 WHEN 'taken' THEN 2 WHEN 'done' THEN 3 ELSE 4 END) AS state,
         min(CASE WHEN f.state IN ('open', 'taken') THEN f.due_at END) AS due_at
  FROM followup_feedback AS x JOIN followup AS f ON f.id = x.followup_id GROUP BY x.feedback_id
) AS u ON u.feedback_id = q.feedback_id
"""


def _flag(label: str) -> str:
    """What a person said, else 1 for a tag, else 0 where the model has the label, else NULL."""
    return f'coalesce(k."{label}", q."{label}", m."{label}")'


def _present(alias: str) -> str:
    return f"CASE WHEN {alias}.present THEN 1 ELSE 0 END"


def _valence(emotions: list[Label]) -> str:
    """Of the emotions found, or NULL when there is none."""
    any_of = {
        valence: " OR ".join(f"{_flag(one.id)} = 1" for one in emotions if one.valence == valence) or "1 = 0"
        for valence in ("negative", "positive", "neutral")
    }
    return (
        f"CASE WHEN ({any_of['negative']}) AND ({any_of['positive']}) THEN 'mixed' "
        + " ".join(f"WHEN {test} THEN '{valence}'" for valence, test in any_of.items())
        + " END"
    )


def _label_flags(taxonomy: Taxonomy) -> tuple[Column, ...]:
    return tuple(
        Column(
            name=label.id,
            kind="flag",
            meaning=f"{label.en} ({label.fr}): 1 tagged, 0 not; null if not scored, or the model lacks it",
            source="the model, or a person who corrected it",
            unit="0 or 1",
            nullable=True,
        )
        for label in taxonomy.labels
    )


def feedback_view(taxonomy: Taxonomy) -> View:
    """The wide view, which has a column for each label."""
    return View(
        name="feedback",
        meaning="one row per living feedback: everything known of it, a column for each label",
        columns=(*_FEEDBACK, *_label_flags(taxonomy)),
        select=_feedback,
    )


_FEEDBACK = (
    FEEDBACK_ID,
    EXTERNAL_ID,
    SOURCE,
    CHANNEL,
    DAY,
    WRITTEN_AT,
    Column(
        name="written_precision",
        kind="text",
        meaning="how exactly written_at is known: second, minute, hour, day, week, month or year; null when unknown",
        source=FEED,
        nullable=True,
    ),
    Column(
        name="discovered_at", kind="moment", meaning="when it was first stored", source=PROGRAM, unit="UTC"
    ),
    LANGUAGE,
    SURVEY,
    BATCH,
    CUSTOMER,
    Column(
        name="rating",
        kind="number",
        meaning="the customer's rating; null for none",
        source=FEED,
        unit="points on the source's scale",
        nullable=True,
    ),
    Column(
        name="rating_low",
        kind="number",
        meaning="lowest value of that scale; null when unknown",
        source="the source's YAML file",
        unit="points",
        nullable=True,
    ),
    Column(
        name="rating_high",
        kind="number",
        meaning="highest value of that scale; null when unknown",
        source="the source's YAML file",
        unit="points",
        nullable=True,
    ),
    Column(
        name="nps",
        kind="whole",
        meaning="answer to the recommendation question; null for none",
        source=FEED,
        unit="0 to 10",
        nullable=True,
    ),
    Column(name="attributes", kind="text", meaning="other columns kept, as JSON {name: value}", source=FEED),
    number_of("revision", "which version of the text this is", "from 1", PROGRAM),
    TEXT,
    Column(
        name="status",
        kind="text",
        meaning="scored, refused, or pending: the model shown has not seen it yet",
        source=PROGRAM,
    ),
    Column(
        name="refusal",
        kind="text",
        meaning="why it was refused: unsupported_language, empty…; null when it was not",
        source=PROGRAM,
        nullable=True,
    ),
    Column(
        name="primary_emotion",
        kind="text",
        meaning="the emotion with the highest score, one that a person saw first; null when there is none",
        source=MODEL,
        nullable=True,
    ),
    Column(
        name="primary_emotion_fr",
        kind="text",
        meaning="its French name; null without it",
        source=MODEL,
        nullable=True,
    ),
    Column(
        name="primary_emotion_en",
        kind="text",
        meaning="its English name; null without it",
        source=MODEL,
        nullable=True,
    ),
    Column(
        name="valence",
        kind="text",
        meaning="of its emotions: negative, positive, mixed (both) or neutral; null when there is none",
        source=MODEL,
        nullable=True,
    ),
    Column(
        name="churn_reasons",
        kind="text",
        meaning="ids of its churn reasons, in the taxonomy's order, with commas; null for none",
        source=MODEL,
        nullable=True,
    ),
    Column(
        name="unclear",
        kind="flag",
        meaning="no tag, but a score just below one, and nobody has judged it",
        source=MODEL,
        unit="0 or 1",
    ),
    Column(name="corrected", kind="flag", meaning="a person judged its tags", source=PERSON, unit="0 or 1"),
    number_of("follow_ups", "follow-ups that it opened or was linked to", "follow-ups"),
    Column(
        name="follow_up_state",
        kind="text",
        meaning="of these the least settled: open, taken, done or dismissed; null for none",
        source=PERSON,
        nullable=True,
    ),
    Column(
        name="follow_up_due_at",
        kind="moment",
        meaning="when the first open or taken one is due; null for none",
        source="configs/followup.yml",
        unit="UTC",
        nullable=True,
    ),
    MODEL_VERSION,
    THRESHOLD_SET,
)

TAGS_VIEW = View(
    name="tags",
    meaning="one row per feedback and tag that counts now, people's corrections included",
    columns=(
        FEEDBACK_ID,
        EXTERNAL_ID,
        SOURCE,
        CHANNEL,
        DAY,
        WRITTEN_AT,
        LANGUAGE,
        SURVEY,
        BATCH,
        CUSTOMER,
        *label_columns(),
        Column(
            name="score",
            kind="number",
            meaning="the model's score; null for a tag that only a person saw",
            source="the model",
            unit="0 to 1",
            nullable=True,
        ),
        Column(
            name="threshold",
            kind="number",
            meaning="score from which it is a tag; null for unclear, and for labels that the model has not",
            source="the threshold set",
            unit="0 to 1",
            nullable=True,
        ),
        Column(
            name="sure",
            kind="flag",
            meaning="the score passes the second, precise threshold, or a person said so",
            source=MODEL,
            unit="0 or 1",
        ),
        Column(
            name="experimental",
            kind="flag",
            meaning="too few real cases stand behind the label's thresholds: read it with care",
            source="the threshold set",
            unit="0 or 1",
        ),
        Column(name="corrected", kind="flag", meaning="a person said so", source=PERSON, unit="0 or 1"),
        MODEL_VERSION,
        THRESHOLD_SET,
        TEXT,
    ),
    select=_tags,
)
