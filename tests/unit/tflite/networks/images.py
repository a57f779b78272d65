"""Convolutions, pools, images of another size, and spectra."""

from typing import Any

import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tests.tflite_files import TfliteFile
from tests.unit.tflite.networks.made import CODES, COMPLEX, SAME, VALID, Network, Networks, noise


def _convolution(kind: str = "CONV_2D", *, n_out: int = 4, size: int = 3, **fields: Any) -> Network:
    file = TfliteFile(1, 9, 8, 2)
    depthwise = kind == "DEPTHWISE_CONV_2D"
    weights = noise(1, size, size, n_out) if depthwise else noise(n_out, size, size, 2)
    options = schema.DepthwiseConv2DOptionsT if depthwise else schema.Conv2DOptionsT
    inputs = [0, file.constant(weights), file.constant(noise(n_out))]
    given = {"strideH": 1, "strideW": 1, "padding": SAME, **({"depthMultiplier": n_out // 2} if depthwise else {})}
    return file, file.add(kind, *inputs, options=options, **{**given, **fields})


def _grouped() -> Network:
    file = TfliteFile(1, 6, 6, 4)
    inputs = (0, file.constant(noise(6, 3, 3, 2)), file.constant(noise(6)))
    return file, file.add("CONV_2D", *inputs, options=schema.Conv2DOptionsT, strideH=1, strideW=1, padding=SAME)


def _pool(kind: str, size: tuple[int, int], strides: tuple[int, int], *, padding: int) -> Network:
    file = TfliteFile(1, 9, 8, 2)
    fields = dict(zip(("filterHeight", "filterWidth", "strideH", "strideW"), (*size, *strides), strict=True))
    return file, file.add(kind, 0, options=schema.Pool2DOptionsT, padding=padding, **fields)


def _resized(kind: str, options: type, **fields: Any) -> Network:
    file = TfliteFile(1, 5, 7, 2)
    return file, file.add(kind, 0, file.constant([8, 4]), options=options, **fields)


def _spectrum(last: str, *, n: int = 16, n_fft: int = 16) -> Network:
    """Transform rows, in frames' axis 1 as BirdNET has them, and make real numbers of what comes out."""
    file = TfliteFile(1, 3, 1, n)
    options = schema.Rfft2dOptionsT
    spectrum = file.add("RFFT2D", 0, file.constant([1, n_fft]), options=options, type_=COMPLEX)
    moved = file.add(
        "SQUEEZE", spectrum, options=schema.SqueezeOptionsT, squeezeDims=np.array([-2], np.int32), type_=COMPLEX
    )
    return file, file.add(last, moved, options=schema.CastOptionsT if last == "CAST" else None)


NETWORKS: Networks = {
    "convolution, same": _convolution,
    "convolution, same, strides": lambda: _convolution(strideH=2, strideW=3),
    "convolution, same, even kernel": lambda: _convolution(size=4, strideH=2, strideW=2),
    "convolution, valid": lambda: _convolution(padding=VALID, fusedActivationFunction=CODES.RELU),
    "convolution, dilated": lambda: _convolution(dilationHFactor=2, dilationWFactor=3),
    "convolution, dilated, valid": lambda: _convolution(dilationHFactor=2, dilationWFactor=3, padding=VALID),
    "convolution, groups": _grouped,
    "depthwise convolution": lambda: _convolution("DEPTHWISE_CONV_2D", n_out=2, fusedActivationFunction=CODES.RELU6),
    "depthwise convolution, multiplied": lambda: _convolution("DEPTHWISE_CONV_2D", n_out=6, strideH=2, strideW=2),
    "depthwise convolution, dilated": lambda: _convolution("DEPTHWISE_CONV_2D", dilationHFactor=2, dilationWFactor=2),
    "mean of pixels": lambda: _pool("AVERAGE_POOL_2D", (3, 2), (2, 2), padding=SAME),
    "mean of pixels, valid": lambda: _pool("AVERAGE_POOL_2D", (2, 2), (2, 1), padding=VALID),
    "max of pixels": lambda: _pool("MAX_POOL_2D", (3, 3), (2, 2), padding=SAME),
    "mean of some pixels": lambda: _pool("AVERAGE_POOL_2D", (2, 2), (4, 5), padding=SAME),
    "max of some pixels": lambda: _pool("MAX_POOL_2D", (1, 3), (2, 2), padding=SAME),
    "max of pixels, valid": lambda: _pool("MAX_POOL_2D", (3, 2), (2, 2), padding=VALID),
    "resize": lambda: _resized("RESIZE_BILINEAR", schema.ResizeBilinearOptionsT),
    "resize, half pixels": lambda: _resized("RESIZE_BILINEAR", schema.ResizeBilinearOptionsT, halfPixelCenters=True),
    "resize, corners": lambda: _resized("RESIZE_BILINEAR", schema.ResizeBilinearOptionsT, alignCorners=True),
    "resize, nearest": lambda: _resized("RESIZE_NEAREST_NEIGHBOR", schema.ResizeNearestNeighborOptionsT),
    "resize, nearest, half pixels": lambda: _resized(
        "RESIZE_NEAREST_NEIGHBOR", schema.ResizeNearestNeighborOptionsT, halfPixelCenters=True
    ),
    "spectrum's magnitude": lambda: _spectrum("COMPLEX_ABS"),
    "spectrum, real part by a cast": lambda: _spectrum("CAST"),
    "spectrum, real part": lambda: _spectrum("REAL"),
    "spectrum, imaginary part": lambda: _spectrum("IMAG"),
    "spectrum, padded": lambda: _spectrum("COMPLEX_ABS", n=12),
    "spectrum, cut": lambda: _spectrum("COMPLEX_ABS", n=20),
}
