"""For whoever keeps the service alive.

Read: health (live, ready, and the process's metrics).
May touch what it checks.
"""
