"""Views for those who run it and those who act: follow-ups, runs, quarantine, models."""

from configs.taxonomy import Taxonomy
from storage.schema.runs import COUNTED as COUNTS
from storage.views.base import Column, Dialect, View, share
from storage.views.columns import (
    CUSTOMER,
    PERSON,
    PROGRAM,
    SHARE,
    SOURCE,
    TAGS,
    TEXTS,
    label_columns,
    number_of,
    percent,
)

POLICY = "configs/followup.yml"
LIVE = "u.state IN ('open', 'taken')"
STAGES = ("read", "clean", "store", "score", "tag", "follow up", "publish")


def _followups(d: Dialect, taxonomy: Taxonomy) -> str:
    end = f"coalesce(u.closed_at, {d.now})"
    late = f"u.due_at IS NOT NULL AND {end} > u.due_at"
    return f"""
SELECT u.id AS followup_id, u.rule, u.label, coalesce(l.kind, 'unclear') AS kind, l.valence,
       coalesce(l.fr, u.label) AS fr, coalesce(l.en, u.label) AS en, u.priority, u.team, u.state,
       CASE WHEN u.subject_kind = 'customer' THEN u.subject_key END AS customer,
       coalesce(x.feedback, 0) AS feedback, x.first_feedback_id,
       u.opened_at, u.due_at, u.taken_by, u.taken_at, u.closed_at,
       {d.hours("u.opened_at", end)} AS age_hours,
       {d.hours("u.opened_at", "u.taken_at")} AS hours_to_take,
       CASE WHEN {LIVE} THEN 1 ELSE 0 END AS live,
       CASE WHEN {late} THEN 1 ELSE 0 END AS breached,
       CASE WHEN {late} THEN {d.hours("u.due_at", end)} END AS hours_late
FROM followup AS u
LEFT JOIN label AS l ON l.id = u.label
LEFT JOIN (
  SELECT followup_id, count(*) AS feedback, min(feedback_id) AS first_feedback_id
  FROM followup_feedback GROUP BY followup_id
) AS x ON x.followup_id = u.id
"""


def _runs(d: Dialect, taxonomy: Taxonomy) -> str:
    counts = ", ".join(f"sum(CASE WHEN what = '{one}' THEN n ELSE 0 END) AS {one}" for one in COUNTS)
    stages = ", ".join(
        f"sum(CASE WHEN stage = '{one}' THEN seconds ELSE 0 END) AS {_seconds(one)}" for one in STAGES
    )
    shown = ", ".join(f"{d.whole(f'coalesce(c.{one}, 0)')} AS {one}" for one in COUNTS)
    took = ", ".join(f"{d.number(f'coalesce(s.{_seconds(one)}, 0)')} AS {_seconds(one)}" for one in STAGES)
    silent = f"{d.hours('r.heartbeat_at', d.now)} > 0.25"
    return f"""
SELECT r.id AS run_id, r.flow, r.outcome, CASE WHEN r.outcome = 'running' AND {silent} THEN 1 ELSE 0 END AS silent,
       r.started_at, r.ended_at, {d.hours("r.started_at", "coalesce(r.ended_at, r.heartbeat_at)")} AS hours,
       r.error, r.host, {d.part("r.versions", "'model'")} AS model_version, {shown}, {took},
       {share("c.quarantined", "c.read", d)} AS quarantined_share
FROM run AS r
LEFT JOIN (SELECT run_id, {counts} FROM run_count GROUP BY run_id) AS c ON c.run_id = r.id
LEFT JOIN (SELECT run_id, {stages} FROM run_stage GROUP BY run_id) AS s ON s.run_id = r.id
"""


def _seconds(stage: str) -> str:
    return f"{stage.replace(' ', '_')}_seconds"


def _quarantine(d: Dialect, taxonomy: Taxonomy) -> str:
    return f"""
SELECT s.name AS source, q.reason, q.field, q.state, count(*) AS records,
       min(q.quarantined_at) AS first_at, max(q.quarantined_at) AS last_at,
       CASE WHEN q.state = 'waiting' THEN {d.hours("min(q.quarantined_at)", d.now)} END AS waiting_hours
FROM quarantine AS q JOIN source AS s ON s.id = q.source_id
GROUP BY s.name, q.reason, q.field, q.state
"""


