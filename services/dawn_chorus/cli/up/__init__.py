"""`chorus up`: runs the whole service on this machine, with nothing else to install.

Read: command (the options), embedded (what starts in which order, and why), service_threads, first_job.
May touch everything: it runs PostgreSQL as a child process, and the API, a relay and a worker with a queue in memory.
"""
