"""Which review an event shows: the rule of the SQL function `review_of`, for events that no table holds."""

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from dawn_chorus.domain.review.verdicts import Review, Verdict, whole_ms

if TYPE_CHECKING:
    from dawn_chorus.domain.timeline import Detection


class Reviewed(StrEnum):
    """Selects events by the review that they show."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNCERTAIN = "uncertain"
    ANY = "any"
    NONE = "none"
    IDENTIFIED = "identified"
    """A person has named the taxon: it is confirmed, or rejected with the taxon that is heard instead."""

    @property
    def words(self) -> tuple[str, ...]:
        """What `word_of` may say of an event that is selected."""
        return _WORDS.get(self, (self.value,))

    def selects(self, shown: Review | None) -> bool:
        return word_of(shown) in self.words


CORRECTED = "corrected"
_WORDS: dict[Reviewed, tuple[str, ...]] = {
    Reviewed.ANY: (*Verdict, CORRECTED),
    Reviewed.REJECTED: (Reviewed.REJECTED.value, CORRECTED),
    Reviewed.IDENTIFIED: (Reviewed.CONFIRMED.value, CORRECTED),
}


def word_of(shown: Review | None) -> str:
    """Return the verdict of what an event shows, `corrected` if that names another taxon, `none` if it is nothing.

    Queries say the same of their rows.
    """
    if shown is None:
        return "none"
    return CORRECTED if shown.corrected_taxon is not None else shown.verdict.value


class Reviews:
    """Reviews by recording and taxon."""

    def __init__(self, reviews: Iterable[Review] = ()) -> None:
        self._by_taxon: dict[tuple[str, str], list[Review]] = defaultdict(list)
        for each in reviews:
            self._by_taxon[str(each.recording_id), each.scientific_name].append(each)

    def find(self, detection: "Detection", recording_id: object) -> Review | None:
        """Return the review that a detection in this recording shows."""
        name = detection.taxon.scientific_name
        return self.shown(str(recording_id), name, detection.onset_s, detection.offset_s)

    def shown(self, recording_id: str, scientific_name: str, onset_s: float, offset_s: float) -> Review | None:
        """Return the review with the largest overlap of at least half the shorter of the two, of equals the newest."""
        of_taxon = self._by_taxon.get((recording_id, scientific_name))
        if not of_taxon:
            return None
        onset_ms, offset_ms = whole_ms(onset_s), whole_ms(offset_s)
        best: Review | None = None
        best_key: tuple[object, ...] = ()
        for each in of_taxon:
            shared_ms = min(each.offset_ms, offset_ms) - max(each.onset_ms, onset_ms)
            if shared_ms <= 0 or shared_ms * 2 < min(each.offset_ms - each.onset_ms, offset_ms - onset_ms):
                continue
            key = (shared_ms, each.reviewed_at, each.id)
            if best is None or key > best_key:
                best, best_key = each, key
        return best
