"""Recordings: upload, list, remove.

Read: recordings.
May touch `uploads`, `idempotency` and the adapters' functions; it holds no state.
"""
