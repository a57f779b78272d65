"""Has files decoded in caged children of a warm server process: no decoder ever runs in the API's own process.

Read: server (starts the process, asks it for children, and reads headers), lending (gives a
child a stored recording to read).
May touch `cage`, the audio store, and `inference` only as a process that it starts.
"""
