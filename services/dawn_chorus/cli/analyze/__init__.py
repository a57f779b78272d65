"""`chorus analyze`: analyzes recordings on this machine, without a service.

Read: command (the options), batch (their values), run (one batch), plan (what is analyzed), location (where and when),
segments (files to scores), results (scores to events), json_document, result_files (of --out), progress.
May touch `inference`, the recordings and the result files.
"""
