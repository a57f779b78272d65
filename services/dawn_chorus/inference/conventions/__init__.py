"""How networks that others exported take windows and what their outputs mean, as pack.toml declares it.

Read: waveform_scale (a window's mean and peak), inputs (names, axes, batches), activations (what makes probabilities),
outputs (names, axes, kinds). What pack.toml and a network disagree on is returned as lines: all of it is said at once.
May touch numpy; networks are opened and run elsewhere.
"""
