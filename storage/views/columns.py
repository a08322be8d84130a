"""Columns that several views have, told once."""

from storage.views.base import Column

FEED = "the record as read"
MODEL = "the model's scores and the thresholds shown"
COUNTED = "counted when texts are stored, scored or corrected"
TAXONOMY = "configs/taxonomy.yml"
PROGRAM = "written down by the program"
PERSON = "a person"


def label_columns(*, nullable: bool = False) -> tuple[Column, ...]:
    """A label with what people call it."""
    return (
        Column(name="label", kind="text", meaning="id of the tag", source=MODEL),
        Column(
            name="kind",
            kind="text",
            meaning="emotion, churn_reason, signal, or unclear: no tag, but a score just below one",
            source=TAXONOMY,
            nullable=nullable,
        ),
        Column(
            name="valence",
            kind="text",
            meaning="of an emotion: negative, positive or neutral; null for other labels",
            source=TAXONOMY,
            nullable=True,
        ),
        Column(name="fr", kind="text", meaning="French name", source=TAXONOMY, nullable=nullable),
        Column(name="en", kind="text", meaning="English name", source=TAXONOMY, nullable=nullable),
    )


DAY = Column(
    name="day",
    kind="day",
    meaning="day of writing, of discovery where that is unknown",
    source=FEED,
    unit="day in the zone of `contract`",
)
MONTH = Column(
    name="month", kind="day", meaning="first day of the month of `day`", source=FEED, unit="day in that zone"
)
SOURCE = Column(name="source", kind="text", meaning="name of the source's YAML file", source=PROGRAM)
CHANNEL = Column(name="channel", kind="text", meaning="review, survey or ticket", source=FEED)
LANGUAGE = Column(
    name="language",
    kind="text",
    meaning="language of the text; null when none could be told",
    source="declared, or found in the text",
    unit="ISO 639-1",
    nullable=True,
)
SURVEY = Column(
    name="survey", kind="text", meaning="name of the survey; null for none", source=FEED, nullable=True
)
BATCH = Column(
    name="batch",
    kind="text",
    meaning="survey wave or imported file it belongs to; null for none",
    source=FEED,
    nullable=True,
)
CUSTOMER = Column(
    name="customer",
    kind="text",
    meaning="keyed hash of the customer's identifier; null when unknown",
    source=FEED,
    nullable=True,
)
MODEL_VERSION = Column(
    name="model_version",
    kind="text",
    meaning="hash of the model that is shown; null before the first night",
    source=PROGRAM,
    nullable=True,
)
THRESHOLD_SET = Column(
    name="threshold_set",
    kind="text",
    meaning="hash of the thresholds that are shown; null before the first night",
    source=PROGRAM,
    nullable=True,
)


def number_of(name: str, meaning: str, unit: str = "texts", source: str = COUNTED) -> Column:
    """A count, never null."""
    return Column(name=name, kind="whole", meaning=meaning, source=source, unit=unit)


def percent(name: str, meaning: str, source: str = "computed from the columns beside it") -> Column:
    """A share; null where there is nothing to take it of."""
    return Column(
        name=name,
        kind="number",
        meaning=f"{meaning}; null of nothing",
        source=source,
        unit="%",
        nullable=True,
    )


TAGS = (
    number_of("tags", "texts that carry the tag"),
    number_of("sure", "of these, with confidence: over the second threshold, or said by a person"),
)
TEXTS = number_of("texts", "scored texts, with the tag or without")
SHARE = percent("share", "`tags` of `texts`")

ANSWERS = (
    number_of("promoters", "texts whose customer answered 9 or 10 to the recommendation question"),
    number_of("passives", "texts whose customer answered 7 or 8"),
    number_of("detractors", "texts whose customer answered 0 to 6"),
    Column(
        name="nps",
        kind="number",
        meaning="net promoter score: share of promoters less share of detractors; null without answers",
        source="computed from the columns beside it",
        unit="points, -100 to 100",
        nullable=True,
    ),
)
RATINGS = (
    number_of("rated", "texts with a rating on a known scale"),
    number_of("satisfied", "of these, in the upper quarter of the scale, such as 4 or 5 of 1 to 5"),
    percent("csat", "`satisfied` of `rated`"),
    Column(
        name="rating",
        kind="number",
        meaning="mean rating, whatever the scale; null without ratings",
        source="computed from the ratings",
        unit="points, 0 worst to 100 best",
        nullable=True,
    ),
)
