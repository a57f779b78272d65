"""Samples become waveforms: a stretch of a recording, mono float32, at the rates that the members of a pack want.

Read: loading (decode once, resample to every rate, in blocks), resampling, kaiser_fast (a resampler of its own).
May touch `inference.audio`, soxr and scipy; no network, no ONNX Runtime.
"""
