"""Endpoints for operators.

Read: health (liveness, readiness, and the metrics of the process).
May touch what it checks.
"""
