"""Compares a translated network with the original, run by tflite's own interpreter."""

import numpy as np
import onnx
import onnxruntime as ort
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from dawn_chorus.domain.errors import PermanentError

Array = NDArray[np.float32]

_ORT_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
TOLERANCE = 1e-3
"""Largest difference that rounding may cause, as a share of the largest output."""
_NOTHING = 1e-6
"""What is added to it, for outputs that are 0."""


def run_original(content: bytes, windows: Array) -> list[Array]:
    """Return the original's outputs for inputs (n, …), run in the batches that it takes.

    Raises PermanentError where the interpreter cannot run the file.
    """
    try:
        interpreter = Interpreter(model_content=content, num_threads=1)
        interpreter.allocate_tensors()
        (source,), targets = interpreter.get_input_details(), interpreter.get_output_details()
        runs = []
        for batch in windows.reshape(-1, *source["shape"]):
            interpreter.set_tensor(source["index"], batch)
            interpreter.invoke()
            runs.append([interpreter.get_tensor(target["index"]) for target in targets])
    except (RuntimeError, ValueError) as error:
        raise PermanentError(f"tflite's own interpreter cannot run the network: {error}") from error
    return [np.concatenate([np.atleast_2d(output) for output in outputs]) for outputs in zip(*runs, strict=True)]


def run_translated(model: onnx.ModelProto, windows: Array) -> list[Array]:
    """Return the ONNX network's outputs for inputs (n, …), run at once if its batch is dynamic.

    Raises PermanentError where ONNX Runtime cannot run it.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4  # what is wrong is raised
    try:
        session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        (source,) = session.get_inputs()
        size = source.shape[0] if isinstance(source.shape[0], int) else len(windows)
        batches = windows.reshape(-1, size, *windows.shape[1:])
        runs = [session.run(None, {source.name: batch}) for batch in batches]
    except _ORT_ERRORS as error:
        raise PermanentError(f"ONNX Runtime cannot run the translated network: {error}") from error
    return [np.concatenate(outputs) for outputs in zip(*runs, strict=True)]


def check(model: onnx.ModelProto, content: bytes, windows: Array) -> None:
    """Compare all outputs for inputs (n, …); raises PermanentError where they differ by more than rounding."""
    for name, values, expected in zip(
        (output.name for output in model.graph.output),
        run_translated(model, windows),
        run_original(content, windows),
        strict=True,
    ):
        if values.shape != expected.shape:
            raise PermanentError(
                f"the translated network's output {name} is of another shape than the original's: "
                f"{list(values.shape)}, not {list(expected.shape)}; import an ONNX export of it instead"
            )
        difference = float(np.abs(values - expected).max())
        allowed = TOLERANCE * float(np.abs(expected).max()) + _NOTHING
        if not difference <= allowed:
            raise PermanentError(
                f"the translated network's output {name} differs from the original's by {difference:.1e} (allowed: "
                f"{allowed:.1e}); nothing was written. Another version of onnxruntime may help, or an ONNX export of it"
            )
