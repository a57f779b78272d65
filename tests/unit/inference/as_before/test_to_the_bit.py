"""Packs of before are computed as before, to the bit: images, and what is made of a network's outputs."""

from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.inference.ensemble import Ensemble, FrontEnd
from tests.packs import write_random_pack
from tests.unit.inference.as_before.mel_images import MelFrontEnd
from tests.unit.inference.as_before.member_scores import MemberAsBefore
from tests.unit.inference.sounds import load_stretch, open_pack, random_sounds, rates_of

SYNTHETIC = Path(__file__).parents[4] / "models" / "packs" / "synthetic"
DURATION_S = 33.0
STARTS_S = np.array([0.0, 1.2, 2.4, 5.0])


@pytest.fixture(params=["synthetic", *range(16)])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    if request.param == "synthetic":
        return SYNTHETIC
    return write_random_pack(tmp_path, seed=request.param)


def images_of(ensemble: Ensemble, front_end: FrontEnd, *, mel_as_before: bool) -> np.ndarray:
    """Return what the networks of a front end are run on."""
    whole = Segment(0, 0.0, DURATION_S)
    audio = load_stretch(ensemble, random_sounds(rates_of(ensemble), DURATION_S, 7), whole)
    (member, *_) = (
        ensemble.members[number] for each, numbers in ensemble.front_ends for number in numbers if each is front_end
    )
    if not mel_as_before or member.table.mel is None:
        return front_end.prepare(audio, STARTS_S, front_end.segment_statistics(audio, whole))
    rate_hz = member.table.sample_rate_hz
    waveform, origin = audio.waveforms[front_end.format], round(audio.start_s * rate_hz)
    n_samples = round(member.table.window_s * rate_hz)
    begins = [round(start_s * rate_hz) - origin for start_s in STARTS_S.tolist()]
    windows = np.stack([waveform[begin : begin + n_samples] for begin in begins])
    mel = MelFrontEnd(member.table.mel, rate_hz)
    segment = waveform[-origin : round(DURATION_S * rate_hz) - origin]
    return mel.images(windows, mel.segment_statistics(segment))


def test_images_are_those_of_before(folder: Path) -> None:
    ensemble = open_pack(folder)
    for front_end, _ in ensemble.front_ends:
        now = images_of(ensemble, front_end, mel_as_before=False)
        assert now.tobytes() == images_of(ensemble, front_end, mel_as_before=True).tobytes()


def test_scores_are_those_of_before(folder: Path) -> None:
    ensemble = open_pack(folder)
    for front_end, numbers in ensemble.front_ends:
        images = images_of(ensemble, front_end, mel_as_before=False)
        for number in numbers:
            now = ensemble.members[number].score(images)
            before = MemberAsBefore(folder, ensemble.members[number].table).score(images)
            for ours, theirs in zip((now.frames, now.clips), before, strict=True):
                assert (ours is None) == (theirs is None)
                assert ours is None or np.asarray(ours).tobytes() == np.asarray(theirs).tobytes()
