"""What the tables of networks share."""

from collections.abc import Callable

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

from tests.tflite_files import TfliteFile

Network = tuple[TfliteFile, int]
"""A file under construction, and the tensor that it returns."""
Networks = dict[str, Callable[[], Network]]

VALID, SAME = schema.Padding.VALID, schema.Padding.SAME
CODES = schema.ActivationFunctionType
INTEGER, TRUTH, COMPLEX = schema.TensorType.INT32, schema.TensorType.BOOL, schema.TensorType.COMPLEX64

_GENERATOR = np.random.RandomState(7)


def noise(*shape: int) -> NDArray[np.float32]:
    return np.asarray(_GENERATOR.standard_normal(shape), np.float32)


def last(operators: Callable[[TfliteFile], int]) -> Network:
    """Return the network that the operators are, on an image."""
    file = TfliteFile(1, 4, 3, 2)
    return file, operators(file)
