"""The measures of the study, on recordings with known scores."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.taxonomy import Taxon
from models.workshop.data.manifest import Clip, Dataset, Event
from models.workshop.studies.real_recordings.collection import CLASSES, read_index
from models.workshop.studies.real_recordings.measures import (
    ColumnScores,
    columns_of_classes,
    label_frames,
    measure_real_recordings,
)

AVES, AMPHIBIA = CLASSES["bird"], CLASSES["frog"]
HERMIT = Taxon("phaethornis-longirostris", "Phaethornis longirostris", "Long-billed Hermit", "Aves")
TAXA = (
    AVES,
    AMPHIBIA,
    HERMIT,
    Taxon("junco-hyemalis", "Junco hyemalis", "Dark-eyed Junco", "Aves"),
    Taxon("dog", "Dog", "Dog", "Mammalia"),
    Taxon("gallus-gallus", "Gallus gallus", "Red Junglefowl", "Aves"),
)


def clip(name: str, *labels: str) -> Clip:
    return Clip(name, labels, name, "CC0-1.0", "test", 0, 1.0)


def test_an_index_distinguishes_noises_and_unlabeled_recordings_from_voices(tmp_path: Path) -> None:
    (tmp_path / "index.csv").write_text(
        "file,label,group,label_kind,source,licence,note\n"
        "a.mp3,Myrtle Warbler,bird,weak,s,CC BY 4.0,https://xeno-canto.org/12 rec. A\n"
        "b.ogg,Rain,other,weak,s,CC BY 3.0,fold 1; freesound 34\n"
        "c.flac,anything,soundscape,none (10 s),s,MIT,\n"
    )
    warbler, rain, soundscape = read_index(tmp_path / "index.csv")
    assert (warbler.labels, warbler.group) == (("Yellow-rumped Warbler", "aves"), "xeno-canto.org/12")
    assert (rain.kind, rain.labels, rain.group) == ("noise", (), "freesound 34")
    assert (soundscape.kind, soundscape.labels) == ("soundscape", ())


def test_a_class_that_a_pack_lacks_stands_for_all_taxa_of_that_class() -> None:
    pack = (TAXA[4], HERMIT, TAXA[3])
    assert columns_of_classes(pack, TAXA) == [[1, 2], [], [1], [2], [0], []]


def test_frames_that_an_event_overlaps_are_labeled() -> None:
    assert label_frames([Event("a", 0.3, 0.6), Event("b", 0, 1)], "a", 4).tolist() == [0, 1, 1, 0]


def test_perfect_scores_measure_perfect_and_what_a_pack_lacks_is_not_measured() -> None:
    clips = [
        clip("hermit", "aves", HERMIT.code), clip("junco", "aves", "junco-hyemalis"), clip("frog", "amphibia"),
        clip("dog", "dog"), clip("rooster", "aves", "gallus-gallus"), clip("rain"),
    ]  # fmt: skip
    events: dict[str, tuple[Event, ...]] = {"hermit": (Event(HERMIT.code, 0.5, 1.0), Event("aves", 0.5, 1.0))}
    dataset = Dataset(Path(), TAXA, tuple(clips), events)
    scored = []
    for one in clips:
        scores = np.isin(dataset.codes, one.labels).astype(np.float32)
        scores[1] = np.nan
        scored.append(ColumnScores(one, scores, np.outer([0, 0, 1, 1], scores).astype(np.float32)))
    measures = measure_real_recordings(dataset, scored)
    assert (measures.species_auroc, measures.top1, measures.yard_auroc, measures.aves_auroc) == (1, 1, 1, 1)
    assert (measures.hermit_frame_auroc, measures.aves_frame_auroc) == (1, 1)
    assert np.isnan(measures.amphibia_auroc)
    assert measures.species_cmap == pytest.approx(1)
