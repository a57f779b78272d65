"""Uploads that survive a cut line: files that arrive in parts, by the tus protocol.

Read: headers (of the protocol), receiving (the bytes of one request become parts), joining (parts become one file),
reading (whole uploads, and the first bytes of others), tending (what dead processes left, and what has expired);
background runs what nobody waits for.
May touch the audio store and the database; rows decide what counts, so that any process can go on with any upload.
"""
