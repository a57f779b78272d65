"""`chorus retention`: make room, and keep what matters.

Read: command (the options), run (what would go, and its going), report (what a person sees of it).
May touch the database and the audio store, rows first.
"""
