"""Audio files become samples: one sequence of mono samples, readable from any position, with its gaps reported.

Read: source, opening (which decoder for which file), reader (the port), then the decoders: ffmpeg_reader,
soundfile_reader, vorbis_reader, wav_header; probe reads a header in a process with limits.
May touch numpy, soundfile and PyAV, nothing heavier: the API's image contains this package of inference only.
"""
