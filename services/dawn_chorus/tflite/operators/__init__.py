"""What each tflite operator is in ONNX, a function each, by kind of operator.

Read: scope (what a translation sees and may add), then by kind: elementwise, activations, convolutions, dense,
reductions, shapes, slices, resizing, spectra.
May touch the ONNX graph under construction, through the scope.
"""
