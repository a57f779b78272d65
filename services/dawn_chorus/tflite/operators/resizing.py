"""Images of another size."""

from dawn_chorus.tflite.graph import Operator
from dawn_chorus.tflite.operators.convolutions import channels_first, channels_last
from dawn_chorus.tflite.operators.scope import Scope, Translation


def _resizing(mode: str, **attributes: str) -> Translation:
    def translate(scope: Scope, operator: Operator) -> list[str]:
        image = channels_first(scope, scope.name(operator.inputs[0]))
        kept = scope.onnx.add("Shape", image, start=0, end=2)
        size = scope.onnx.add("Concat", kept, scope.name(operator.inputs[1]), axis=0)
        resized = scope.onnx.add("Resize", image, "", "", size, mode=mode, **_pixels(operator), **attributes)
        return [channels_last(scope, resized)]

    return translate


def _pixels(operator: Operator) -> dict[str, str]:
    """Return where pixels lie: corners on corners, centers on centers, or from the first pixel on."""
    if operator.options.get("AlignCorners"):
        return {"coordinate_transformation_mode": "align_corners"}
    if operator.options.get("HalfPixelCenters"):
        return {"coordinate_transformation_mode": "half_pixel"}
    return {"coordinate_transformation_mode": "asymmetric"}


def _nearest(scope: Scope, operator: Operator) -> list[str]:
    """Pick the pixel whose place is nearest, or from the first pixel on the one before."""
    centered = operator.options.get("AlignCorners") or operator.options.get("HalfPixelCenters")
    return _resizing("nearest", nearest_mode="round_prefer_ceil" if centered else "floor")(scope, operator)


OPERATORS: dict[str, Translation] = {"RESIZE_BILINEAR": _resizing("linear"), "RESIZE_NEAREST_NEIGHBOR": _nearest}
