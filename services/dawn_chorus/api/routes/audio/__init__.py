"""The audio of a recording over HTTP.

Read: original (the bytes as they were uploaded, whole or by range), spectrogram (pictures of its sound), clip (a
stretch, as a file that browsers play).
May touch the audio store; decodes nothing: children do.
"""
