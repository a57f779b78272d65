"""The types that all services share, the rules between them, the ports and the errors.

Read: recording, analysis, timeline, detections; jobs (the messages on the queue); ports (the protocols that adapters
implement); errors (which failures are retried and which are not); exports (rows for other tools).
May touch the standard library and numpy, nothing else.
"""
