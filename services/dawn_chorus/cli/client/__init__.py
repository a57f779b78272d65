"""`chorus submit`, `status` and `timeline`: use a running service.

Read: commands, http_client (JSON answers, refusals as our errors), views, timeline_view.
May touch only the service's public HTTP API.
"""
