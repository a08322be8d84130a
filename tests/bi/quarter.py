"""A quarter of a shop that never was, written into a database by the program's own functions.

It ends now, so charts of "the last 90 days" have something to show: a night a week, and one a day in the last week.
All of it follows from one seed.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import Engine

from configs.taxonomy import load_taxonomy
from storage import schema
from storage.chunk import Chunk, NewFeedback, Quarantined
from storage.corrections import NewCorrection, add_corrections
from storage.database import reading, writing
from storage.followups import Opening, open_or_link
from storage.predictions import NewPrediction, NewTag, write_predictions
from storage.reader import PendingText, pending
from storage.registry import ModelVersion, activate, register_model
from storage.runs import add_stage, end_run, start_run
from storage.writer import register_source, store_chunk

DAYS = 91
NIGHTS = [
    *((ago, 7) for ago in range(DAYS - 7, 6, -7)),
    *((ago, 1) for ago in range(6, -1, -1)),
]  # days ago, days read
MODEL, THRESHOLDS = "m-of-the-quarter", "t-of-the-quarter"


@dataclass(frozen=True)
class Kind:
    """What some customers write: the words, the tags, how they answer; `weight` of it at the quarter's ends."""

    language: str
    text: str
    tags: str
    nps: tuple[int, int]
    weight: tuple[float, float] = (1, 1)


KINDS = (
    Kind("fr", "Commande jamais livrée et personne ne répond, je suis furieux.", "anger unresolved experience", (0, 3), (1, 3)),
    Kind("fr", "Troisième appel pour le même canapé, toujours bloqué au dépôt.", "frustration repeat_contact unresolved", (1, 4), (1, 4)),
    Kind("fr", "J'attends mon remboursement depuis six semaines.", "impatience unresolved", (2, 5)),
    Kind("fr", "Le tissu ne ressemble en rien à la photo, déçue.", "disappointment quality", (3, 6)),
    Kind("fr", "On me fait payer le retour d'un meuble livré cassé, c'est injuste.", "injustice quality anger", (0, 3), (1, 3)),
    Kind("fr", "Si rien ne bouge je saisis le médiateur, et je pars chez un concurrent.", "anger escalation churn_intent experience", (0, 2), (1, 2)),
    Kind("fr", "Livré en avance, livreurs adorables, merci beaucoup !", "gratitude joy advocacy", (9, 10), (4, 2)),
    Kind("fr", "Enfin remplacé, quel soulagement, merci au service client.", "relief gratitude resolved", (8, 10)),
    Kind("fr", "Je commande ici les yeux fermés depuis dix ans.", "trust advocacy", (9, 10), (2, 1)),
    Kind("fr", "Je ne comprends rien à cette facture.", "confusion experience", (4, 7)),
    Kind("fr", "Nous déménageons à l'étranger, je ferme mon compte.", "context_change churn_intent", (6, 9)),
    Kind("en", "They promised Tuesday, then Friday, then nothing. Not trusting them again.", "distrust churn_intent experience", (0, 4), (1, 2)),
    Kind("en", "Lovely table, even better than in the pictures!", "enthusiasm joy", (9, 10), (2, 1)),
    Kind("en", "Worried my card was charged twice.", "anxiety unresolved", (3, 6)),
    Kind("en", "The desk is far too big for what I was advised to buy.", "disappointment poor_fit", (3, 6)),
    Kind("de", "Seit Wochen warte ich auf eine Antwort.", "impatience unresolved experience", (1, 4)),
    Kind("de", "Alles bestens, gerne wieder.", "joy trust", (9, 10)),
    Kind("fr", "Assistance longue à joindre mais problème réglé.", "frustration resolved", (5, 8)),
    Kind("fr", "Correct, sans plus.", "unclear", (6, 8)),
    Kind("fr", "Colis reçu mardi.", "", (7, 8)),
)  # fmt: skip
CHANNELS = {"avis": "review", "enquete": "survey", "tickets": "ticket"}
RULES = {"escalation": ("urgent", "complaints", 4), "injustice": ("high", "customer-care", 24),
         "churn_intent": ("urgent", "retention", 24), "anxiety": ("normal", "customer-care", 48)}  # fmt: skip


