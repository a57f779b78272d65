"""Which taxa occur where and when a recording was made, as the worker and the command line ask for them."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import numpy as np
import pytest

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.recording import Place
from dawn_chorus.domain.timeline import Scores, SegmentTimeline, TaxonRow
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.occurrence import OccurrenceModel
from tests.packs import write_tone_pack

ALL = ["tone_500", "tone_1000", "tone_2000", "tone_4000"]
BERLIN = Place(latitude=52.5, longitude=13.4, recorded_at=datetime(2026, 5, 1, 4, tzinfo=UTC))


@dataclass
class FakeOccurrenceModel:
    """Knows two taxa that occur everywhere, one of them often and one rarely."""

    query: tuple[float, float, int] | None = None

    def probabilities(self, latitude: float, longitude: float, week: int) -> Scores:
        self.query = latitude, longitude, week
        return np.array([0.0, 0.9, 0.03, 0.0], np.float32)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    return open_ensemble(write_tone_pack(tmp_path_factory.mktemp("packs") / "tones"), SessionOptions())


@pytest.fixture
def model() -> FakeOccurrenceModel:
    return FakeOccurrenceModel()


@pytest.fixture
def ensemble(tones: Ensemble, model: FakeOccurrenceModel) -> Ensemble:
    return replace(tones, occurrence=cast("OccurrenceModel", model))


def codes_left(ensemble: Ensemble, place: Place, occurrence_min: float | None) -> list[str]:
    """Return the codes that remain of a timeline with all taxa."""
    scores = np.ones(3, np.float32)
    rows = tuple(TaxonRow(taxon, scores, np.zeros(0, np.uint16), 1.0) for taxon in ensemble.facts.taxa)
    timeline = SegmentTimeline(Segment(0, 0.0, 12.0), 0, 3, 0, 0, rows, 12.0)
    kept = timeline.keep(ensemble.present_taxa(place, occurrence_min))
    assert replace(kept, rows=rows) == timeline
    return [row.taxon.code for row in kept.rows]


def test_taxa_that_do_not_occur_at_the_place_and_time_are_dropped(
    ensemble: Ensemble, model: FakeOccurrenceModel
) -> None:
    assert codes_left(ensemble, BERLIN, 0.05) == ["tone_1000"]
    assert model.query == (52.5, 13.4, 16)


def test_a_lower_bound_keeps_rarer_taxa(ensemble: Ensemble) -> None:
    assert codes_left(ensemble, BERLIN, 0.03) == ["tone_1000", "tone_2000"]


@pytest.mark.parametrize(("place", "occurrence_min"), [(BERLIN, None), (Place(), 0.03), (Place(latitude=52.5), 0.03)])
def test_everything_is_kept_without_a_threshold_or_if_the_place_is_unknown(
    ensemble: Ensemble, place: Place, occurrence_min: float | None
) -> None:
    assert codes_left(ensemble, place, occurrence_min) == ALL


def test_a_pack_without_an_occurrence_model_is_refused(tones: Ensemble) -> None:
    with pytest.raises(PermanentError, match="knows nothing of places"):
        codes_left(tones, BERLIN, 0.03)
    assert codes_left(tones, BERLIN, 0.0) == ALL, "a bound of 0 leaves nothing out"
