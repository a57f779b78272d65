"""Framewise scores from the middles of windows: `inner_s`.

The network of these packs tells of every window, and of each of its frames, how loud it is on average; and the sound
grows louder steadily. A window's frames therefore say where its middle is, and a score, which windows it was made of.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import helper

from dawn_chorus.domain.analysis import Segment
from dawn_chorus.domain.errors import InvalidPack
from dawn_chorus.domain.timeline import Grid
from dawn_chorus.inference.member import OpenMember, Outputs
from dawn_chorus.inference.packs.sealing import seal_pack
from dawn_chorus.inference.pipeline import score_segment
from dawn_chorus.inference.windows import Geometry, clip_starts_s, stretch_of
from tests.pack_files import make_graph, write_manifest, write_model, write_taxa
from tests.unit.inference.sounds import load_stretch, open_pack, score_sounds

RATE_HZ = 100
N_FRAMES = 5
LENGTH_S = 20.0
EVERY_HALF_S = [step / 2 for step in range(-5, 6)]


def write_pack(folder: Path, *, rule: str = "clip", shifts_s: list[float] = EVERY_HALF_S, **keys: Any) -> Path:
    write_taxa(folder, [("one", "One", "", "Aves"), ("two", "Two", "", "Aves")])
    constants = {"axis": np.array([2]), "frames_and_taxa": np.array([1, N_FRAMES, 2]), "frames": np.array([1])}
    nodes = [
        helper.make_node("ReduceMean", ["waveform"], ["loudness"], axes=[1], keepdims=1),
        helper.make_node("Unsqueeze", ["loudness", "axis"], ["alone"]),
        helper.make_node("Expand", ["alone", "frames_and_taxa"], ["segments"]),
        helper.make_node("ReduceMean", ["segments"], ["label"], axes=[1], keepdims=0),
    ]
    outputs = {"clip": "label", "frames": "segments", "kind": "probs"} | keys.pop("outputs", {})
    network = make_graph(nodes, ("waveform", ["N", 5 * RATE_HZ]), constants, ["label", "segments"])
    network.output[1].CopyFrom(helper.make_tensor_value_info("segments", 1, ["N", "n_frames", "n_columns"]))
    write_model(folder / "network.onnx", network)
    member = {"file": "network.onnx", "input": "waveform", "sample_rate_hz": RATE_HZ, "window_s": 5.0}
    manifest = {"schema": 2, "name": "ramp", "version": "1", "license": "CC0-1.0", "attribution": "nobody"}
    tables = {
        "score": {"shifts_s": shifts_s},
        "member": [member | {"hop_s": 1.0, "rule": rule} | {"outputs": outputs} | keys],
    }
    write_manifest(folder, manifest | tables)
    seal_pack(folder)
    return folder


def middles_s(pack: Path) -> list[float]:
    """Return, for each grid point (i + 0.5) · 0.5 s, the mean of the middles of the windows used for it."""
    sound = (np.arange(round(LENGTH_S * RATE_HZ)) + 0.5) / RATE_HZ / LENGTH_S
    frames = score_sounds(open_pack(pack), {RATE_HZ: sound.astype(np.float32)}, LENGTH_S).frame_scores
    assert frames is not None
    return [round(score, 3) for score in (frames[:, 0] * LENGTH_S).tolist()]


def test_a_score_is_the_mean_over_windows_whose_middle_is_near(tmp_path: Path) -> None:
    heard = middles_s(write_pack(tmp_path, inner_s=2.0))
    # Middles are 2.5, 3.0, … 17.5. At 10.25 s they are 9.5, 10.0, 10.5 and 11.0.
    assert heard[20] == 10.25
    # 2.25 s: 2.5 and 3.0. 2.75 s: 2.5, 3.0 and 3.5.
    assert heard[4:6] == [2.75, 3.0]
    # 17.25 s: 16.5, 17.0 and 17.5. 17.75 s: 17.0 and 17.5.
    assert heard[34:36] == [17.0, 17.25]


def test_the_first_and_last_seconds_are_scored_by_the_window_that_is_nearest(tmp_path: Path) -> None:
    heard = middles_s(write_pack(tmp_path, inner_s=2.0))
    assert heard[:4] == [2.5, 2.5, 2.5, 2.5]
    assert heard[-4:] == [17.5, 17.5, 17.5, 17.5]


def test_between_windows_that_are_far_apart_the_nearer_one_counts(tmp_path: Path) -> None:
    heard = middles_s(write_pack(tmp_path, shifts_s=[-6.0, 6.0], inner_s=3.0))
    # Views that would begin outside are the windows themselves: middles are 2.5, 6.5, 7.5, 8.5, 11.5, 12.5, 13.5, 17.5.
    assert heard[8:10] == [2.5, 6.5]
    assert heard[30:32] == [13.5, 17.5]


def test_without_the_key_all_windows_that_hold_the_point_count(tmp_path: Path) -> None:
    heard = middles_s(write_pack(tmp_path))
    # 0.75 s: windows that begin at 0.0 and 0.5 s. 10.25 s: those that begin at 5.5, 6.0, … 10.0 s.
    assert heard[1] == 2.75
    assert heard[20] == 10.25
    (tmp_path / "whole").mkdir()
    assert middles_s(write_pack(tmp_path / "whole", inner_s=5.0)) == heard


def test_side_by_side_windows_serve_their_own_half_of_the_way(tmp_path: Path) -> None:
    heard = middles_s(write_pack(tmp_path, shifts_s=[-2.5, 0.0, 2.5], inner_s=2.5))
    # Middles are 2.5, 5.0, 7.5, …: 3.75 s is halfway between the first two, 3.25 s before it and 4.25 s after.
    assert heard[6:9] == [2.5, 5.0, 5.0]


def test_a_row_of_windows_has_inner_frames_too(tmp_path: Path) -> None:
    heard = middles_s(write_pack(tmp_path, rule="frame_max", inner_s=2.0))
    # Middles are 2.5, 3.5, …: at 10.25 s they are 9.5 and 10.5, at 0.25 s the nearest is 2.5.
    assert (heard[20], heard[0]) == (10.0, 2.5)


def test_a_segment_runs_the_windows_that_it_needs_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ensemble = open_pack(write_pack(tmp_path, inner_s=2.0))
    n_windows: list[int] = []
    score = OpenMember.score

    def count(member: OpenMember, inputs: NDArray[np.float32]) -> Outputs:
        n_windows.append(len(inputs))
        return score(member, inputs)

    monkeypatch.setattr(OpenMember, "score", count)
    segment = Segment(1, 5.0, 10.0)
    sounds = {RATE_HZ: np.zeros(round(LENGTH_S * RATE_HZ), np.float32)}
    score_segment(ensemble, load_stretch(ensemble, sounds, segment), segment, duration_s=LENGTH_S)
    # Its frames, 5.25 … 9.75 s, need middles at 4.5, 5.0, … 10.5 s; the eleven views of its window are among them.
    assert sum(n_windows) == 13


def test_no_window_serves_what_lies_outside_its_audio() -> None:
    geometry = Geometry("clip", 5.0, 10.0, 10.0, N_FRAMES, 0.0, 1.0, inner_s=5.0)
    first, stop = geometry.serves(np.array([0.0, 10.0]), np.arange(0.5, 20))
    assert (first.tolist(), stop.tolist()) == ([0, 10], [5, 15])


def test_windows_that_are_shifted_from_far_away_are_used() -> None:
    geometry = Geometry("clip", 5.0, 5.0, 5.0, N_FRAMES, 0.0, 1.0, inner_s=5.0)
    shifts_s = (-13.0, 0.0, 13.0)
    stretch = stretch_of(Segment(2, 10.0, 15.0), 40.0, Grid(5.0, 0.5), shifts_s=shifts_s, smoothing_reach=0)
    # 7 and 12 are the windows at 20 and 25 s, shifted; 13 is that at 0 s. 23 is a view of the segment's own window.
    assert clip_starts_s(geometry, stretch).tolist() == [7.0, 10.0, 12.0, 13.0, 23.0]


def test_scores_of_windows_do_not_change(tmp_path: Path) -> None:
    sounds = {RATE_HZ: np.linspace(0, 1, round(LENGTH_S * RATE_HZ), dtype=np.float32)}
    inner, whole = (
        score_sounds(open_pack(write_pack(tmp_path, inner_s=inner_s)), sounds, LENGTH_S).window_scores
        for inner_s in (2.0, 5.0)
    )
    np.testing.assert_array_equal(inner, whole)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"inner_s": 6.0}, "inner_s: 6.0 is longer than window_s, 5.0"),
        ({"inner_s": 0.0}, "inner_s: "),
        (
            {"inner_s": 0.4},
            "inner_s: 0.4 leaves gaps between windows that begin 0.5 s apart; set at least 0.5, or more shifts_s",
        ),
        (
            {"inner_s": 2.0, "shifts_s": [0.0, 2.0]},
            "inner_s: 2.0 leaves gaps between windows that begin 3 s apart; set at least 3, or more shifts_s",
        ),
        (
            {"inner_s": 0.5, "rule": "frame_max"},
            "inner_s: 0.5 leaves gaps between windows that begin 1 s apart; set at least 1, or a shorter hop_s",
        ),
        (
            {"inner_s": 2.0, "outputs": {"frames": None}},
            "inner_s: says which frames are used, and the network has none; remove it",
        ),
    ],
)
def test_a_length_that_cannot_be_meant_is_refused(tmp_path: Path, keys: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidPack) as caught:
        open_pack(write_pack(tmp_path, **keys))
    assert fault in str(caught.value)
