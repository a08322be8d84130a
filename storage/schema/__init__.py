"""Every table, with its meaning: the code's view of what the migrations build."""

from storage.schema.base import BigId, Json, Utc, metadata
from storage.schema.corrections import correction, label
from storage.schema.feedback import feedback, quarantine, revision, source
from storage.schema.followups import followup, followup_feedback
from storage.schema.lifecycle import erasure, tombstone
from storage.schema.runs import COUNTED, cursor, run, run_count, run_stage
from storage.schema.scores import activation, model_version, prediction, tag, threshold_set
from storage.schema.sums import (
    OTHER,
    attribute_value,
    contract,
    tags_by_attribute,
    tags_by_customer,
    tags_by_day,
    texts_by_attribute,
    texts_by_customer,
    texts_by_day,
)

__all__ = [
    "COUNTED",
    "OTHER",
    "BigId",
    "Json",
    "Utc",
    "activation",
    "attribute_value",
    "contract",
    "correction",
    "cursor",
    "erasure",
    "feedback",
    "followup",
    "followup_feedback",
    "label",
    "metadata",
    "model_version",
    "prediction",
    "quarantine",
    "revision",
    "run",
    "run_count",
    "run_stage",
    "source",
    "tag",
    "tags_by_attribute",
    "tags_by_customer",
    "tags_by_day",
    "texts_by_attribute",
    "texts_by_customer",
    "texts_by_day",
    "threshold_set",
    "tombstone",
]
