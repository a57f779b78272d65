"""Untrusted files are decoded in cages: processes that cannot open, connect, start or signal anything.

A warm server process without secrets, started once, forks one caged child for each job. What the job reads is handed
in as open descriptors. Several layers hold a child, and each holds where another is missing: machines differ.
Read: server_process (for callers: starts the server, asks it for children), fork_server (the server), enter (how a
child is caged, in which order), limits, landlock, seccomp (the layers; kernel calls them), messages (what passes
between the processes), ranges (how a child reads a file that is elsewhere).
May touch the standard library only, and nothing of the other rooms: what a job does is told by whoever starts a server.
"""