def _model_quality(d: Dialect, taxonomy: Taxonomy) -> str:
    """The sums hold what each version said of the same texts, so shares of two versions can be compared."""
    cut = {name: d.number(d.part('h."values"', "l.id", f"'{name}'")) for name in ("tag", "sure")}
    return f"""
SELECT v.id AS model_version, v.name AS model, x.threshold_set, v.taxonomy_version, v.registered_at,
       CASE WHEN d.scope IS NULL THEN 0 ELSE 1 END AS shown,
       l.id AS label, l.kind, l.valence, l.fr, l.en, {cut["tag"]} AS threshold, {cut["sure"]} AS sure_threshold,
       {d.is_true('h."values"', "l.id", "'experimental'")} AS experimental,
       coalesce(t.tags, 0) AS tags, coalesce(t.sure, 0) AS sure, coalesce(n.texts, 0) AS texts,
       {share("coalesce(t.tags, 0)", "n.texts", d)} AS share,
       coalesce(a.judged, 0) AS judged, coalesce(a.agreed, 0) AS agreed, coalesce(a.missed, 0) AS missed,
       coalesce(a.wrong, 0) AS wrong, {share("a.agreed", "a.judged", d)} AS agreement,
       {d.text(d.part("v.facts", "'metrics'"))} AS metrics
FROM (
  SELECT model_version, id AS threshold_set FROM threshold_set
  UNION SELECT model_version, threshold_set FROM activation WHERE model_version IS NOT NULL
) AS x
JOIN model_version AS v ON v.id = x.model_version
JOIN threshold_set AS h ON h.id = x.threshold_set
CROSS JOIN {d.words_of("v.labels")}
JOIN label AS l ON l.id = e.value
LEFT JOIN active AS d
  ON d.scope = 'default' AND d.model_version = x.model_version AND d.threshold_set = x.threshold_set
LEFT JOIN (SELECT model_version, sum(scored) AS texts FROM texts_by_day GROUP BY model_version) AS n
  ON n.model_version = x.model_version
LEFT JOIN (
  SELECT model_version, threshold_set, label, sum(tags) AS tags, sum(sure) AS sure FROM tags_by_day
  GROUP BY model_version, threshold_set, label
) AS t ON t.model_version = x.model_version AND t.threshold_set = x.threshold_set AND t.label = l.id
LEFT JOIN agreement AS a
  ON a.model_version = x.model_version AND a.threshold_set = x.threshold_set AND a.label = l.id
"""


def _moment(name: str, meaning: str, source: str = PROGRAM, *, nullable: bool = True) -> Column:
    return Column(name=name, kind="moment", meaning=meaning, source=source, unit="UTC", nullable=nullable)


def _hours(name: str, meaning: str, *, nullable: bool = False) -> Column:
    return Column(
        name=name,
        kind="number",
        meaning=meaning,
        source="computed from the columns beside it",
        unit="hours",
        nullable=nullable,
    )


def _flag(name: str, meaning: str, source: str = PROGRAM) -> Column:
    return Column(name=name, kind="flag", meaning=meaning, source=source, unit="0 or 1")


def _text(name: str, meaning: str, source: str = PROGRAM, *, nullable: bool = False) -> Column:
    return Column(name=name, kind="text", meaning=meaning, source=source, nullable=nullable)


def _threshold(name: str, meaning: str) -> Column:
    return Column(
        name=name, kind="number", meaning=meaning, source="the threshold set", unit="0 to 1", nullable=True
    )


_COUNT_MEANINGS = {
    "read": "records read",
    "new": "of these, feedback never seen before",
    "revised": "of these, known feedback with another text",
    "updated": "of these, known texts with other metadata",
    "duplicate": "of these, known as they are",
    "skipped": "of these, left out as the source's YAML says",
    "quarantined": "of these, put into quarantine",
    "scored": "texts scored",
    "refused": "texts that can't be scored",
    "tagged": "tags set",
    "followup_opened": "follow-ups opened",
    "followup_linked": "feedback linked to a follow-up that was open",
    "followup_too_old": "follow-ups not opened, because the feedback was too old",
}

