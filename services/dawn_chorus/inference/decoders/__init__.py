"""Decoding in child processes, so that a hostile file can crash nothing but its decoder.

Read: pool (`DecoderPool`, for callers), __main__ (the process), protocol (the messages between them).
May touch processes and sockets between them, `inference.audio` and `inference.waveforms`.
"""
