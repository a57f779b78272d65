"""Receives uploads: the file is hashed while it streams to the store, and a caged child process reads its header.

Then one transaction writes the rows and the outbox.
Read: intake (all steps), multipart (the body), resumable/ (files that arrive in parts, and become recordings by it),
sweep (deletes orphaned audio); store_keys names what is stored.
May touch the audio store, the database and child processes.
"""
