"""What the ready-made dashboards show: their charts, over the views of BI, in French and in English.

Shares are sums of `tags` by sums of `texts`, never means of shares: a day of few texts would weigh as much as others.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal["fr", "en"]
Said = dict[str, str]  # language -> words
LANGUAGES: tuple[Language, ...] = ("fr", "en")
PERCENT, WHOLE, POINTS = ".0%", ",d", "+.0f"


@dataclass(frozen=True)
class Metric:
    """A figure: SQL over the rows that a chart is left with, and what it is called."""

    sql: str
    said: Said
    form: str


@dataclass(frozen=True)
class Where:
    """A condition on a column."""

    column: str
    is_: Any
    operator: str = "=="


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One chart of the dashboard; `{lang}` in a column's name is the language's.

    Attributes:
        id: part of what the chart is known by; never change it.
        kind: Superset's name of the kind of chart.
        of: what it is drawn over: a column of the view, or "" for a single number.
        by: the column that splits it, or "".
        columns: of a table, instead of a metric.
        day: the column that the dashboard's period is about, or "" where a period makes no sense.
        order: of a table, the column by which its newest rows come first.
        more: what this kind of chart is told besides.
    """

    id: str
    view: str
    kind: str
    said: Said
    width: int
    height: int = 50
    metric: str = ""
    of: str = ""
    by: str = ""
    columns: tuple[str, ...] = ()
    where: tuple[Where, ...] = ()
    day: str = "day"
    order: str = ""
    rows: int = 1000
    more: dict[str, Any] = field(default_factory=dict)


METRICS = {
    "texts": Metric("SUM(texts)", {"fr": "Textes", "en": "Texts"}, WHOLE),
    "share": Metric(
        "1.0 * SUM(tags) / NULLIF(SUM(texts), 0)", {"fr": "Part des textes", "en": "Share of texts"}, PERCENT
    ),
    "tagged": Metric("SUM(tags)", {"fr": "Textes concernés", "en": "Texts concerned"}, WHOLE),
    "sure_share": Metric(
        "1.0 * SUM(sure) / NULLIF(SUM(tags), 0)", {"fr": "Part sûre", "en": "Share that is sure"}, PERCENT
    ),
    "nps": Metric(
        "100.0 * (SUM(promoters) - SUM(detractors)) / NULLIF(SUM(promoters + passives + detractors), 0)",
        {"fr": "NPS", "en": "NPS"},
        POINTS,
    ),
    "waiting": Metric("SUM(live)", {"fr": "Suivis ouverts", "en": "Open follow-ups"}, WHOLE),
    "late": Metric("SUM(live * breached)", {"fr": "Suivis en retard", "en": "Late follow-ups"}, WHOLE),
}
METRICS_OF = {
    "texts_by_day": ("texts", "nps"),
    "emotions_by_day": ("share", "tagged", "sure_share"),
    "churn_reasons_by_day": ("share", "tagged", "sure_share"),
    "signals_by_day": ("share", "tagged", "sure_share"),
    "tags_by_batch": ("share", "tagged", "sure_share"),
    "tags_by_attribute": ("share", "tagged", "sure_share"),
    "satisfaction_by_tag": ("nps",),
    "followups": ("waiting", "late"),
}
# Columns that a dataset computes, with a number before the words so that they sort.
COMPUTED = {
    "followups": {
        "age": "CASE WHEN age_hours < 4 THEN '1. < 4 h' WHEN age_hours < 24 THEN '2. 4–24 h'"
        " WHEN age_hours < 72 THEN '3. 24–72 h' WHEN age_hours < 168 THEN '4. 72–168 h' ELSE '5. > 168 h' END",
        "in_time_fr": "CASE WHEN breached = 1 THEN 'en retard' ELSE 'dans les temps' END",
        "in_time_en": "CASE WHEN breached = 1 THEN 'late' ELSE 'in time' END",
    }
}
BARS = {"orientation": "horizontal", "x_axis_sort_asc": True}
HEAT = {"normalize_across": "heatmap", "show_values": True, "legend_type": "continuous", "show_percentage": False,
        "linear_color_scheme": "superset_seq_1", "left_margin": "auto", "bottom_margin": "auto",
        "sort_x_axis": "alpha_asc", "sort_y_axis": "value_asc"}  # fmt: skip
NEGATIVE = Where("valence", "negative")

