"""Builds the packs from BirdNET's published files."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from dawn_chorus.birdnet.classifier import SAMPLE_RATE_HZ, convert_classifier
from dawn_chorus.birdnet.comparison import check_classifier, check_occurrence
from dawn_chorus.birdnet.labels import read_taxa
from dawn_chorus.birdnet.occurrence import convert_occurrence
from dawn_chorus.birdnet.pack_writer import PLANS, write_pack
from dawn_chorus.birdnet.wheel import BirdnetFiles
from dawn_chorus.inference.self_test import write_golden
from dawn_chorus.inference.synthetic_sound import Waveform, synthesize_dawn
from dawn_chorus.tflite.reading import read_tflite

_GOLDEN_S = 15.0
_NATIVE_S = 3.0
_N_CHECKED = 8


def build_packs(folder: Path, files: BirdnetFiles, progress: Callable[[str, float], None]) -> None:
    """Write the packs into the folder; check the models against the originals, and each pack by its self-test.

    Raises PermanentError at the first check that fails.
    """
    progress("read BirdNET's models", 0.3)
    graph, taxa = read_tflite(files.classifier), read_taxa(files.labels)
    progress("check the conversion against tflite's own interpreter", 0.35)
    check_classifier(convert_classifier(graph, _NATIVE_S, framewise=True), files.classifier, _checked_windows())
    occurrence = convert_occurrence(read_tflite(files.occurrence))
    check_occurrence(occurrence, files.occurrence)
    for number, plan in enumerate(PLANS):
        progress(f"write and self-test the pack {plan.name}", 0.5 + 0.45 * number / len(PLANS))
        classifier = convert_classifier(graph, plan.window_s, framewise=plan.framewise)
        write_pack(
            folder / plan.name,
            plan,
            taxa,
            classifier=classifier.SerializeToString(),
            occurrence=occurrence.SerializeToString(),
        )
        # Writes the golden scores, then recomputes them with the pack opened as a worker opens it.
        write_golden(folder / plan.name, synthesize_dawn(_GOLDEN_S, SAMPLE_RATE_HZ), SAMPLE_RATE_HZ)


def _checked_windows() -> Waveform:
    """Return synthetic 3-s windows, loud and soft, one of them silent, (n_windows, n_samples)."""
    windows = synthesize_dawn(_N_CHECKED * _NATIVE_S, SAMPLE_RATE_HZ).reshape(_N_CHECKED, -1)
    gains = np.geomspace(1.0, 1e-3, _N_CHECKED, dtype=np.float32)
    gains[-1] = 0.0
    return windows * gains[:, None]
