"""A running service, from the command line: `chorus status` and `timeline`, and the client that `submit` uses.

Read: commands, http_client (JSON answers), sent_file (a file in one request), resumable (in pieces), failures (what a
request ends in but an answer), address (URL, key, proxy), views, timeline_view.
May touch only the service's public HTTP API.
"""
