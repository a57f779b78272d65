"""The sound of a recording over HTTP.

Read: original (the bytes as they were uploaded, by ranges).
May touch the audio store; decodes nothing.
"""
