"""Endpoints for operators and for browsers that come in.

Read: health (liveness and readiness), session (sign in and out), page (what people see at `/`).
May touch what it checks, and the sessions of the database.
"""