CHARTS = (
    Chart(id="texts", view="texts_by_day", kind="big_number_total", metric="texts", width=3, height=20,
          said={"fr": "Textes lus", "en": "Texts read"}),
    Chart(id="nps", view="texts_by_day", kind="big_number_total", metric="nps", width=3, height=20,
          said={"fr": "NPS de ceux qui ont répondu", "en": "NPS of those who answered"}),
    Chart(id="sure-share", view="emotions_by_day", kind="big_number_total", metric="sure_share", width=3, height=20,
          said={"fr": "Émotions dont le modèle est sûr", "en": "Emotions that the model is sure of"}),
    Chart(id="late", view="followups", kind="big_number_total", metric="late", width=3, height=20, day="",
          said={"fr": "Suivis en retard maintenant", "en": "Follow-ups late now"}),
    Chart(id="emotions", view="emotions_by_day", kind="echarts_timeseries_line", metric="share", width=7,
          of="day", by="{lang}", where=(NEGATIVE,),
          said={"fr": "Émotions négatives par semaine", "en": "Negative emotions by week"},
          more={"time_grain_sqla": "P1W", "rich_tooltip": True, "show_legend": True, "legendOrientation": "right",
                "legendType": "scroll", "x_axis_time_format": "%d/%m", "markerEnabled": True, "markerSize": 4}),
    Chart(id="churn-reasons", view="churn_reasons_by_day", kind="echarts_timeseries_bar", metric="tagged", width=5,
          of="{lang}", more=BARS | {"show_value": True}, said={"fr": "Raisons de départ", "en": "Reasons to leave"}),
    Chart(id="by-channel", view="emotions_by_day", kind="heatmap_v2", metric="share", width=6, of="channel",
          by="{lang}", more=HEAT, said={"fr": "Émotions par canal", "en": "Emotions by channel"}, height=60),
    Chart(id="by-language", view="emotions_by_day", kind="heatmap_v2", metric="share", width=6, of="language",
          by="{lang}", more=HEAT, said={"fr": "Émotions par langue", "en": "Emotions by language"}, height=60),
    Chart(id="nps-by-emotion", view="satisfaction_by_tag", kind="echarts_timeseries_bar", metric="nps", width=6,
          of="{lang}", where=(Where("kind", "emotion"), Where("nps", None, "IS NOT NULL")), day="month", more=BARS,
          said={"fr": "NPS de ceux qui expriment l’émotion", "en": "NPS of those who voice the emotion"}),
    Chart(id="follow-ups", view="followups", kind="echarts_timeseries_bar", metric="waiting", width=6, of="age",
          by="in_time_{lang}", where=(Where("live", 1),), day="",
          said={"fr": "Suivis ouverts, par âge", "en": "Open follow-ups, by age"},
          more={"stack": "Stack", "show_legend": True, "show_value": True, "x_axis_sort_asc": True,
                "x_axis_sort": "age"}),
    Chart(id="unfair", view="tags", kind="table", columns=("day", "channel", "{lang}", "text"), width=12,
          where=(Where("label", ["anger", "injustice"], "IN"), Where("sure", 1)), order="day", rows=500,
          said={"fr": "Derniers textes de colère ou d’injustice, sûrs",
                "en": "Newest texts of anger or injustice, sure"}),
    Chart(id="runs", view="runs", kind="table", width=12, order="started_at", rows=100, day="", height=55,
          columns=("started_at", "flow", "outcome", "hours", "read", "new", "quarantined", "scored", "refused",
                   "error"),
          said={"fr": "Santé des dernières exécutions", "en": "Health of the last runs"}),
)  # fmt: skip
HEADINGS = {  # of tables' columns, where the column's own name does not do
    "day": {"fr": "Jour", "en": "Day"},
    "channel": {"fr": "Canal", "en": "Channel"},
    "fr": {"fr": "Émotion"},
    "en": {"en": "Emotion"},
    "text": {"fr": "Texte", "en": "Text"},
    "started_at": {"fr": "Début (UTC)", "en": "Began (UTC)"},
    "flow": {"fr": "Flux", "en": "Flow"},
    "outcome": {"fr": "Issue", "en": "Outcome"},
    "hours": {"fr": "Heures", "en": "Hours"},
    "read": {"fr": "Lus", "en": "Read"},
    "new": {"fr": "Nouveaux", "en": "New"},
    "quarantined": {"fr": "En quarantaine", "en": "Quarantined"},
    "scored": {"fr": "Analysés", "en": "Scored"},
    "refused": {"fr": "Refusés", "en": "Refused"},
    "error": {"fr": "Erreur", "en": "Error"},
}
TITLES = {"fr": "Ressenti : ce que vivent les clients", "en": "Ressenti: what customers feel"}
PERIOD = {"fr": "Période", "en": "Period"}
CHOICES = {  # columns of texts_by_day that the whole dashboard can be narrowed to
    "source": {"fr": "Source", "en": "Source"},
    "channel": {"fr": "Canal", "en": "Channel"},
    "language": {"fr": "Langue", "en": "Language"},
}
