"""Files become samples: an audio file as one sequence of mono samples, readable from any position, its gaps named.

Read: source, opening (which decoder for which file), reader (the port), then the decoders: ffmpeg_reader,
soundfile_reader, vorbis_reader, wav_header; probe reads a header in a process with limits.
May touch numpy, soundfile and PyAV, nothing heavier: the API's image holds this room and no other of inference.
"""
