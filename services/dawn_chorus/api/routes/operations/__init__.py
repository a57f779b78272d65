"""Endpoints for operators.

Read: health (liveness and readiness).
May touch what it checks.
"""
