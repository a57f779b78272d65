"""`mix-scenes`: phrases are found where they are, and scenes say what is in them and when."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from models.workshop.app import app
from models.workshop.data.folders import read_events
from models.workshop.errors import BadInput
from models.workshop.evaluation.events.truth import load_recordings
from models.workshop.studies.scenes import HALVES, RATE_HZ, find_phrases, levels_db, mix_scenes

HEADER = "file,label,group,label_kind,source,licence,note\n"


def sing(*spans_s: tuple[float, float], duration_s: float = 6.0, frequency_hz: float = 3000.0) -> np.ndarray:
    """Return a tone that sounds from and to these times, in very soft noise."""
    time_s = np.arange(round(duration_s * RATE_HZ)) / RATE_HZ
    sounding = sum(((time_s >= start) & (time_s < stop)).astype(np.float32) for start, stop in spans_s)
    noise = np.random.default_rng(0).normal(0, 1e-4, len(time_s))
    return (0.3 * sounding * np.sin(2 * np.pi * frequency_hz * time_s) + noise).astype(np.float32)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Return a folder with eight birds of a phrase each, two noises, and what may not be used."""
    rows = [HEADER]
    for number in range(8):
        soundfile.write(tmp_path / f"bird-{number}.wav", sing((1.0, 2.0)), RATE_HZ)
        rows.append(f"bird-{number}.wav,Bird {number},bird,weak,here,CC BY 4.0,note {number}\n")
    for name, label, group, license_text in (
        ("rain", "Rain", "other", "CC0"),
        ("sea", "Sea waves", "other", "CC0"),
        ("forbidden", "Forbidden", "bird", "CC BY-NC-ND 4.0"),
        ("known", "Known", "bird", "CC0"),
        ("frog", "Frog", "frog", "CC0"),
    ):
        soundfile.write(tmp_path / f"{name}.wav", sing((1.0, 2.0)) if group != "other" else sing(), RATE_HZ)
        rows.append(f"{name}.wav,{label},{group},weak,here,{license_text},\n")
    (tmp_path / "index.csv").write_text("".join(rows))
    (tmp_path / "strong_labels.csv").write_text("file,onset_s,offset_s,label\nknown.wav,1,2,Known\n")
    return tmp_path


def test_phrases_are_found_where_they_begin_and_end() -> None:
    found_s = [(first / RATE_HZ, stop / RATE_HZ) for first, stop in find_phrases(sing((1.0, 2.0), (3.0, 3.5)))]
    assert np.allclose(sorted(found_s), [(1.0, 2.0), (3.0, 3.5)], atol=0.045)


def test_a_short_pause_is_within_a_phrase_and_what_is_too_long_short_or_cut_off_is_none() -> None:
    [(first, stop)] = find_phrases(sing((1.0, 1.5), (1.7, 2.0)))
    assert np.allclose([first / RATE_HZ, stop / RATE_HZ], [1.0, 2.0], atol=0.045)
    assert find_phrases(sing((1.0, 1.2))) == []
    assert find_phrases(sing((0.5, 5.0), duration_s=20.0)) == []
    assert find_phrases(sing((0.0, 1.0))) == []
    assert find_phrases(sing()) == []
    assert find_phrases(np.zeros(0, np.float32)) == []


def test_scenes_are_louder_where_their_events_are(recordings: Path, tmp_path: Path) -> None:
    files = list(mix_scenes(recordings, tmp_path / "out", n_scenes=3, seed=1))
    assert [path.relative_to(tmp_path / "out").as_posix() for path in files] == [
        f"{half}/scene-{number:03d}.flac" for half in HALVES for number in range(3)
    ]
    for half in HALVES:
        for path, events in read_events(tmp_path / "out" / half / "strong_labels.csv").items():
            level_db = levels_db(soundfile.read(path, dtype="float32")[0])
            during = np.zeros(len(level_db), bool)
            for event in events:
                assert event.offset_s - event.onset_s == pytest.approx(1.0, abs=0.1)
                during[round(event.onset_s / 0.02) + 1 : round(event.offset_s / 0.02) - 1] = True
            assert level_db[during].mean() > level_db[~during].mean() + 3


def test_the_halves_have_no_recording_in_common_and_no_forbidden_or_known_one(recordings: Path, tmp_path: Path) -> None:
    list(mix_scenes(recordings, tmp_path / "out", n_scenes=8, seed=1))
    singers = [{event.code for event in load_events(tmp_path / "out" / half)} for half in HALVES]
    assert singers[0].isdisjoint(singers[1])
    assert singers[0] | singers[1] == {f"Bird {number}" for number in range(8)}


def test_cuts_of_one_recording_are_in_one_half(recordings: Path, tmp_path: Path) -> None:
    table = recordings / "index.csv"
    of_bird = {f"note {number}\n": f"freesound {number // 4} part {number}\n" for number in range(8)}
    text = table.read_text()
    for old, new in of_bird.items():
        text = text.replace(old, new)
    table.write_text(text)
    list(mix_scenes(recordings, tmp_path / "out", n_scenes=8, seed=1))
    singers = [{event.code for event in load_events(tmp_path / "out" / half)} for half in HALVES]
    halves = [{f"Bird {number}" for number in range(first, first + 4)} for first in (0, 4)]
    assert sorted(map(sorted, singers)) == sorted(map(sorted, halves))


def load_events(folder: Path) -> list:
    return [event for events in read_events(folder / "strong_labels.csv").values() for event in events]


def test_scenes_are_the_same_with_the_same_seed(recordings: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        list(mix_scenes(recordings, tmp_path / name, n_scenes=1, seed=seed))
    one, same, other = (
        (tmp_path / name / "report" / "strong_labels.csv").read_text() for name in ("one", "same", "other")
    )
    assert one == same != other


def test_the_command_writes_what_score_events_reads(recordings: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["mix-scenes", str(recordings), "--out", str(tmp_path / "out"), "--scenes", "2"])
    assert result.exit_code == 0, result.output
    dataset = load_recordings(tmp_path / "out" / "report")
    assert [(clip.duration_s, clip.license) for clip in dataset.clips] == [(20.0, "CC BY 4.0 + CC0")] * 2


def test_too_few_birds_are_an_error(recordings: Path, tmp_path: Path) -> None:
    rows = (recordings / "index.csv").read_text().splitlines(keepends=True)
    (recordings / "index.csv").write_text("".join(rows[:3] + rows[9:]))
    with pytest.raises(BadInput, match="too few birds"):
        list(mix_scenes(recordings, tmp_path / "out", n_scenes=1, seed=0))
