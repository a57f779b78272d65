"""Sound in, scores out: a file becomes samples, samples waveforms, waveforms windows, windows scores.

Read in the order of the data: audio/, waveforms/, decoders/, packs/, then windows, melspectrogram, session, member,
ensemble, scoring, pipeline (the whole path on one screen); self_test and occurrence stand beside it.
May touch the files it is given, numpy and ONNX Runtime; no network, no database. Imports `domain` only.
"""
