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
from dawn_chorus.worker.occurrence import drop_absent_taxa
from tests.packs import write_tone_pack
from tests.unit.worker.test_analyze import make_work

ALL = ["tone_500", "tone_1000", "tone_2000", "tone_4000"]
BERLIN = Place(latitude=52.5, longitude=13.4, recorded_at=datetime(2026, 5, 1, 4, tzinfo=UTC))


@dataclass
class Atlas:
    """Knows of two taxa that they live everywhere, the one often, the other hardly."""

    asked: tuple[float, float, int] | None = None

    def probabilities(self, latitude: float, longitude: float, week: int) -> Scores:
        self.asked = latitude, longitude, week
        return np.array([0.0, 0.9, 0.03, 0.0], np.float32)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    return open_ensemble(write_tone_pack(tmp_path_factory.mktemp("packs") / "tones"), SessionOptions())


@pytest.fixture
def atlas() -> Atlas:
    return Atlas()


@pytest.fixture
def ensemble(tones: Ensemble, atlas: Atlas) -> Ensemble:
    return replace(tones, occurrence=cast("OccurrenceModel", atlas))


def work_at(place: Place, occurrence_min: float | None) -> SegmentWork:
    work = make_work()
    settings = AnalysisSettings(occurrence_min=occurrence_min)
    return replace(work, recording=replace(work.recording, place=place), settings=settings)


def codes_left(ensemble: Ensemble, work: SegmentWork) -> list[str]:
    """Drop from a timeline in which everything is heard."""
    heard = np.ones(3, np.float32)
    rows = tuple(TaxonRow(taxon, heard, np.zeros(0, np.uint16), 1.0) for taxon in ensemble.facts.taxa)
    timeline = SegmentTimeline(work.segment, 0, 3, 0, 0, rows, work.segment.duration_s)
    return [row.taxon.code for row in drop_absent_taxa(timeline, ensemble, work).rows]


def test_taxa_that_do_not_occur_at_the_place_and_time_are_dropped(ensemble: Ensemble, atlas: Atlas) -> None:
    assert codes_left(ensemble, work_at(BERLIN, 0.05)) == ["tone_1000"]
    assert atlas.asked == (52.5, 13.4, 16)


def test_a_lower_bound_keeps_rarer_taxa(ensemble: Ensemble) -> None:
    assert codes_left(ensemble, work_at(BERLIN, 0.03)) == ["tone_1000", "tone_2000"]


@pytest.mark.parametrize(("place", "occurrence_min"), [(BERLIN, None), (Place(), 0.03), (Place(latitude=52.5), 0.03)])
def test_everything_is_kept_where_nobody_asks_or_the_place_is_unknown(
    ensemble: Ensemble, place: Place, occurrence_min: float | None
) -> None:
    assert codes_left(ensemble, work_at(place, occurrence_min)) == ALL


def test_a_pack_that_knows_nothing_of_places_says_so(tones: Ensemble) -> None:
    with pytest.raises(PermanentError, match="knows nothing of places"):
        codes_left(tones, work_at(BERLIN, 0.03))
