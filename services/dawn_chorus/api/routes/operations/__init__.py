"""Endpoints for operators and for browsers that come in.

Read: health (liveness and readiness), session (sign in and out), front_page (where a browser begins).
May touch what it checks, and the sessions of the database.
"""
