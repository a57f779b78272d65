"""Every channel is scored whole, then the highest score is taken; one channel is loaded after the other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dawn_chorus.domain.analysis import Channels, Segment, channels_to_score
from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.domain.lost_audio import LostStretch, NothingHeard
from dawn_chorus.domain.warnings import AnalysisWarning, WarningCode
from dawn_chorus.inference.ensemble import Ensemble
from dawn_chorus.inference.pipeline import analyze_segment, score_segment
from dawn_chorus.inference.waveforms.loading import LoadedAudio
from tests.packs import write_random_pack
from tests.unit.inference.sounds import load_stretch, open_pack, random_sounds, rates_of

DURATION_S = 31.0
SEGMENT = Segment(0, 0.0, DURATION_S)
SEEDS = range(8)


def load_channels(ensemble: Ensemble, count: int) -> list[LoadedAudio]:
    rates_hz = rates_of(ensemble)
    return [load_stretch(ensemble, random_sounds(rates_hz, DURATION_S, seed), SEGMENT) for seed in range(count)]


def losing(audio: LoadedAudio, *spans: tuple[float, float]) -> LoadedAudio:
    return replace(audio, lost=tuple(LostStretch(*span, "broken") for span in spans))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("n_channels", [1, 2, 5])
def test_the_highest_of_whole_channels_is_taken_and_named(tmp_path: Path, seed: int, n_channels: int) -> None:
    """With views, smoothing and members as each pack has them."""
    ensemble = open_pack(write_random_pack(tmp_path, seed=seed))
    first, *others = load_channels(ensemble, n_channels)
    result = analyze_segment(ensemble, first, SEGMENT, duration_s=DURATION_S, floor=0.0, next_channels=others)
    alone = [score_segment(ensemble, audio, SEGMENT, duration_s=DURATION_S) for audio in (first, *others)]
    windows = np.stack([scores.window_scores for scores in alone])
    np.testing.assert_array_equal(result.scores.window_scores, windows.max(axis=0))
    assert result.scores.window_channels is not None
    np.testing.assert_array_equal(result.scores.window_channels, windows.argmax(axis=0) + 1)
    found = [scores.frame_scores for scores in alone if scores.frame_scores is not None]
    if found:
        np.testing.assert_array_equal(result.scores.frame_scores, np.stack(found).max(axis=0))
        np.testing.assert_array_equal(result.scores.frame_channels, np.stack(found).argmax(axis=0) + 1)
    for column, row in enumerate(result.timeline.rows):
        np.testing.assert_array_equal(row.window_channels, result.scores.window_channels[:, column])


def test_one_channel_or_the_mix_has_no_channel_numbers(tmp_path: Path) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=1))
    (audio,) = load_channels(ensemble, 1)
    result = analyze_segment(ensemble, audio, SEGMENT, duration_s=DURATION_S, floor=0.0)
    assert (result.scores.window_channels, result.scores.frame_channels) == (None, None)
    assert {row.window_channels is None and row.frame_channels is None for row in result.timeline.rows} == {True}


def test_a_channel_is_loaded_when_the_one_before_it_was_scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=1))
    channels = load_channels(ensemble, 3)
    order: list[str] = []

    def score(*arguments: object, **options: object) -> object:
        order.append("score")
        return score_segment(*arguments, **options)  # type: ignore[arg-type] # handed on

    def load() -> Iterator[LoadedAudio]:
        for audio in channels[1:]:
            order.append("load")
            yield audio

    monkeypatch.setattr("dawn_chorus.inference.pipeline.score_segment", score)
    analyze_segment(ensemble, channels[0], SEGMENT, duration_s=DURATION_S, floor=0.0, next_channels=load())
    assert order == ["score", "load", "score", "load", "score"]


def test_audio_is_lost_where_no_channel_has_it(tmp_path: Path) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=2))
    first, second = load_channels(ensemble, 2)
    first, second = losing(first, (2.0, 9.0), (20.0, 25.0)), losing(second, (8.0, 12.0), (30.0, 31.0))
    result = analyze_segment(ensemble, first, SEGMENT, duration_s=DURATION_S, floor=0.0, next_channels=[second])
    assert [(lost.start_s, lost.end_s) for lost in result.timeline.lost] == [(8.0, 9.0)]
    assert result.timeline.analyzed_s == 30.0


@pytest.mark.parametrize("dead", [0, 1])
def test_a_channel_that_is_lost_as_a_whole_is_not_scored_and_the_other_counts(tmp_path: Path, dead: int) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=3))
    channels = load_channels(ensemble, 2)
    channels[dead] = losing(channels[dead], (0.0, DURATION_S))
    result = analyze_segment(
        ensemble, channels[0], SEGMENT, duration_s=DURATION_S, floor=0.0, next_channels=channels[1:]
    )
    alone = score_segment(ensemble, channels[1 - dead], SEGMENT, duration_s=DURATION_S)
    np.testing.assert_array_equal(result.scores.window_scores, alone.window_scores)
    assert result.scores.window_channels is not None
    assert set(result.scores.window_channels.ravel().tolist()) == {2 - dead}
    assert (result.timeline.lost, result.timeline.analyzed_s) == ((), DURATION_S)


def test_a_segment_that_is_lost_in_every_channel_is_not_heard(tmp_path: Path) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=3))
    first, second = (losing(audio, (0.0, DURATION_S)) for audio in load_channels(ensemble, 2))
    with pytest.raises(NothingHeard, match="broken"):
        analyze_segment(ensemble, first, SEGMENT, duration_s=DURATION_S, floor=0.0, next_channels=[second])


def test_what_was_measured_while_the_first_channel_was_read_goes_with_the_timeline(tmp_path: Path) -> None:
    ensemble = open_pack(write_random_pack(tmp_path, seed=4))
    first, second = load_channels(ensemble, 2)
    warning = AnalysisWarning(WarningCode.CLIPPED, "clipped", 0.0, DURATION_S, 2)
    first = replace(first, warnings=(warning,), stage_s={"decode": 1.0})
    second = replace(second, stage_s={"decode": 2.0})
    result = analyze_segment(ensemble, first, SEGMENT, duration_s=DURATION_S, floor=0.0, next_channels=[second])
    assert result.timeline.warnings == (warning,)
    assert result.stage_s["decode"] == 3.0


@pytest.mark.parametrize(
    ("chosen", "n_channels", "scored"),
    [
        ("mix", 1, (None,)),
        ("mix", 40, (None,)),
        ("each", 1, (1,)),
        ("each", 3, (1, 2, 3)),
        (1, 1, (1,)),
        (40, 40, (40,)),
    ],
)
def test_channels_are_scored_as_chosen(chosen: Channels, n_channels: int, scored: tuple[int | None, ...]) -> None:
    assert channels_to_score(chosen, n_channels) == scored


@pytest.mark.parametrize(
    ("chosen", "n_channels", "reason"),
    [
        ("each", 33, "33 channels: each scores at most 32"),
        (2, 1, "1 channel: there is no channel 2"),
        (9, 8, "8 channels: there is no channel 9"),
    ],
)
def test_channels_that_cannot_be_scored_are_refused(chosen: Channels, n_channels: int, reason: str) -> None:
    with pytest.raises(PermanentError, match=reason):
        channels_to_score(chosen, n_channels)
