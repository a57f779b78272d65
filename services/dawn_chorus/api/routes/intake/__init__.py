"""Recordings: upload, list, remove, correct; their sites; and files that are uploaded in parts first.

Read: recordings, corrections, sites, uploads (in parts), facts (of such a file).
May touch `uploads`, `idempotency` and the adapters' functions; it holds no state.
"""