VIEWS = (
    View(
        name="followups",
        meaning="one row per follow-up: who is asked for what, how long it has waited",
        columns=(
            number_of("followup_id", "number of the follow-up", "number", PROGRAM),
            _text("rule", "rule that asked for it", POLICY),
            *label_columns(),
            _text("priority", "how urgent: urgent, high or normal", POLICY),
            _text("team", "who is asked", POLICY),
            _text("state", "open, taken, done or dismissed", PERSON),
            CUSTOMER,
            number_of("feedback", "feedback behind it", "feedback"),
            Column(
                name="first_feedback_id",
                kind="whole",
                meaning="the first of these; null when they were erased",
                source=PROGRAM,
                unit="number",
                nullable=True,
            ),
            _moment("opened_at", "when it was opened", nullable=False),
            _moment("due_at", "by when; null when no time is set", POLICY),
            _text("taken_by", "who took it; null while nobody has", PERSON, nullable=True),
            _moment("taken_at", "when it was taken; null while it is not", PERSON),
            _moment("closed_at", "when it was done or dismissed; null while it is not", PERSON),
            _hours("age_hours", "from opening to closing, or to now"),
            _hours("hours_to_take", "from opening to being taken; null while nobody has", nullable=True),
            _flag("live", "open or taken", PERSON),
            _flag("breached", "closed after it was due, or not closed and past that time", POLICY),
            _hours("hours_late", "past its time; null when it is not", nullable=True),
        ),
        select=_followups,
    ),
    View(
        name="runs",
        meaning="one row per run: how it ended, what it counted, where its time went",
        columns=(
            _text("run_id", "UUID of the run"),
            _text("flow", "nightly, reprocess…"),
            _text("outcome", "running, done, failed or stopped"),
            _flag("silent", "said to be running, but without a sign of life for a quarter of an hour"),
            _moment("started_at", "when it began", nullable=False),
            _moment("ended_at", "when it ended; null while it runs, or after a kill"),
            _hours("hours", "from its beginning to its end or last sign of life"),
            _text("error", "why it failed; null if it did not", nullable=True),
            _text("host", "machine it ran on"),
            _text("model_version", "model that scored; null where none did", nullable=True),
            *(number_of(name, _COUNT_MEANINGS[name], "rows") for name in COUNTS),
            *(
                Column(
                    name=_seconds(stage),
                    kind="number",
                    meaning=f"time spent in the stage {stage}",
                    source=PROGRAM,
                    unit="seconds",
                )
                for stage in STAGES
            ),
            percent("quarantined_share", "`quarantined` of `read`"),
        ),
        select=_runs,
    ),
    View(
        name="quarantine",
        meaning="one row per source, reason, field and state of records that could not be accepted",
        columns=(
            SOURCE,
            _text("reason", "code: bad_date, missing_id, id_collision…"),
            _text("field", "column at fault; null when it is the whole record", nullable=True),
            _text("state", "waiting, replayed or discarded", PERSON),
            number_of("records", "how many", "records"),
            _moment("first_at", "when the first was put here", nullable=False),
            _moment("last_at", "when the last was put here", nullable=False),
            _hours("waiting_hours", "how long the first has waited; null when settled", nullable=True),
        ),
        select=_quarantine,
    ),
    View(
        name="model_quality",
        meaning="one row per model version, threshold set and label: how often it is set, how far people agree",
        columns=(
            _text("model_version", "hash of the model"),
            _text("model", "its name", "the model's folder"),
            _text("threshold_set", "hash of the thresholds"),
            _text("taxonomy_version", "version of the taxonomy its labels are from", "the model's folder"),
            _moment("registered_at", "when it was first used here", nullable=False),
            _flag("shown", "it is what the default scope shows"),
            *label_columns(),
            _threshold("threshold", "score from which the label is a tag; null when the set lacks it"),
            _threshold("sure_threshold", "score from which it is sure; null when the set lacks it"),
            _flag("experimental", "too few real cases stand behind its thresholds", "the threshold set"),
            *TAGS,
            TEXTS,
            SHARE,
            number_of("judged", "texts of which a person said whether they carry the label", source=PERSON),
            number_of("agreed", "of these, the version says the same", source=PERSON),
            number_of("missed", "of these, only the person sees it", source=PERSON),
            number_of("wrong", "of these, only the version sees it", source=PERSON),
            percent("agreement", "`agreed` of `judged`", PERSON),
            _text(
                "metrics",
                "figures measured when the model was made, as JSON {name: value}; null when there are none",
                "the model's folder",
                nullable=True,
            ),
        ),
        select=_model_quality,
    ),
)
