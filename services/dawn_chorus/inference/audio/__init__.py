"""Audio files become samples: one sequence of mono samples, readable from any position, with its gaps reported.

Read: source, opening (which reader for which file), reader (the port), then the readers: soundfile_reader,
ffmpeg_reader, vorbis_reader; parts, chain, upsampling (several recordings in one file); claims (what is believed
without samples), containers/ (which bytes to read); channel_meter and channel_faults (levels, clipping, silence:
measured, and judged); recorder/ (what recorders write beside the sound); probe (a header), warm_up (all of it at
once, before a cage is entered), failures (errors as messages).
May touch `cage`, numpy, soundfile, PyAV, metamoth and guano, nothing heavier: of inference, the API's image contains
this package and `pictures`.
"""
