"""Segments off the queue, through inference, into the ledger; acknowledged only after the commit.

Read: analyze (the use case), consumer (threads and deliveries), app (wired); pack_cache and pack_registration,
retrying_ledger, lost_audio, occurrence, shared_lock, segment_metrics, health; __main__ starts it.
May touch `adapters`, `inference` and `domain`.
"""
