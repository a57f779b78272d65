"""How a file comes in: hashed while it streams to the store, its header read by a child, then rows and outbox at once.

Read: intake (the whole way), multipart (the body), probe (the child that reads a header), sweep (what uploads left).
May touch the audio store, the database and child processes.
"""
