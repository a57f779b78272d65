"""Exports checkpoints as a pack that the service runs unchanged.

Read: export (to ONNX), fold_batchnorm, pack (members, weights, self-test), birdclef_2025 (both winners' ensembles).
May import torch, ONNX, networks and training (checkpoints), and write to the pack's folder.
"""
