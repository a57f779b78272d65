"""PostgreSQL as a child process of `chorus up`.

Read: server (start, stop, one process at a time per folder), account (PostgreSQL refuses to run as root).
May touch its data folder and the server it started.
"""
