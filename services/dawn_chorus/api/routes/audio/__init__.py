"""The audio of a recording over HTTP.

Read: original (the bytes as they were uploaded, whole or by range), spectrogram (pictures of its sound).
May touch the audio store; decodes nothing: children do.
"""
