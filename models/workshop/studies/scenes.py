"""Mixes scenes with known onsets and offsets of recordings that are labeled as a whole: a truth of hundreds of events.

In a close recording phrases stand out from what is between them. They are cut out where the level rises and falls, and
mixed into noise. The noise of the close recording comes along, places do not echo, and nobody listened: such scenes
compare packs and rules, and do not say how good one is in the field.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import soundfile

from models.workshop.data.audio import load_clip
from models.workshop.data.folders import read_events
from models.workshop.data.license_terms import Terms
from models.workshop.data.manifest import write_table
from models.workshop.data.recordings import Recording
from models.workshop.errors import BadInput
from models.workshop.studies.real_recordings.collection import CLASSES, read_index
from models.workshop.training.mixing import Waveform

Source = TypeVar("Source")
HALVES = ("choose", "report")
"""What is chosen on one half is reported on the other; no recording is in both, nor two cuts of the same one."""
RATE_HZ = 48000
SCENE_S = 20.0
N_SINGERS = 3
MOST_OF_TAXON = 4
"""Recordings of one taxon, so that no voice is in every scene."""
_STEP_S = 0.02
_BAND_HZ = (500.0, 12000.0)
_SHORTEST_S, _LONGEST_S = 0.3, 4.0
_PAUSE_S = 0.4
"""Shorter pauses are within a phrase."""
_FADE_S = 0.03


@dataclass(frozen=True, slots=True)
class Singer:
    """A recording's taxon and its phrases, faded in and out."""

    recording: Recording
    phrases: tuple[Waveform, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A mixed scene and what was mixed into it."""

    waveform: Waveform
    events: tuple[tuple[float, float, str], ...]
    """Onset and offset in seconds, and the taxon's name, in time order."""
    sources: tuple[Recording, ...]


def mix_scenes(audio_dir: Path, out: Path, *, n_scenes: int, seed: int) -> Iterator[Path]:
    """Write `n_scenes` scenes into each of the folders `choose` and `report`, with index.csv and strong_labels.csv.

    Yield each scene's file as it is written. The singers are birds whose licenses permit derivatives and whose events
    are not known. Raises BadInput if there are too few of them, or no noise.
    """
    rng = np.random.default_rng(seed)
    singers, noises = _read_sources(audio_dir, rng)
    halves = zip(_halve(singers, [s.recording for s in singers]), _halve(noises, noises), HALVES, strict=True)
    for own_singers, own_noises, name in halves:
        if len(own_singers) < N_SINGERS or not own_noises:
            raise BadInput(f"{audio_dir}: has too few birds with phrases, or noises, for two halves of scenes")
        (out / name).mkdir(parents=True, exist_ok=True)
        scenes: list[tuple[str, Scene]] = []
        for number in range(n_scenes):
            noise = own_noises[rng.integers(len(own_noises))]
            scene = mix_scene(own_singers, noise, load_clip(noise.path, RATE_HZ), rng)
            scenes.append((f"scene-{number:03d}.flac", scene))
            soundfile.write(out / name / scenes[-1][0], scene.waveform, RATE_HZ)
            yield out / name / scenes[-1][0]
        _write_tables(out / name, scenes)


def mix_scene(singers: Sequence[Singer], noise: Recording, sound: Waveform, rng: np.random.Generator) -> Scene:
    """Return a scene of SCENE_S: three singers, one to four phrases each, 0 to 20 dB louder than the noise."""
    n_samples = round(SCENE_S * RATE_HZ)
    mixed = np.resize(sound, n_samples) * np.float32(0.02 / max(1e-6, float(np.sqrt(np.mean(sound**2)))))
    noise_level_db = float(np.mean(levels_db(mixed)))
    chosen = [singers[index] for index in rng.choice(len(singers), N_SINGERS, replace=False)]
    events: list[tuple[float, float, str]] = []
    for singer in chosen:
        gain_db, onset_s = noise_level_db + rng.uniform(0, 20), rng.uniform(0.2, 5)
        for _ in range(int(rng.integers(1, 5))):
            phrase = singer.phrases[rng.integers(len(singer.phrases))]
            first = round((onset_s - _FADE_S) * RATE_HZ)
            if first + len(phrase) > n_samples:
                break
            louder = np.float32(10 ** ((gain_db - float(np.mean(levels_db(phrase)))) / 20))
            mixed[first : first + len(phrase)] += louder * phrase
            offset_s = onset_s + len(phrase) / RATE_HZ - 2 * _FADE_S
            events.append((onset_s, offset_s, singer.recording.labels[0]))
            onset_s = offset_s + rng.uniform(0.6, 6)
    sources = (noise, *(singer.recording for singer in chosen))
    return Scene(mixed / np.float32(max(1.0, 1.05 * float(np.abs(mixed).max()))), tuple(sorted(events)), sources)


def find_phrases(waveform: Waveform) -> list[tuple[int, int]]:
    """Return first sample and stop of the four loudest phrases of 0.3 to 4 s.

    A phrase is louder than halfway, in dB, between the recording's quiet fifth and its loudest fiftieth; these must be
    12 dB apart.
    """
    if len(waveform) < _SHORTEST_S * RATE_HZ:
        return []
    level_db = np.convolve(levels_db(waveform), np.ones(3) / 3, "same")
    quiet_db, loud_db = np.percentile(level_db, (20, 98))
    if loud_db - quiet_db < 12:
        return []
    edges = np.flatnonzero(np.diff((level_db > (quiet_db + loud_db) / 2).astype(np.int8), prepend=0, append=0))
    apart = edges[2::2] - edges[1:-1:2] >= _PAUSE_S / _STEP_S
    firsts, stops = edges[::2][np.append(True, apart)], edges[1::2][np.append(apart, True)]
    margin = round(_FADE_S / _STEP_S) + 1
    phrases = [
        (int(first), int(stop))
        for first, stop in zip(firsts, stops, strict=True)
        if _SHORTEST_S <= (stop - first) * _STEP_S <= _LONGEST_S and first >= margin and stop <= len(level_db) - margin
    ]
    loudest = sorted(phrases, key=lambda phrase: -float(np.mean(level_db[slice(*phrase)])))[:4]
    step = round(_STEP_S * RATE_HZ)
    return [(first * step, stop * step) for first, stop in loudest]


def levels_db(waveform: Waveform) -> Waveform:
    """Return the level of each 20 ms between 500 and 12000 Hz, (n_steps,)."""
    step = round(_STEP_S * RATE_HZ)
    steps = waveform[: len(waveform) // step * step].reshape(-1, step)
    frequencies_hz = np.fft.rfftfreq(step, 1 / RATE_HZ)
    power = np.abs(np.fft.rfft(steps * np.hanning(step))) ** 2
    within = (frequencies_hz >= _BAND_HZ[0]) & (frequencies_hz <= _BAND_HZ[1])
    return np.asarray(10 * np.log10(power[:, within].sum(axis=1) / step**2 + 1e-12), np.float32)


def _read_sources(audio_dir: Path, rng: np.random.Generator) -> tuple[list[Singer], list[Recording]]:
    """Return birds with phrases and noises, shuffled."""
    known = set(read_events(audio_dir / "strong_labels.csv"))
    recordings = [r for r in read_index(audio_dir / "index.csv") if r.path not in known]
    usable = [r for r in recordings if Terms().refuse(r.license) is None]
    singers: list[Singer] = []
    for index in rng.permutation(len(usable)):
        recording = usable[index]
        if recording.labels[1:] != (CLASSES["bird"].code,):
            continue
        name = recording.labels[0].casefold()
        if sum(singer.recording.labels[0].casefold() == name for singer in singers) < MOST_OF_TAXON:
            waveform = load_clip(recording.path, RATE_HZ)
            phrases = tuple(_cut(waveform, *span) for span in find_phrases(waveform))
            singers += [Singer(recording, phrases)] if phrases else []
    noises = [r for r in usable if r.kind in {"noise", "soundscape"}]
    return singers, [noises[index] for index in rng.permutation(len(noises))]


def _halve(items: Sequence[Source], recordings: Sequence[Recording]) -> tuple[list[Source], list[Source]]:
    """Return every second of the items, and the others; those whose recordings are of one group stay together."""
    half_of: dict[str, int] = {}
    halves: tuple[list[Source], list[Source]] = ([], [])
    for item, recording in zip(items, recordings, strict=True):
        halves[half_of.setdefault(recording.group or str(recording.path), len(half_of) % 2)].append(item)
    return halves


def _cut(waveform: Waveform, first: int, stop: int) -> Waveform:
    """Return a phrase with what is around it faded, (samples,)."""
    fade = round(_FADE_S * RATE_HZ)
    phrase = waveform[first - fade : stop + fade].copy()
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    phrase[:fade] *= ramp
    phrase[-fade:] *= ramp[::-1]
    return phrase


def _write_tables(folder: Path, scenes: Sequence[tuple[str, Scene]]) -> None:
    rows = [
        (
            name,
            "bird",
            "mixed",
            " + ".join(sorted({r.license for r in s.sources})),
            "; ".join(r.group for r in s.sources),
        )
        for name, s in scenes
    ]
    write_table(folder / "index.csv", ("file", "group", "source", "licence", "note"), rows)
    events = [(name, f"{on:.3f}", f"{off:.3f}", label) for name, scene in scenes for on, off, label in scene.events]
    write_table(folder / "strong_labels.csv", ("file", "onset_s", "offset_s", "label"), events)
