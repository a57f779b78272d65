"""Generates the synthetic world: focal recordings, and soundscapes with exact onsets and offsets.

Focal recordings are clean, weakly labeled, few and unbalanced, as in archives. Soundscapes contain several voices at
once, near and far, in bad weather, as at a recorder. Training may use the soundscapes' audio but not their labels.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from models.workshop.data.manifest import Clip, Dataset, Event, save_dataset
from models.workshop.synthetic.places import Waveform, background, from_afar
from models.workshop.synthetic.taxa import TAXA, VOICES
from models.workshop.synthetic.voices import Voice, individual, utter

SAMPLE_RATE_HZ = 16000
FOLD_TRAIN, FOLD_VALIDATE, FOLD_TEST = 0, 1, 2


@dataclass(frozen=True, slots=True)
class WorldSize:
    """Numbers and lengths of recordings; lengths in seconds."""

    focal_most: int = 40
    """Focal recordings of the most common taxon; the rarest has a tenth."""
    focal_s: float = 8.0
    soundscapes: int = 40
    """Unlabeled soundscapes for training."""
    labeled_soundscapes: int = 0
    """Soundscapes with labels and events for training; archives have none, the pack `synthetic` is trained on them."""
    validation_soundscapes: int = 6
    test_soundscapes: int = 16
    soundscape_s: float = 60.0


def make_world(folder: Path, *, seed: int, size: WorldSize = WorldSize()) -> Path:
    """Write audio, manifest.csv, taxa.csv and events.csv; return the manifest. The same seed yields the same bytes."""
    rng = np.random.default_rng(seed)
    (folder / "audio").mkdir(parents=True, exist_ok=True)
    clips: list[Clip] = []
    events: dict[str, tuple[Event, ...]] = {}
    for rank, voice in enumerate(VOICES):
        for number in range(max(3, round(size.focal_most * 0.1 ** (((rank * 5) % len(VOICES)) / (len(VOICES) - 1))))):
            clip, found = _save(
                folder, f"focal-{voice.code}-{number:03d}", focal(voice, size.focal_s, rng), "focal", FOLD_TRAIN
            )
            clips.append(clip)
            events[clip.path] = found
    plan = [
        ("unlabeled", FOLD_TRAIN, size.soundscapes),
        ("labeled", FOLD_TRAIN, size.labeled_soundscapes),
        ("validation", FOLD_VALIDATE, size.validation_soundscapes),
        ("test", FOLD_TEST, size.test_soundscapes),
    ]
    for role, fold, count in plan:
        for number in range(count):
            made = soundscape(size.soundscape_s, rng)
            clip, found = _save(folder, f"{role}-{number:03d}", made, "soundscape", fold)
            clips.append(clip)
            events[clip.path] = found
    return save_dataset(Dataset(folder, TAXA, tuple(clips), events))


def focal(voice: Voice, duration_s: float, rng: np.random.Generator) -> tuple[Waveform, list[Event]]:
    """Return a recording of one near individual in little noise, first heard within 1.5 s, and its events."""
    out = background(round(duration_s * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ, rng, level=0.01)
    singer = individual(voice, rng)
    events = []
    position_s = rng.uniform(0.1, 1.5)
    while position_s < duration_s - 0.5:
        event = _place(out, singer, position_s, distance_m=rng.uniform(4, 15), level=0.5, rng=rng)
        events.append(event)
        position_s = event.offset_s + rng.uniform(0.8, 3.0)
    return out, events


def soundscape(duration_s: float, rng: np.random.Generator) -> tuple[Waveform, list[Event]]:
    """Return a recording of several overlapping individuals at different distances, and its events in time order."""
    out = background(round(duration_s * SAMPLE_RATE_HZ), SAMPLE_RATE_HZ, rng, level=10 ** rng.uniform(-2.3, -1.7))
    events: list[Event] = []
    for index in rng.permutation(len(VOICES))[: rng.integers(2, 7)]:
        singer, distance_m = individual(VOICES[index], rng), float(np.exp(rng.uniform(np.log(10), np.log(70))))
        position_s = rng.uniform(0, duration_s * 0.5)
        while position_s < duration_s - 0.5:
            event = _place(out, singer, position_s, distance_m=distance_m, level=0.6, rng=rng)
            events.append(event)
            position_s = event.offset_s + rng.exponential(6.0) + 1.0
    return out, sorted(events, key=lambda event: event.onset_s)


def _place(
    out: Waveform, singer: Voice, position_s: float, *, distance_m: float, level: float, rng: np.random.Generator
) -> Event:
    phrase = singer.song if rng.random() < 0.75 else singer.call
    dry = utter(phrase, SAMPLE_RATE_HZ, rng)
    wet = from_afar(dry, distance_m, SAMPLE_RATE_HZ, rng) * level
    start = round(position_s * SAMPLE_RATE_HZ)
    room = len(out) - start
    out[start : start + len(wet)] += wet[:room]
    return Event(singer.code, start / SAMPLE_RATE_HZ, (start + min(len(dry), room)) / SAMPLE_RATE_HZ)


def _save(
    folder: Path, name: str, made: tuple[Waveform, list[Event]], kind: str, fold: int
) -> tuple[Clip, tuple[Event, ...]]:
    waveform, events = made
    path = f"audio/{name}.flac"
    peak = float(np.abs(waveform).max())
    soundfile.write(folder / path, waveform / max(1.0, peak / 0.98), SAMPLE_RATE_HZ, subtype="PCM_16")
    labels = () if name.startswith("unlabeled") else tuple(sorted({event.code for event in events}))
    duration_s = round(len(waveform) / SAMPLE_RATE_HZ, 6)
    return Clip(path, labels, name, "CC0-1.0", "synthetic", fold, duration_s, kind), tuple(events)
