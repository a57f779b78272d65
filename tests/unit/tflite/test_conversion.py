"""Whole networks: what batch they take, what is declared, and why some cannot be converted."""

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema

from dawn_chorus.domain.errors import PermanentError
from dawn_chorus.tflite import convert_tflite
from dawn_chorus.tflite.comparison import check, run_original, run_translated
from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.scope import Scope, plain
from dawn_chorus.tflite.translation import OPERATORS
from tests.tflite_files import TfliteFile
from tests.unit.tflite.networks.made import CODES, SAME


def shape_of(port: onnx.ValueInfoProto) -> list[int | str]:
    return [axis.dim_value or axis.dim_param for axis in port.type.tensor_type.shape.dim]


def rows(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    return np.random.RandomState(2).standard_normal(shape).astype(np.float32)


def dense(file: TfliteFile, source: int, width: int, n_out: int = 3) -> int:
    weights = file.constant(rows(n_out, width))
    return file.add("FULLY_CONNECTED", source, weights, -1, options=schema.FullyConnectedOptionsT)


def test_a_network_without_a_batch_gets_one() -> None:
    file = TfliteFile(12)
    frames = file.add("RESHAPE", 0, file.constant([3, 4]))
    mean = file.add("MEAN", dense(file, frames, 4), file.constant([0]), options=schema.ReducerOptionsT, keepDims=False)
    content = file.content(mean)
    model = convert_tflite(content)
    assert (shape_of(model.graph.input[0]), shape_of(model.graph.output[0])) == ([1, 12], [1, 3])
    np.testing.assert_allclose(
        run_translated(model, rows(2, 12))[0], run_original(content, rows(2, 12))[0], rtol=1e-5, atol=1e-5
    )


def test_a_batch_that_a_constant_fixes_is_declared_though_the_file_says_that_it_is_open() -> None:
    file = TfliteFile(1, 3, 4)
    content = file.content(dense(file, file.add("RESHAPE", 0, file.constant([1, 12])), 12), open_batch=True)
    model = convert_tflite(content)
    assert (shape_of(model.graph.input[0]), shape_of(model.graph.output[0])) == ([1, 3, 4], [1, 3])


def test_windows_that_hear_each_other_are_not_run_together() -> None:
    """Subtracting the mean over the first axis passes any shape, and would mix windows."""
    file = TfliteFile(1, 4)
    mean = file.add("MEAN", 0, file.constant([0]), options=schema.ReducerOptionsT, keepDims=True)
    content = file.content(file.add("SUB", 0, mean, options=schema.SubOptionsT), open_batch=True)
    assert shape_of(convert_tflite(content).graph.input[0]) == [1, 4]


def test_a_batch_of_several_windows_stays_what_it_is() -> None:
    file = TfliteFile(4, 6)
    content = file.content(file.add("RESHAPE", dense(file, 0, 6), file.constant([4, 3])))
    assert shape_of(convert_tflite(content).graph.input[0]) == [4, 6]


def test_all_outputs_are_kept_under_their_names() -> None:
    file = TfliteFile(1, 6)
    embedding = dense(file, 0, 6, n_out=4)
    scores = file.add("LOGISTIC", dense(file, embedding, 4))
    model = convert_tflite(file.content(scores, embedding))
    assert [(port.name, shape_of(port)) for port in model.graph.output] == [
        (f"LOGISTIC:{scores}", ["n_windows", 3]),
        (f"FULLY_CONNECTED:{embedding}", ["n_windows", 4]),
    ]


def test_one_error_names_every_operator_that_has_no_translation() -> None:
    file = TfliteFile(1, 6)
    bytes_ = file.constant(np.ones((3, 6), np.int8))
    tensor = file.add("FULLY_CONNECTED", 0, file.quantize(bytes_), -1, options=schema.FullyConnectedOptionsT)
    tensor = file.add("FlexErf", file.add("FlexErf", tensor))
    tensor = file.add("HASHTABLE_FIND", file.add("LOGISTIC", tensor), options=schema.HashtableFindOptionsT)
    with pytest.raises(PermanentError) as refused:
        convert_tflite(file.content(tensor, infer=False))
    assert "CUSTOM FlexErf (2 times), FULLY_CONNECTED on INT8, HASHTABLE_FIND." in str(refused.value)
    assert "tf2onnx" in str(refused.value)
    assert "float32" in str(refused.value)


@pytest.mark.parametrize(
    ("kind", "options"), [("ADD", schema.AddOptionsT), ("CONCATENATION", schema.ConcatenationOptionsT)]
)
def test_an_activation_that_tflite_itself_leaves_out_is_refused(kind: str, options: type) -> None:
    file = TfliteFile(1, 6)
    joined = file.add(kind, 0, 0, options=options, fusedActivationFunction=CODES.TANH)
    with pytest.raises(PermanentError, match=f"{kind} with an activation"):
        convert_tflite(file.content(joined, infer=False))


def test_sparse_weights_are_refused_and_what_uses_them_is_not_blamed() -> None:
    file = TfliteFile(1, 6)
    sparse = file.make_sparse(file.constant(np.ones((3, 6), np.float32)))
    weights = file.add("DENSIFY", sparse, options=schema.DensifyOptionsT)
    scores = file.add("FULLY_CONNECTED", 0, weights, -1, options=schema.FullyConnectedOptionsT)
    with pytest.raises(PermanentError, match=r"translated: DENSIFY\. Export"):
        convert_tflite(file.content(scores, infer=False))


def test_a_network_of_two_inputs_is_refused() -> None:
    file = TfliteFile(1, 6)
    both = file.add("ADD", 0, file.input(1, 6), options=schema.AddOptionsT)
    with pytest.raises(PermanentError, match=r"has 2 inputs \(sound:0, other:1\): export one that"):
        convert_tflite(file.content(both, infer=False))


def test_a_quantized_input_is_refused() -> None:
    file = TfliteFile(1, 6, type_=schema.TensorType.INT8)
    file.quantize(0)
    with pytest.raises(PermanentError, match="DEQUANTIZE"):
        convert_tflite(file.content(file.add("DEQUANTIZE", 0, options=schema.DequantizeOptionsT), infer=False))


def test_a_sound_of_any_length_is_refused() -> None:
    file = TfliteFile(1, 6)
    content = file.content(file.add("LOGISTIC", 0), open_batch=True, open_length=True)
    with pytest.raises(PermanentError, match="no fixed shape"):
        convert_tflite(content)


@pytest.mark.parametrize("content", [b"", b"RIFF....WAVE", b"\x18\x00\x00\x00TFL3" + b"\xff" * 40])
def test_what_is_no_tflite_file_is_refused(content: bytes) -> None:
    with pytest.raises(PermanentError, match="tflite file"):
        convert_tflite(content)


def test_a_translation_that_is_wrong_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(scope: Scope, operator: Operator) -> list[str]:
        return [scope.onnx.add("Tanh", *scope.inputs(operator))]

    monkeypatch.setitem(OPERATORS, "LOGISTIC", wrong)
    file = TfliteFile(1, 6)
    with pytest.raises(PermanentError, match="differs from the original's"):
        convert_tflite(file.content(file.add("LOGISTIC", 0)))


def test_a_wrong_translation_of_small_numbers_is_not_taken_for_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(OPERATORS, "NEG", plain("Identity"))
    file = TfliteFile(1, 6)
    small = file.add("MUL", 0, file.constant(1e-4), options=schema.MulOptionsT)
    with pytest.raises(PermanentError, match="differs from the original's"):
        convert_tflite(file.content(file.add("NEG", small, options=schema.NegOptionsT)))


def test_the_document_names_the_operators_that_are_taken() -> None:
    document = (Path(__file__).parents[3] / "models" / "PACKS.md").read_text()
    table = document.split("## tflite")[1].split("Anything else")[0]
    assert set(re.findall(r"`([A-Z][A-Z0-9_]+)`", table)) == OPERATORS.keys()


def test_a_small_network_for_images_gives_what_tflites_interpreter_gives() -> None:
    file = TfliteFile(1, 12, 16, 1)
    tensor = 0
    for n_in, n_out in ((1, 4), (4, 8)):
        inputs = (tensor, file.constant(rows(n_out, 3, 3, n_in)), file.constant(rows(n_out)))
        tensor = file.add(
            "CONV_2D",
            *inputs,
            options=schema.Conv2DOptionsT,
            strideH=2,
            strideW=2,
            padding=SAME,
            fusedActivationFunction=CODES.RELU,
        )
    pooled = file.add("MEAN", tensor, file.constant([1, 2]), options=schema.ReducerOptionsT, keepDims=False)
    content = file.content(dense(file, pooled, 8))
    check(convert_tflite(content), content, rows(5, 12, 16, 1))
