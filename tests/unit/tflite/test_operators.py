"""Each operator, translated, gives what tflite's own interpreter gives."""

import numpy as np
import pytest

from dawn_chorus.tflite import convert_tflite
from dawn_chorus.tflite.comparison import run_original, run_translated
from tests.unit.tflite.networks import arithmetic, images, shapes

NETWORKS = {**arithmetic.NETWORKS, **images.NETWORKS, **shapes.NETWORKS}

OF_ONE_WINDOW = {"broadcast", "reshape, fixed", "select rows", "strided slice"}
"""Networks whose constants hold a batch of one."""


@pytest.mark.parametrize("name", NETWORKS)
def test_an_operator_gives_what_tflites_interpreter_gives(name: str) -> None:
    file, last = NETWORKS[name]()
    content = file.content(last)
    windows = np.random.RandomState(3).standard_normal((4, *file.shape[1:])).astype(np.float32)
    model = convert_tflite(content)
    (values,), (expected,) = run_translated(model, windows), run_original(content, windows)
    batch = model.graph.input[0].type.tensor_type.shape.dim[0]
    assert (batch.dim_value or batch.dim_param) == (1 if name in OF_ONE_WINDOW else "n_windows")
    assert values.shape == expected.shape
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-5)
