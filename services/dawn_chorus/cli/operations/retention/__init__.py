"""`chorus retention`: removes the audio of old recordings and, with --results-days, recordings and all their results.

Read: command (the options), run (what would be removed, and the removal), report (what is printed).
May touch the database and the audio store; database rows are removed first.
"""
