"""Takes segments off the queue, analyzes them and saves the results; acknowledges only after the commit.

Read: analyze (the use case), consumer (threads and deliveries), app (wiring); pack_cache and pack_registration,
retry_policy, retrying_ledger, shared_lock, waiting_jobs, segment_metrics, health, presence; __main__ starts it.
May touch `adapters`, `inference` and `domain`.
"""
