"""Has files decoded in caged children of a warm server process: no decoder ever runs in the API's own process.

Read: server (starts the process, and asks it for children), child (what one sends, and how it ended), header (what an
answer about a header must be), pictures (pictures and clips: places of their own, answers of many MB), lending (gives a
child a stored recording to read), access (the ways to its bytes),
ranges (answers a child that reads in a bucket), indexing (where frames begin),
stored_headers (of files in a bucket), once (what many wait for).
May touch `cage`, the audio store, and `inference` only as a process that it starts.
"""
