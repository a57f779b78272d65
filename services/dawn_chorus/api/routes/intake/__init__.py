"""Recordings: upload, list, remove, correct.

Read: recordings, corrections.
May touch `uploads`, `idempotency` and the adapters' functions; it holds no state.
"""
