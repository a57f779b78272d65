"""`chorus analyze`: recordings to detections on this machine, with no service.

Read: command (the options), run (one batch), segments (files to scores), results (scores to events), json_document,
progress.
May touch `inference` and the files it is given.
"""
