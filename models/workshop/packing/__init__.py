"""From checkpoints to a pack that the service runs unchanged.

Read: export (to ONNX), fold_batchnorm, pack (members, weights, self-test), birdclef_2025 (both winners' ensembles).
May touch torch, ONNX and the pack's folder.
"""
