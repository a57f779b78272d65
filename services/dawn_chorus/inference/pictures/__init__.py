"""What a browser shows and plays of a recording: pictures of its sound, and clips of it.

Read: __main__ (the API's server, which forks a caged child for each header, picture or clip), stretch (reads what
they show and play), healthy (without reading the file through), byte_index (of MP3 and raw AAC); spectrogram, webp,
contrast, spectrogram_jobs (power over time and frequency, as a picture, in a child); clip (a stretch as a file that
browsers play), encoders (which write it), answer (how it is sent).
May touch `cage`, `inference.audio`, numpy, soundfile and PyAV, nothing heavier: the API's image contains it.
"""
