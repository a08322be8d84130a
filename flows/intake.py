"""From what a reader yields to what storage takes: cleaned, masked, keyed; pure but for the language tables."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from configs.errors import BadRecord
from flows.sources.config import SourceConfig
from flows.sources.record import Deleted, Duplicate, Item, Record, Rejected, Skipped
from nlp.intake import INTAKE_VERSION, mask_attribute, prepare
from nlp.language import UNKNOWN, Detector
from nlp.redaction import Redactor
from storage.keys import Keys
from storage.writer import Chunk, NewFeedback, Quarantined


class Intake:
    """Makes one source's items ready to be stored.

    Args:
        config: the source, for what its description decides (masking, language, customers' scope).
        keys: hash customers and texts, seal what goes to quarantine.
        detector: tells languages apart.
    """

    def __init__(self, config: SourceConfig, keys: Keys, detector: Detector) -> None:
        self._config, self._keys, self._detector = config, keys, detector
        self._redactor = redactor(keys) if config.masking != "off" else None

    def chunk(
        self, source_id: int, part: str | None, position: Mapping[str, Any] | None, items: Iterable[Item]
    ) -> Chunk:
        """One chunk of items, every one of them accounted for."""
        feedback: list[NewFeedback] = []
        quarantined: list[Quarantined] = []
        skipped: Counter[str] = Counter()
        duplicates = 0
        deleted: dict[str, None] = {}  # in their order, each once
        for item in items:
            match item:
                case Skipped():
                    skipped[item.reason] += 1
                case Duplicate():
                    duplicates += 1
                case Rejected():
                    quarantined.append(self.quarantined(item))
                case Deleted():
                    skipped["deleted"] += 1
                    deleted[self._external_id(item.external_id)] = None
                case Record():
                    made = self.feedback(item)
                    if isinstance(made, str):
                        skipped[made] += 1
                    else:
                        feedback.append(made)
                        deleted.pop(made.external_id, None)  # it is back
        return Chunk(
            source_id=source_id,
            part=part,
            position=position,
            feedback=feedback,
            quarantined=quarantined,
            skipped=skipped,
            duplicates=duplicates,
            deleted=tuple(deleted),
        )

    def feedback(self, record: Record) -> NewFeedback | str:
        """The record as it is stored, or the reason why it is left out."""
        text = prepare(record.text, self._redactor)
        if text.skip:
            return text.skip
        language = self._detector.detect(
            text.clean, record.language, self._config.language.otherwise if self._config.language else None
        )
        written = record.written
        external_id = self._external_id(record.external_id)
        return NewFeedback(
            external_id=external_id,
            tombstone=tombstone(self._keys, external_id),
            channel=record.channel,
            customer=self._customer(record.customer),
            written_at=written.at if written else None,
            written_precision=written.precision if written else None,
            written_relative=written.relative if written else False,
            rating=record.rating,
            rating_low=record.rating_scale[0] if record.rating_scale else None,
            rating_high=record.rating_scale[1] if record.rating_scale else None,
            nps=record.nps,
            survey=record.survey and mask_attribute(record.survey, self._redactor),
            batch=record.batch and mask_attribute(record.batch, self._redactor),
            language_declared=record.language,
            attributes={
                name: mask_attribute(value, self._redactor) for name, value in record.attributes.items()
            },
            text_hash=self._keys.text(record.text),
            masked_text=text.masked,
            clean_text=text.clean,
            cleaning_version=INTAKE_VERSION,
            language=language.code,
            language_confidence=language.confidence,
            refusal=self._refusal(language.code),
        )

    def quarantined(self, item: Rejected) -> Quarantined:
        """The whole row, sealed; its place and the reason in clear."""
        return Quarantined(
            file=item.place.file,
            line=item.place.line,
            field=item.field,
            reason=item.reason,
            detail=item.what,
            payload=self._keys.seal(pack(item)),
            fingerprint=self._keys.fingerprint(item.raw),
        )

    def _refusal(self, language: str) -> str | None:
        if language in self._detector.supported:
            return None
        return "unknown_language" if language == UNKNOWN else "unsupported_language"

    def _customer(self, identifier: str | None) -> str | None:
        if not identifier or not self._config.customer:
            return None
        return self._keys.customer(identifier, None if self._config.customer.shared else self._config.name)

    def _external_id(self, external_id: str) -> str:
        """An id that is somebody's e-mail or phone is kept as its keyed hash: ids are stored in clear."""
        if self._redactor and self._redactor.mask(external_id).counts:
            return self._keys.fingerprint("external_id", external_id)
        return external_id


def redactor(keys: Keys) -> Redactor:
    """Masks personal data; an order or contract number becomes the same keyed word wherever it stands."""
    return Redactor(pseudonym=lambda reference: keys.fingerprint("reference", reference)[:12])


def tombstone(keys: Keys, external_id: str) -> str:
    """What a feedback is known by once it is erased, from its id as it is stored."""
    return keys.fingerprint("erased feedback", external_id)


def pack(item: Rejected) -> bytes:
    """A rejected row as bytes to seal. JSON escapes the lone surrogates that stand for undecodable bytes."""
    return json.dumps({"row": item.row, "raw": item.raw}, default=str).encode("ascii")


def unpack(payload: bytes) -> dict[str, Any]:
    """What `pack` packed: `{"row": number, "raw": {column: value}}`.

    Raises:
        BadRecord: not such a payload.
    """
    try:
        content = json.loads(payload)
    except ValueError:
        raise BadRecord("damaged", "the sealed payload is not what was packed") from None
    if not isinstance(content, dict) or "raw" not in content:
        raise BadRecord("damaged", "the sealed payload is not what was packed")
    return content


def read_by_row(items: Iterable[Item], most: int, characters: int) -> Iterator[Sequence[Item]]:
    """Cut a stream of items into chunks of at most `most` items and about `characters` characters of text."""
    chunk: list[Item] = []
    length = 0
    for item in items:
        size = len(item.text) if isinstance(item, Record) else 0
        if chunk and (len(chunk) >= most or length + size > characters):
            yield chunk
            chunk, length = [], 0
        chunk.append(item)
        length += size
    if chunk:
        yield chunk
