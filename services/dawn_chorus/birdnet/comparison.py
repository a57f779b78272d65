"""Compares the converted models with the originals, run by tflite's own interpreter."""

from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import onnx
import onnxruntime as ort
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from dawn_chorus.birdnet.occurrence import INPUTS
from dawn_chorus.domain.errors import PermanentError

Array = NDArray[np.float32]

TOLERANCE = 1e-4
"""Largest difference in score that rounding may cause; 1e-6 is usual."""
_PLACES_AND_WEEKS = ((52.5, 13.4, 20.0), (-33.9, 151.2, 1.0), (9.9, -84.1, 48.0), (64.1, -21.9, -1.0), (0.0, 0.0, 30.0))


def check_classifier(model: onnx.ModelProto, original: bytes, windows: Array) -> float:
    """Return the largest difference in the scores of 3-s windows (n_windows, 144000) at 48 kHz.

    Raises PermanentError if it exceeds the tolerance.
    """
    logits = _run(model, {"waveform": windows}, "clip_logits")
    expected = np.concatenate(list(_interpret(original, windows[:, None])))
    return _compare("classifier", _sigmoid(logits), _sigmoid(expected))


def check_occurrence(model: onnx.ModelProto, original: bytes) -> float:
    """Return the largest difference in the probabilities at some places and weeks.

    Raises PermanentError if it exceeds the tolerance.
    """
    rows = np.array(_PLACES_AND_WEEKS, np.float32)
    feeds = [dict(zip(INPUTS, row[:, None], strict=True)) for row in rows]
    probs = np.concatenate([_run(model, feed, "probs") for feed in feeds])
    return _compare("occurrence model", probs, np.concatenate(list(_interpret(original, rows[:, None]))))


def _run(model: onnx.ModelProto, feeds: Mapping[str, Array], output: str) -> Array:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return np.asarray(session.run([output], dict(feeds))[0])


def _interpret(original: bytes, inputs: Iterable[Array]) -> Iterator[Array]:
    interpreter = Interpreter(model_content=original, num_threads=1)
    interpreter.allocate_tensors()
    (source,), (target,) = interpreter.get_input_details(), interpreter.get_output_details()
    for values in inputs:
        interpreter.set_tensor(source["index"], values)
        interpreter.invoke()
        yield interpreter.get_tensor(target["index"])


def _sigmoid(logits: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-logits)), np.float32)


def _compare(name: str, scores: Array, expected: Array) -> float:
    difference = float(np.abs(scores - expected).max())
    if not difference <= TOLERANCE:
        raise PermanentError(
            f"BirdNET's converted {name} differs from the original by {difference:.1e} in score (tolerance "
            f"{TOLERANCE}); nothing was installed. Another version of onnxruntime may help"
        )
    return difference
