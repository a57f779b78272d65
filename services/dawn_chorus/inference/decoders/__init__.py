"""Decoding in caged child processes, so that a hostile file can crash nothing but its decoder, and reach nothing.

Read: pool (`DecoderPool`, for callers), decoder_process (one child), __main__ (the server, and what its children do),
protocol (samples between them).
May touch `cage`, sockets, `inference.audio` and `inference.waveforms`.
"""
