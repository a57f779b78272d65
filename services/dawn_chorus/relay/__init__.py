"""The only publisher: outbox to broker with confirms, and dead letters to the database.

Read: app (wired), publishing, dead_letters, recovery (segments that a broker lost), queue_metrics; __main__ starts it.
May touch `adapters` and `domain`. Publishing twice is harmless: results are replaced.
"""
