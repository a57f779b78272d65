"""`chorus submit`: uploads recordings to a running service, over a bad line too, and sends nothing twice.

Read: command (its options), options (what is asked of the service, as values), run (the whole: threads, and what is
printed), upload (one file), pieces/ (large ones), location (where and when it was recorded), known (what of it the
service has), patience (how long a service that is away is waited for), outcomes (how a file ended), report (the CSV
file), progress (bar or lines), waiting and interrupts (what holds a run up), summary (its last lines).
May touch the recordings (headers are read in processes of their own), the report, the state folder and, by `client`,
the service's public HTTP API.
"""
