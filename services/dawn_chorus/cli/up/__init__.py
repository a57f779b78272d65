"""`chorus up`: runs the whole service on this machine, with nothing else to install.

Read: command (the options), embedded (what starts in which order, and why), listener, api_process, api_metrics,
service_threads, first_job, welcome (what it says then).
May touch everything: it runs PostgreSQL and the API as child processes, a relay and a worker with a queue in memory.
"""
