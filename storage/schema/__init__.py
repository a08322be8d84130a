"""Every table, with its meaning: the code's view of what the migrations build."""

from storage.schema.base import BigId, Json, Utc, metadata
from storage.schema.feedback import feedback, quarantine, revision, source
from storage.schema.followups import followup, followup_feedback
from storage.schema.runs import COUNTED, cursor, run, run_count, run_stage
from storage.schema.scores import ACTIVE_VIEW, activation, model_version, prediction, tag, threshold_set

__all__ = [
    "ACTIVE_VIEW",
    "COUNTED",
    "BigId",
    "Json",
    "Utc",
    "activation",
    "cursor",
    "feedback",
    "followup",
    "followup_feedback",
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
    "threshold_set",
]
