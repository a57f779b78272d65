"""Recordings: upload, list, remove, correct; and their sites.

Read: recordings, corrections, sites.
May touch `uploads`, `idempotency` and the adapters' functions; it holds no state.
"""
