"""Where in a file which bytes of sound lie.

Read: byte_ranges (the bytes that a decoder reads as one file), wav_header, riff_chunks (past the mistakes in them).
May touch the standard library only.
"""
