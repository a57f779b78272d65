"""What changed, told to those who follow: one look at the database for all of them.

Read: feed (hands each change to each follower), database (makes the events that it hands on), revision_watch (wakes
those who follow a single analysis).
May touch `adapters.postgres` and api/models; sends nothing itself: routes/results writes the streams.
"""
