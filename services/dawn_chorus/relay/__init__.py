"""The only publisher: sends the outbox to the broker with confirms, and stores dead letters in the database.

Read: app (wiring), publishing, lane_windows (how much of a backlog the broker holds), dead_letters, lost_messages (what
a broker lost), queue_metrics; __main__ starts it.
May touch `adapters` and `domain`. Publishing a segment twice is harmless: its result is replaced.
"""
