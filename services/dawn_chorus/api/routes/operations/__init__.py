"""Endpoints for operators and for browsers that come in.

Read: health (liveness and readiness), queue (what waits), session (sign in and out), keys, page (what people see at
`/`). May touch what it checks, and what waits, the keys and the sessions of the database.
"""
