"""Recordings come in, are listed and go again.

Read: recordings.
May touch `uploads`, `idempotency` and the adapters' functions; it holds no state.
"""
