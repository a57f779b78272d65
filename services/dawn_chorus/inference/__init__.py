"""From an audio file to scores: the file becomes samples, samples waveforms, waveforms windows, windows scores.

Read in data order: audio/, waveforms/, decoders/, packs/, front_end/, then windows, session, conventions/ (how
networks take windows and give scores), member, ensemble, scoring, combining (members), segment_scores, pipeline (the
whole path). Separate from that path: self_test (on synthetic_sound, where a pack brings no sound), doubts (whether
outputs are what pack.toml says, on probe_sounds), verification (both in a process of their own: apart), occurrence, and
pictures/ (what a browser shows and plays).
May touch the files passed to it, numpy and ONNX Runtime; no network, no database. Imports `domain` only.
"""