class Quarter:
    """Fills a database: nights with their follow-ups, corrections, a quarantine and a failed run.

    Args:
        engine: a migrated, empty database.
        a_week: texts that each source brings a week.
        until: the moment at which the quarter ends.
    """

    def __init__(self, engine: Engine, a_week: int = 8, until: datetime | None = None) -> None:
        self.engine, self.a_week = engine, a_week
        self.until = until or datetime.now(UTC)
        self._dice = random.Random(20)

    def fill(self) -> None:
        """Write all of it."""
        taxonomy = load_taxonomy()
        cuts = {
            label: {"tag": 0.5, "sure": 0.8, "experimental": label == "surprise"} for label in taxonomy.ids
        }
        model = ModelVersion(
            id=MODEL,
            name="multilingual",
            labels=list(taxonomy.ids),
            taxonomy_version=str(taxonomy.version),
            threshold_set=THRESHOLDS,
            thresholds=cuts,
        )
        start = self.until - timedelta(days=DAYS)
        with writing(self.engine) as connection:
            register_model(connection, model, start)
            activate(connection, MODEL, THRESHOLDS, start, by="the first night")
            self._sources = {
                name: register_source(connection, name, "files", channel, start)
                for name, channel in CHANNELS.items()
            }
        for ago, span in NIGHTS:
            self._night(ago, span)
        self._judge()
        with writing(self.engine) as connection:
            run = start_run(connection, "nightly", self.until - timedelta(hours=2))
            end_run(
                connection,
                run,
                "failed",
                self.until - timedelta(hours=1),
                error="avis: the folder is not there",
            )

    def _night(self, ago: int, span: int) -> None:
        """The texts of some days, read and scored in one run at their end."""
        now = self.until - timedelta(days=ago, hours=3)
        count = -(-self.a_week * span // 7)
        with writing(self.engine) as connection:
            run = start_run(connection, "nightly", now, versions={"model": MODEL})
        for name, source in self._sources.items():
            texts = [self._text(ago, span, name, n) for n in range(count)]
            bad = [self._bad(ago, n) for n in range(ago % 3 if name == "avis" else 0)]
            chunk = Chunk(source_id=source, feedback=texts, quarantined=bad)
            with writing(self.engine) as connection:
                store_chunk(connection, run, chunk, "key", now)
        with reading(self.engine) as connection:
            texts = pending(connection, 1000)
        with writing(self.engine) as connection:
            write_predictions(connection, run, list(self._said(texts)), now)
            open_or_link(connection, run, list(self._openings(texts, now)))
            add_stage(connection, run, "score", 1.5)
            end_run(connection, run, "done", now + timedelta(minutes=20))
        self._work_off(now)

    def _text(self, ago: int, span: int, source: str, number: int) -> NewFeedback:
        late = 1 - ago / DAYS
        kind = self._dice.choices(
            KINDS, [a * (1 - late) + b * late for a, b in (one.weight for one in KINDS)]
        )[0]
        day = self.until.date() - timedelta(days=ago + 1 + self._dice.randrange(span))
        survey = source == "enquete"
        nps = self._dice.randint(*kind.nps)
        key = f"{ago}-{number}"
        return NewFeedback(
            external_id=key,
            channel=CHANNELS[source],
            text_hash=f"{source} {key}",
            masked_text=kind.text,
            clean_text=kind.text,
            cleaning_version="1",
            customer=f"customer {self._dice.randrange(60)}" if number % 4 else None,
            written_at=datetime.combine(day, time(9 + number % 9, 30), UTC),
            written_precision="minute",
            rating=max(1.0, round(nps / 2)) if source == "avis" else None,
            rating_low=1.0,
            rating_high=5.0,
            nps=nps if survey else None,
            survey="satisfaction" if survey else None,
            batch=f"W{(DAYS - ago) // 7:02}" if survey else None,
            language=kind.language,
            language_confidence=0.99,
            refusal="empty" if number == self.a_week - 1 and ago % 4 == 0 else None,
            attributes={"product": self._dice.choice(("sofa", "table", "desk"))},
        )

    def _bad(self, ago: int, number: int) -> Quarantined:
        reason, field = (("bad_date", "date"), ("missing_id", None))[number % 2]
        return Quarantined(
            reason=reason,
            detail="made up",
            payload=b"sealed",
            fingerprint=f"{ago} {number}",
            file="avis.csv",
            line=number + 2,
            field=field,
        )

    def _said(self, texts: Sequence[PendingText]) -> Iterator[NewPrediction]:
        """The tags of a text's kind, each with a score of its own."""
        for text in texts:
            if text.refusal:
                yield NewPrediction(
                    revision_id=text.revision_id, model_version=MODEL, outcome="refused", reason=text.refusal
                )
                continue
            tags = []
            for label in _tags_of(text):
                score = 0.45 if label == "unclear" else round(self._dice.uniform(0.55, 0.99), 3)
                tags.append(NewTag(label, score, score >= 0.8))
            yield NewPrediction(
                revision_id=text.revision_id,
                model_version=MODEL,
                scores={tag.label: tag.score for tag in tags if tag.label != "unclear"},
                threshold_set=THRESHOLDS,
                tags=tags,
            )

    def _openings(self, texts: Sequence[PendingText], now: datetime) -> Iterator[Opening]:
        for text in texts:
            for label in set(_tags_of(text)) & set(RULES):
                priority, team, hours = RULES[label]
                yield Opening(
                    rule=label,
                    subject_kind="customer" if text.customer else "feedback",
                    subject_key=text.customer or str(text.feedback_id),
                    feedback_id=text.feedback_id,
                    priority=priority,
                    team=team,
                    label=label,
                    opened_at=now,
                    due_at=now + timedelta(hours=hours),
                )

    def _work_off(self, now: datetime) -> None:
        """What people do by the tool in front: they take most, and have done them three days later."""
        table = schema.followup
        live = table.select().where(table.c.state.in_(("open", "taken")), table.c.id % 15 > 1)
        with writing(self.engine) as connection:
            for row in connection.execute(live).all():
                if row.state == "open":
                    values = {"state": "taken", "taken_by": "lea", "taken_at": now + timedelta(hours=2)}
                elif row.taken_at < now - timedelta(days=2):
                    values = {"state": "done", "closed_at": row.taken_at + timedelta(hours=row.id % 40)}
                else:
                    continue
                connection.execute(table.update().where(table.c.id == row.id), values)

    def _judge(self) -> None:
        """Two words of a person: a tag that is none, and one that the model missed."""
        with reading(self.engine) as connection:
            numbers = connection.execute(
                schema.prediction.select().where(schema.prediction.c.outcome == "scored").limit(2)
            ).all()
        words = [
            NewCorrection(
                revision_id=row.revision_id, label=label, present=present, author="lea", origin="a test"
            )
            for row, (label, present) in zip(numbers, (("joy", False), ("surprise", True)), strict=True)
        ]
        with writing(self.engine) as connection:
            add_corrections(connection, words, self.until)


def _tags_of(text: PendingText) -> list[str]:
    return next(kind.tags for kind in KINDS if kind.text == text.clean_text).split()
