"""Front ends: windows become the images that a network was trained on, as a table [member.mel] says.

In the order of the steps: mel_front_end (the whole way), spectrogram (frames, spectrum, filters or a crop), filters
(mel triangles and windows), levels (logarithm, PCEN, floor, normalization), sizing (flip, resizing, channels).
May import `packs.mel_table`, numpy, SciPy and librosa's filters.
"""
