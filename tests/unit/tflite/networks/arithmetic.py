"""Numbers, truths and matrices."""

from functools import partial
from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import ArrayLike

from tests.tflite_files import TfliteFile
from tests.unit.tflite.networks.made import CODES, INTEGER, TRUTH, Network, Networks, last, noise


def _unary(kind: str, options: type | None = None, *, positive: bool = False, **fields: Any) -> Network:
    file = TfliteFile(1, 3, 5)
    source = file.add("ABS", 0, options=schema.AbsOptionsT) if positive else 0
    return file, file.add(kind, source, options=options, **fields)


def _binary(kind: str, options: type | None = None, *, other: ArrayLike | None = None, **fields: Any) -> Network:
    file = TfliteFile(1, 3, 5)
    source = file.add("ABS", 0, options=schema.AbsOptionsT) if kind == "POW" else 0
    return file, file.add(kind, source, file.constant(noise(5) if other is None else other), options=options, **fields)


def _compared(kind: str, options: type) -> Network:
    file = TfliteFile(1, 3, 5)
    truths = file.add(kind, 0, file.constant(0.1), options=options, type_=TRUTH)
    return file, file.add("SELECT_V2", truths, 0, file.constant(-7.0), options=schema.SelectV2OptionsT)


def _logical(kind: str, options: type, n: int) -> Network:
    file = TfliteFile(1, 6)
    truths = [
        file.add("LESS", 0, file.constant(bound), options=schema.LessOptionsT, type_=TRUTH) for bound in (0.1, -0.1)[:n]
    ]
    both = file.add(kind, *truths, options=options, type_=TRUTH)
    return file, file.add("CAST", both, options=schema.CastOptionsT)


def _integers(kind: str, options: type, divisor: int) -> Network:
    """Round 10 x, divide, and come back to float32."""
    file = TfliteFile(1, 8)
    tens = file.add("MUL", 0, file.constant(10.0), options=schema.MulOptionsT)
    whole = file.add("CAST", tens, options=schema.CastOptionsT, type_=INTEGER)
    divided = file.add(kind, whole, file.constant(divisor), options=options, type_=INTEGER)
    return file, file.add("CAST", divided, options=schema.CastOptionsT)


def _selected_rows(file: TfliteFile) -> int:
    truths = file.constant(np.array([True]))
    return file.add("SELECT", truths, 0, file.add("NEG", 0, options=schema.NegOptionsT), options=schema.SelectOptionsT)


def _reduced(kind: str, axes: ArrayLike, keep: bool) -> Network:
    file = TfliteFile(1, 4, 3, 2)
    return file, file.add(kind, 0, file.constant(axes), options=schema.ReducerOptionsT, keepDims=keep)


def _index(kind: str, options: type) -> Network:
    file = TfliteFile(1, 4, 5)
    index = file.add(kind, 0, file.constant(2), options=options, outputType=INTEGER, type_=INTEGER)
    return file, file.add("CAST", index, options=schema.CastOptionsT)


def _any_or_all(kind: str) -> Network:
    file = TfliteFile(1, 4, 5)
    truths = file.add("LESS", 0, file.constant(0.2), options=schema.LessOptionsT, type_=TRUTH)
    reduced = file.add(kind, truths, file.constant([2]), options=schema.ReducerOptionsT, keepDims=False, type_=TRUTH)
    return file, file.add("CAST", reduced, options=schema.CastOptionsT)


def _dense(*shape: int, width: int, bias: bool = True, **fields: Any) -> Network:
    file = TfliteFile(*shape)
    inputs = (0, file.constant(noise(3, width)), file.constant(noise(3)) if bias else -1)
    return file, file.add("FULLY_CONNECTED", *inputs, options=schema.FullyConnectedOptionsT, **fields)


def _half_weights() -> Network:
    file = TfliteFile(1, 6)
    weights = file.add("DEQUANTIZE", file.constant(noise(3, 6).astype(np.float16)), options=schema.DequantizeOptionsT)
    return file, file.add("FULLY_CONNECTED", 0, weights, -1, options=schema.FullyConnectedOptionsT)


def _batch_product(adj_x: bool, adj_y: bool) -> Network:
    file = TfliteFile(1, 2, 3, 4)
    other = noise(5, 3 if adj_x else 4) if adj_y else noise(3 if adj_x else 4, 5)
    tensor = file.constant(np.tile(other, (1, 2, 1, 1)))
    return file, file.add("BATCH_MATMUL", 0, tensor, options=schema.BatchMatMulOptionsT, adjX=adj_x, adjY=adj_y)


PLAIN = ("LOGISTIC", "TANH", "RELU", "RELU6", "RELU_N1_TO_1", "ELU", "FLOOR", "CEIL", "ROUND", "SIN")
OF_POSITIVE_NUMBERS = ("LOG", "SQRT", "RSQRT")

