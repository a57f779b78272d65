from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast

import numpy as np
import pytest

from dawn_chorus.domain.analysis import AnalysisSettings
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.jobs import SegmentWork
from dawn_chorus.domain.recording import Place
from dawn_chorus.domain.timeline import Scores, SegmentTimeline, TaxonRow
from dawn_chorus.inference.ensemble import Ensemble, SessionOptions, open_ensemble
from dawn_chorus.inference.occurrence import OccurrenceModel
from dawn_chorus.worker.occurrence_filter import drop_absent_taxa
from tests.packs import write_tone_pack
from tests.unit.worker.test_analyze import make_work

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


def make_work_at(place: Place, occurrence_min: float | None) -> SegmentWork:
    work = make_work()
    settings = AnalysisSettings(occurrence_min=occurrence_min)
    return replace(work, recording=replace(work.recording, place=place), settings=settings)


def codes_left(ensemble: Ensemble, work: SegmentWork) -> list[str]:
    """Return the codes that remain of a timeline with all taxa."""
    scores = np.ones(3, np.float32)
    rows = tuple(TaxonRow(taxon, scores, np.zeros(0, np.uint16), 1.0) for taxon in ensemble.facts.taxa)
    timeline = SegmentTimeline(work.segment, 0, 3, 0, 0, rows, work.segment.duration_s)
    return [row.taxon.code for row in drop_absent_taxa(timeline, ensemble, work).rows]


def test_taxa_that_do_not_occur_at_the_place_and_time_are_dropped(
    ensemble: Ensemble, model: FakeOccurrenceModel
) -> None:
    assert codes_left(ensemble, make_work_at(BERLIN, 0.05)) == ["tone_1000"]
    assert model.query == (52.5, 13.4, 16)


def test_a_lower_bound_keeps_rarer_taxa(ensemble: Ensemble) -> None:
    assert codes_left(ensemble, make_work_at(BERLIN, 0.03)) == ["tone_1000", "tone_2000"]


@pytest.mark.parametrize(("place", "occurrence_min"), [(BERLIN, None), (Place(), 0.03), (Place(latitude=52.5), 0.03)])
def test_everything_is_kept_without_a_threshold_or_if_the_place_is_unknown(
    ensemble: Ensemble, place: Place, occurrence_min: float | None
) -> None:
    assert codes_left(ensemble, make_work_at(place, occurrence_min)) == ALL


def test_a_pack_without_an_occurrence_model_is_refused(tones: Ensemble) -> None:
    with pytest.raises(PermanentError, match="knows nothing of places"):
        codes_left(tones, make_work_at(BERLIN, 0.03))
