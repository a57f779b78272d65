"""What a whole recording's scores do not depend on, and the timeline made of them."""

import csv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.detections import ScoreRun, detect_events
from dawn_chorus.domain.lost_audio import LostStretch
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.member import OpenMember, Outputs
from dawn_chorus.inference.pipeline import analyze_segment, score_segment
from dawn_chorus.inference.segment_scores import SegmentScores, to_timeline
from tests.packs import TONE_RATE_HZ, Shape, write_random_pack, write_tone_pack
from tests.unit.inference.sounds import Waveform, load_stretch, open_pack, random_sounds, rates_of, score_sounds

LENGTH_S = 61.7
SEEDS = range(12)
FRAMEWISE = ("frame_logits", "clip_logits")


def assert_same(one: SegmentScores, other: SegmentScores, atol: float = 1e-5) -> None:
    np.testing.assert_allclose(one.window_scores, other.window_scores, atol=atol)
    assert (one.frame_scores is None) == (other.frame_scores is None)
    if one.frame_scores is not None and other.frame_scores is not None:
        np.testing.assert_allclose(one.frame_scores, other.frame_scores, atol=atol)


def tone(frequency_hz: float, duration_s: float, start_s: float, end_s: float) -> Waveform:
    time_s = np.arange(round(duration_s * TONE_RATE_HZ)) / TONE_RATE_HZ
    sounding = (time_s >= start_s) & (time_s < end_s)
    return (0.5 * sounding * np.sin(2 * np.pi * frequency_hz * time_s)).astype(np.float32)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Ensemble:
    return open_pack(write_tone_pack(tmp_path_factory.mktemp("tones")))


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Record the sizes of all batches that any network runs."""
    sizes: list[int] = []
    score = OpenMember.score

    def count(member: OpenMember, inputs: Waveform) -> Outputs:
        sizes.append(len(inputs))
        return score(member, inputs)

    monkeypatch.setattr(OpenMember, "score", count)
    return iter([sizes])


@pytest.mark.parametrize("foreign", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_segment_and_many_give_the_same_scores(tmp_path: Path, seed: int, *, foreign: bool) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=seed, mel={"normalize_scope": "window"}, foreign=foreign))
    sounds = random_sounds(rates_of(ensemble), LENGTH_S, seed)
    whole = score_sounds(ensemble, sounds, LENGTH_S)
    for segment_s in (30.0, 10.0, 7.3, 1.9):
        assert_same(score_sounds(ensemble, sounds, LENGTH_S, segment_s=segment_s), whole)


@pytest.mark.parametrize(
    ("shape", "score"),
    [
        (Shape(20.0, 16, 5.0), {"window_s": 5.0, "shifts_s": [-2.5, 0.0, 2.5], "shift_weights": [1.0, 2.0, 1.0]}),
        (Shape(5.0, 10, 2.5), {"window_s": 5.0, "shifts_s": [0.0], "shift_weights": [1.0], "smoothing": [0.1] * 9}),
    ],
)
def test_windows_far_outside_a_segment_count_as_they_do_in_one(
    tmp_path: Path, shape: Shape, score: dict[str, Any]
) -> None:
    folder = write_random_pack(
        tmp_path,
        seed=5,
        n_members=1,
        shape=shape,
        member={"input": "waveform", "rule": "clip"},
        outputs=FRAMEWISE,
        score=score,
    )
    ensemble = open_pack(folder)
    sounds = random_sounds(rates_of(ensemble), LENGTH_S)
    assert_same(score_sounds(ensemble, sounds, LENGTH_S, segment_s=7.3), score_sounds(ensemble, sounds, LENGTH_S))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_batch_size_does_not_matter(tmp_path: Path, seed: int) -> None:
    folder = write_random_pack(tmp_path, seed=seed)
    one_by_one, in_bulk = open_pack(folder, batch_windows=1), open_pack(folder, batch_windows=64)
    sounds = random_sounds(rates_of(one_by_one), LENGTH_S, seed)
    assert_same(score_sounds(one_by_one, sounds, LENGTH_S), score_sounds(in_bulk, sounds, LENGTH_S))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_quiet_recording_scores_as_a_loud_one_with_decibels_and_minmax(tmp_path: Path, seed: int) -> None:
    mel = {"log": "db", "amin": 1e-15, "top_db": 60.0, "normalize": "minmax"}
    ensemble = open_pack(write_random_pack(tmp_path, seed=seed, member={"input": "mel"}, mel=mel))
    sounds = random_sounds(rates_of(ensemble), 20.0, seed)
    quiet = {rate_hz: (sound * 0.01).astype(np.float32) for rate_hz, sound in sounds.items()}
    assert_same(score_sounds(ensemble, quiet, 20.0), score_sounds(ensemble, sounds, 20.0), atol=1e-4)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_order_of_taxa_does_not_matter(tmp_path: Path, seed: int) -> None:
    folder = write_random_pack(tmp_path, seed=seed, member={"columns": "columns.csv"})
    with (folder / "taxa.csv").open() as file:
        header, *rows = csv.reader(file)
    (folder / "columns.csv").write_text("\n".join(row[0] for row in rows))
    straight = open_pack(folder)
    sounds = random_sounds(rates_of(straight), 20.0, seed)
    expected = score_sounds(straight, sounds, 20.0)
    with (folder / "taxa.csv").open("w") as file:
        csv.writer(file).writerows([header, *reversed(rows)])
    reversed_scores = score_sounds(open_pack(folder), sounds, 20.0)
    np.testing.assert_allclose(reversed_scores.window_scores[:, ::-1], expected.window_scores, atol=1e-6)


def test_what_surrounds_a_window_in_time_does_not_change_it_without_views(tmp_path: Path) -> None:
    folder = write_random_pack(
        tmp_path,
        seed=1,
        shape=Shape(5.0, 10, 2.5),
        member={"input": "mel", "rule": "clip"},
        mel={"normalize_scope": "window"},
        score={"shifts_s": [0.0], "shift_weights": [1.0], "smoothing": [1.0], "window_s": 5.0},
    )
    ensemble = open_pack(folder)
    sounds = random_sounds(rates_of(ensemble), 15.0)
    expected = score_sounds(ensemble, sounds, 15.0).window_scores[1]
    for rate_hz, sound in sounds.items():
        sound[: 5 * rate_hz] *= 3.0
        sound[10 * rate_hz :] = 0.0
    np.testing.assert_allclose(score_sounds(ensemble, sounds, 15.0).window_scores[1], expected, atol=1e-6)


def test_half_hop_views_cost_two_passes_a_window_and_not_three(tones: Ensemble, batches: Iterator[list[int]]) -> None:
    sizes = next(batches)
    score_sounds(tones, {TONE_RATE_HZ: tone(1000, 60.0, 0, 60)}, 60.0)
    assert sum(sizes) == 2 * 12 - 1


def test_stitched_frames_make_views_free(tmp_path: Path, batches: Iterator[list[int]]) -> None:
    folder = write_random_pack(
        tmp_path,
        seed=3,
        n_members=1,
        shape=Shape(20.0, 16, 5.0),
        member={"rule": "frame_max"},
        score={"window_s": 5.0, "shifts_s": [-2.5, 0.0, 2.5], "shift_weights": [1.0, 2.0, 1.0]},
    )
    ensemble, sizes = open_pack(folder), next(batches)
    sizes.clear()
    score_sounds(ensemble, random_sounds(rates_of(ensemble), 60.0), 60.0)
    assert sum(sizes) == 12


def test_members_with_the_same_front_end_share_it(tmp_path: Path) -> None:
    member = {"input": "mel", "sample_rate_hz": 1600}
    mel: dict[str, Any] = {
        "n_fft": 64,
        "win_length": 64,
        "hop_length": 130,
        "n_frames": 60,
        "n_mels": 6,
        "f_min_hz": 0.0,
    }
    mel |= {"f_max_hz": 800.0, "mel_scale": "htk", "mel_norm": "none", "power": 2.0, "center": True, "log": "db"}
    mel |= {"pad_mode": "reflect", "amin": 1e-10, "top_db": 80.0, "normalize": "minmax", "channels": 1}
    mel |= {"normalize_scope": "window"}
    folder = write_random_pack(
        tmp_path, seed=5, n_members=3, shape=Shape(5.0, 10, 2.5), member=member, mel=mel, outputs=None
    )
    assert len(open_pack(folder).front_ends) == 1


def test_a_tone_is_found_from_where_it_begins_to_where_it_ends(tones: Ensemble) -> None:
    segment = Segment(0, 0.0, 31.0)
    sounds = {TONE_RATE_HZ: tone(1000, 31.0, 10.0, 12.0) + tone(4000, 31.0, 3.0, 22.25)}
    timeline = to_timeline(score_sounds(tones, sounds, 31.0), segment, tones.facts, floor=0.05, analyzed_s=31.0)
    found = {}
    for row in timeline.rows:
        runs = [ScoreRun(timeline.first_frame, row.frame_steps)]
        rule = tones.facts.rules.of(row.taxon.code)
        for event in detect_events(row.taxon, runs, rule, step_s=0.25, end_s=31.0):
            found[row.taxon.code] = (event.onset_s, event.offset_s)
    assert found == {"tone_1000": (10.0, 12.0), "tone_4000": (3.0, 22.25)}


def test_a_timeline_keeps_the_taxa_whose_peak_reaches_the_floor(tones: Ensemble) -> None:
    segment = Segment(3, 300.0, 310.0)
    windows = np.array([[0.0, 0.3, 0.01, 0.0], [0.0, 0.2, 0.02, 0.0]], np.float32)
    frames = np.zeros((40, 4), np.float32)
    frames[7, 2] = 0.5
    timeline = to_timeline(SegmentScores(60, windows, 1200, frames), segment, tones.facts, floor=0.3, analyzed_s=10.0)
    assert [(row.taxon.code, row.peak) for row in timeline.rows] == [("tone_1000", np.float32(0.3)), ("tone_2000", 0.5)]
    assert timeline.rows[0].window_scores.tolist() == windows[:, 1].tolist()
    assert (timeline.first_window, timeline.n_windows, timeline.first_frame, timeline.n_frames) == (60, 2, 1200, 40)
    assert (timeline.analyzed_s, timeline.lost) == (10.0, ())
    everything = to_timeline(SegmentScores(60, windows, 1200, frames), segment, tones.facts, floor=0.0, analyzed_s=10.0)
    assert len(everything.rows) == 4


def test_scores_are_zero_where_audio_was_lost(tmp_path: Path) -> None:
    score = {"window_s": 5.0}
    pack = write_random_pack(tmp_path, seed=2, score=score, shape=Shape(5.0, 10, 2.5), outputs=FRAMEWISE)
    ensemble, segment = open_pack(pack), Segment(0, 0.0, 30.0)
    sounds = random_sounds(rates_of(ensemble), 30.0)
    audio = load_stretch(ensemble, sounds, segment)
    audio = replace(audio, lost=(LostStretch(9.0, 16.0, "broken frames"), LostStretch(30.0, 32.0, "beyond")))
    result = analyze_segment(ensemble, audio, segment, duration_s=30.0, floor=0.05)
    scores, timeline = result.scores, result.timeline
    window_s, frame_s = ensemble.facts.grid.window_s, ensemble.facts.grid.frame_s
    assert frame_s is not None
    assert scores.frame_scores is not None
    first_lost = int(np.ceil(9.0 / window_s))
    assert not scores.window_scores[first_lost].any()
    assert scores.window_scores[first_lost - 1].all()
    centers_s = (np.arange(len(scores.frame_scores)) + 0.5) * frame_s
    inside = (centers_s >= 9.0) & (centers_s < 16.0)
    assert not scores.frame_scores[inside].any()
    assert scores.frame_scores[~inside].all()
    assert timeline.analyzed_s == 23.0
    assert timeline.lost == (LostStretch(9.0, 16.0, "broken frames"),)


def test_a_segment_in_which_no_window_starts_has_frames_only(tones: Ensemble) -> None:
    sounds = {TONE_RATE_HZ: tone(1000, 5.0, 0.0, 5.0)}
    segment = Segment(1, 2.0, 4.0)
    scores = score_segment(tones, load_stretch(tones, sounds, segment), segment, duration_s=5.0)
    assert scores.window_scores.shape == (0, 4)
    assert scores.frame_scores is not None
    assert scores.frame_scores.shape == (8, 4)
    assert scores.frame_scores[:, 1].min() > 0.9


def test_a_pack_without_a_framewise_member_has_window_scores_only(tmp_path: Path) -> None:
    folder = write_random_pack(tmp_path, seed=4, member={"rule": "clip"}, outputs=("clip_logits",))
    ensemble = open_pack(folder)
    scores = score_sounds(ensemble, random_sounds(rates_of(ensemble), 12.0), 12.0)
    assert scores.frame_scores is None
    assert ensemble.facts.grid.frame_s is None
    timeline = to_timeline(scores, Segment(0, 0.0, 12.0), ensemble.facts, floor=0.0, analyzed_s=12.0)
    assert (timeline.n_frames, len(timeline.rows[0].frame_steps)) == (0, 0)


def test_many_threads_score_at_once_as_one_does(tmp_path: Path) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=7))
    sounds = random_sounds(rates_of(ensemble), LENGTH_S)
    segment = Segment(0, 0.0, LENGTH_S)
    audio = load_stretch(ensemble, sounds, segment)

    def score(_: int) -> SegmentScores:
        return score_segment(ensemble, audio, segment, duration_s=LENGTH_S)

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(score, range(8))
    for other in others:
        assert_same(first, other, atol=0)


def test_audio_without_its_margins_is_refused(tones: Ensemble) -> None:
    sounds = {TONE_RATE_HZ: tone(1000, 30.0, 0.0, 30.0)}
    narrow = load_stretch(tones, sounds, Segment(0, 10.0, 20.0))
    with pytest.raises(ValueError, match="reach beyond the audio that was loaded"):
        score_segment(tones, narrow, Segment(0, 0.0, 30.0), duration_s=30.0)