NETWORKS: Networks = {
    **{kind: partial(_unary, kind) for kind in PLAIN},
    **{kind: partial(_unary, kind, positive=True) for kind in OF_POSITIVE_NUMBERS},
    "largest index": lambda: _index("ARG_MAX", schema.ArgMaxOptionsT),
    "smallest index": lambda: _index("ARG_MIN", schema.ArgMinOptionsT),
    "any": lambda: _any_or_all("REDUCE_ANY"),
    "all": lambda: _any_or_all("REDUCE_ALL"),
    "abs": lambda: _unary("ABS", schema.AbsOptionsT),
    "cos": lambda: _unary("COS", schema.CosOptionsT),
    "exp": lambda: _unary("EXP", schema.ExpOptionsT),
    "gelu": lambda: _unary("GELU", schema.GeluOptionsT),
    "gelu approximated": lambda: _unary("GELU", schema.GeluOptionsT, approximate=True),
    "hard swish": lambda: _unary("HARD_SWISH", schema.HardSwishOptionsT),
    "unit length": lambda: _unary("L2_NORMALIZATION", schema.L2NormOptionsT),
    "leaky relu": lambda: _unary("LEAKY_RELU", schema.LeakyReluOptionsT, alpha=0.2),
    "log softmax": lambda: _unary("LOG_SOFTMAX", schema.LogSoftmaxOptionsT),
    "neg": lambda: _unary("NEG", schema.NegOptionsT),
    "prelu": lambda: _binary("PRELU", other=noise(1, 5)),
    "relu 0 to 1": lambda: _unary("RELU_0_TO_1"),
    "sign": lambda: _unary("SIGN", schema.SignOptionsT),
    "softmax": lambda: _unary("SOFTMAX", schema.SoftmaxOptionsT, beta=1.0),
    "softmax, sharpened": lambda: _unary("SOFTMAX", schema.SoftmaxOptionsT, beta=2.5),
    "square": lambda: _unary("SQUARE", schema.SquareOptionsT),
    "add": lambda: _binary("ADD", schema.AddOptionsT),
    "add, relu": lambda: _binary("ADD", schema.AddOptionsT, fusedActivationFunction=CODES.RELU),
    "sub, relu 6": lambda: _binary("SUB", schema.SubOptionsT, fusedActivationFunction=CODES.RELU6),
    "mul, relu n1 to 1": lambda: _binary("MUL", schema.MulOptionsT, fusedActivationFunction=CODES.RELU_N1_TO_1),
    "div": lambda: _binary("DIV", schema.DivOptionsT),
    "maximum": lambda: _binary("MAXIMUM", schema.MaximumMinimumOptionsT),
    "minimum": lambda: _binary("MINIMUM", schema.MaximumMinimumOptionsT),
    "pow": lambda: _binary("POW", schema.PowOptionsT, other=0.22952409),
    "squared difference": lambda: _binary("SQUARED_DIFFERENCE", schema.SquaredDifferenceOptionsT),
    "floor division": lambda: _binary("FLOOR_DIV", schema.FloorDivOptionsT),
    "floor remainder": lambda: _binary("FLOOR_MOD", schema.FloorModOptionsT),
    "integers, floor division": lambda: _integers("FLOOR_DIV", schema.FloorDivOptionsT, 4),
    "integers, floor remainder": lambda: _integers("FLOOR_MOD", schema.FloorModOptionsT, -3),
    "integers, division": lambda: _integers("DIV", schema.DivOptionsT, 4),
    "greater": lambda: _compared("GREATER", schema.GreaterOptionsT),
    "greater or equal": lambda: _compared("GREATER_EQUAL", schema.GreaterEqualOptionsT),
    "less": lambda: _compared("LESS", schema.LessOptionsT),
    "less or equal": lambda: _compared("LESS_EQUAL", schema.LessEqualOptionsT),
    "equal": lambda: _compared("EQUAL", schema.EqualOptionsT),
    "not equal": lambda: _compared("NOT_EQUAL", schema.NotEqualOptionsT),
    "and": lambda: _logical("LOGICAL_AND", schema.LogicalAndOptionsT, 2),
    "or": lambda: _logical("LOGICAL_OR", schema.LogicalOrOptionsT, 2),
    "not": lambda: _logical("LOGICAL_NOT", schema.LogicalNotOptionsT, 1),
    "select rows": lambda: last(_selected_rows),
    "dense": lambda: _dense(1, 6, width=6),
    "dense, without bias": lambda: _dense(1, 6, width=6, bias=False, fusedActivationFunction=CODES.RELU),
    "dense, of an image": lambda: _dense(1, 4, 6, width=24),
    "dense, of rows": lambda: _dense(1, 4, 6, width=6),
    "dense, axes kept": lambda: _dense(1, 4, 6, width=6, keepNumDims=True),
    "dense, weights of 16 bits": _half_weights,
    "product": lambda: _batch_product(False, False),
    "product, first transposed": lambda: _batch_product(True, False),
    "product, second transposed": lambda: _batch_product(False, True),
    "product, both transposed": lambda: _batch_product(True, True),
    "mean": lambda: _reduced("MEAN", [1, 2], False),
    "mean, axes kept": lambda: _reduced("MEAN", [-1, 1], True),
    "sum": lambda: _reduced("SUM", [1], False),
    "largest": lambda: _reduced("REDUCE_MAX", 1, True),
    "smallest": lambda: _reduced("REDUCE_MIN", [2, 3], False),
    "product of all": lambda: _reduced("REDUCE_PROD", [2], False),
}
