"""`chorus analyze`: analyzes recordings on this machine, without a service.

Read: command (the options), run (one batch), location (where and when), segments (files to scores), results (scores to
events), json_document, progress.
May touch `inference`, the recordings and the result files.
"""
