"""Samples become waveforms: a stretch of a recording, mono float32, at the rates that a pack's members need.

Read: loading (decode once, resample to every rate, in blocks), resampling, kaiser_fast (our own resampler).
May touch `inference.audio`, soxr and scipy; no network, no ONNX Runtime.
"""
