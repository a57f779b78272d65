"""Custom classifiers of BirdNET-Analyzer: a `.tflite` that takes 3 s at 48 kHz and returns logits, in place of the own
classes of BirdNET or behind them, and a `_Labels.txt` with a `Scientific_Common` line for each.

Its `audio.open_audio_file` reads sound with librosa's `kaiser_fast`; its `flat_sigmoid` is a sigmoid at sensitivity 1.
"""

from functools import partial
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from tests.custom_classifier import make_custom_classifier
from tests.foreign_networks.foreign import Array, Foreign, sigmoid, write_lines

RATE_HZ = 48000
FILE = "CustomClassifier.tflite"
LABELS = "CustomClassifier_Labels.txt"
NEW_NAMES = tuple(f"Anura {chr(97 + number)}{number:04d}" for number in range(7))


def _write(folder: Path, *, append: bool) -> None:
    content, labels = make_custom_classifier(len(NEW_NAMES), seed=12, hidden=None if append else 32, append=append)
    (folder / FILE).write_bytes(content)
    write_lines(folder / LABELS, labels)


def _score(folder: Path, windows: Array) -> Array:
    interpreter = Interpreter(str(folder / FILE), num_threads=1)
    interpreter.allocate_tensors()
    takes, gives = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    found = []
    for window in windows:
        interpreter.set_tensor(takes, window[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(gives)[0])
    return sigmoid(np.clip(np.stack(found), -15, 15))


def _make(name: str, *, append: bool) -> Foreign:
    return Foreign(
        name=name,
        write=partial(_write, append=append),
        file=FILE,
        options=f"--labels {LABELS} --sample-rate 48000 --window 3 --activation sigmoid --front-end birdnet",
        sample_rate_hz=RATE_HZ,
        window_s=3.0,
        score=_score,
        labels=LABELS,
        resampler="kaiser_fast",
        floor=5e-4 if append else 0.0,
    )


CUSTOM_CLASSIFIERS = (_make("birdnet-replaced", append=False), _make("birdnet-appended", append=True))
