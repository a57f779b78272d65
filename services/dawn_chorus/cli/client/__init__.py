"""`chorus submit`, `status` and `timeline`: what a person asks a running service.

Read: commands, http_client (answers as they come, refusals as our errors), views, timeline_view.
May touch the service's HTTP API; nothing that a script could not touch.
"""
