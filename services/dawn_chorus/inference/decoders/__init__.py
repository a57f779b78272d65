"""Decoding in processes of their own, which a hostile file may crash without taking anything else along.

Read: pool (`DecoderPool`, for callers), __main__ (the process), protocol (how the two talk).
May touch processes and sockets between them, `inference.audio` and `inference.waveforms`.
"""
