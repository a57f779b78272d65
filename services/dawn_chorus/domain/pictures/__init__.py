"""What whoever draws a recording and whoever asks for it agree on.

Read: spectrogram_grid (where pictures of sound are, and what their pixels mean).
May touch the standard library only.
"""
