"""Where in a file which bytes of sound lie.

Read: audio_file (a file, by path, descriptor or socket), remote_file (over the socket), byte_ranges (the bytes that a
decoder reads as one file), wav_header, riff_chunks (past the mistakes in them), ogg_pages (the links of a chained Ogg),
flac_frames, endings and beginnings (whether another recording follows), late_headers (whether the header does).
May touch the standard library, and `cage`.
"""
